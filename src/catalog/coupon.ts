import type { Decimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';

/** A discount that can be redeemed: a percentage of 100, or an amount in minor units of each of its currencies. */
export type Coupon = {
  /** Tells coupons apart for ever, while the id of a deleted one can be given again. */
  readonly key: bigint;
  readonly id: string;
  readonly name: string | null;
  readonly percentOff: Decimal | null;
  readonly amountOff: bigint | null;
  /** Set with an amount, and then alone. */
  readonly currency: string | null;
  /** Currencies other than its own. */
  readonly currencyOptions: ReadonlyMap<string, bigint>;
  /** The products that it is limited to; null for all. */
  readonly productIds: readonly string[] | null;
  readonly duration: 'forever' | 'once' | 'repeating';
  /** Set where it repeats, and there alone. */
  readonly durationInMonths: number | null;
  readonly maxRedemptions: bigint | null;
  readonly redeemByAt: Temporal.Instant | null;
  readonly timesRedeemed: bigint;
  readonly metadata: Metadata;
  readonly createdAt: Temporal.Instant;
  readonly deletedAt: Temporal.Instant | null;
};

/** True while a coupon can be redeemed by anybody: it exists, its last moment has not come, and it is not used up. */
export function isValid(coupon: Coupon, now: Temporal.Instant): boolean {
  return coupon.deletedAt === null && !isPast(coupon.redeemByAt, now) && !isUsedUp(coupon);
}

/** Coupons and promotion codes expire with the second that they name. */
export function isPast(lastAt: Temporal.Instant | null, now: Temporal.Instant): boolean {
  return lastAt !== null && Temporal.Instant.compare(lastAt, now) <= 0;
}

export function isUsedUp(limited: { maxRedemptions: bigint | null; timesRedeemed: bigint }): boolean {
  return limited.maxRedemptions !== null && limited.timesRedeemed >= limited.maxRedemptions;
}

/** What a coupon takes off in a currency, as `rating/discount.ts` wants it; undefined where it has no amount in it. */
export function offIn(coupon: Coupon, currency: string): { percent: Decimal } | { amount: bigint } | undefined {
  if (coupon.percentOff !== null) return { percent: coupon.percentOff };
  const amount = currency === coupon.currency ? coupon.amountOff : coupon.currencyOptions.get(currency);
  return amount === undefined || amount === null ? undefined : { amount };
}

/** When a discount ends that begins at an instant; null for one that lasts, or is used up by one invoice. */
export function discountEndAt(coupon: Coupon, startAt: Temporal.Instant): Temporal.Instant | null {
  if (coupon.durationInMonths === null) return null;
  // A month after the 31st is the last day of a shorter month, as it is for billing periods.
  return startAt.toZonedDateTimeISO('UTC').add({ months: coupon.durationInMonths }).toInstant();
}
