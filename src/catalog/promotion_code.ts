import type { Metadata } from '../stripe/metadata.ts';
import { type Coupon, isPast, isUsedUp, isValid } from './coupon.ts';

/** Amounts are minor units; the minimum has a currency of its own and may have others. */
export type Restrictions = {
  readonly firstTimeTransaction: boolean;
  readonly minimumAmount: bigint | null;
  readonly minimumAmountCurrency: string | null;
  readonly currencyOptions: ReadonlyMap<string, bigint>;
};

/** A code that customers redeem a coupon by, with limits and conditions of its own. */
export type PromotionCode = {
  readonly id: string;
  readonly coupon: Coupon;
  /** Told apart regardless of case. */
  readonly code: string;
  /** What was asked for; whether it can be redeemed is told by `isActive`. */
  readonly active: boolean;
  /** The one customer who may redeem it; null for everybody. */
  readonly customerId: string | null;
  readonly maxRedemptions: bigint | null;
  readonly expiresAt: Temporal.Instant | null;
  readonly timesRedeemed: bigint;
  readonly restrictions: Restrictions;
  readonly metadata: Metadata;
  readonly createdAt: Temporal.Instant;
};

/** "A promotion code is only active if the coupon is also valid" (reference), and while its own limits hold. */
export function isActive(code: PromotionCode, now: Temporal.Instant): boolean {
  return code.active && isValid(code.coupon, now) && !isPast(code.expiresAt, now) && !isUsedUp(code);
}

/** The least amount in a currency; null where the code has no minimum, undefined where it has none in this currency. */
export function minimumIn(restrictions: Restrictions, currency: string): bigint | null | undefined {
  const { minimumAmount, minimumAmountCurrency, currencyOptions } = restrictions;
  if (minimumAmount === null) return null;
  return currency === minimumAmountCurrency ? minimumAmount : currencyOptions.get(currency);
}
