import { invalidRequest, type StripeError } from '../stripe/errors.ts';
import { type Coupon, isPast, isUsedUp, isValid, offIn } from './coupon.ts';
import { minimumIn, type PromotionCode } from './promotion_code.ts';

/** What a request wants to redeem: a coupon, by itself or by a promotion code of it. */
export type Redeemable = { readonly coupon: Coupon; readonly promotionCode: PromotionCode | null };

/** By whom and for what. What is not known yet is null and is not judged: a customer by itself buys nothing. */
export type Purchase = {
  readonly customerId: string | null;
  /** The currency of what is discounted. */
  readonly currency: string | null;
  /** What it costs before discounts, in minor units. */
  readonly amount: bigint | null;
  /** True for a customer who ever paid, or has an invoice that counts as paid. */
  readonly hasPaidBefore: boolean;
};

/**
 * Why something can't be redeemed at this moment; undefined where it can. `param` is the parameter that asked for it, as
 * in `discounts[0][promotion_code]`. Whether it is still not used up when it is redeemed is for `countRedemption` to say.
 */
export function redemptionProblem(
  { coupon, promotionCode }: Redeemable,
  purchase: Purchase,
  at: { now: Temporal.Instant; param: string },
): StripeError | undefined {
  if (!isValid(coupon, at.now)) return expired(coupon, at.param);
  const problem = promotionCode && codeProblem(promotionCode, purchase, at);
  if (problem) return problem;
  if (purchase.currency === null || offIn(coupon, purchase.currency) !== undefined) return undefined;
  return invalidRequest(
    `This coupon (${coupon.id}) takes off an amount in ${coupon.currency}, and has none in ${purchase.currency}.`,
    at.param,
  );
}

/** Why something can't be redeemed once more after what is to be redeemed with it; undefined where it can. */
export function repeatedProblem(
  { coupon, promotionCode: code }: Redeemable,
  before: readonly Redeemable[],
  param: string,
): StripeError | undefined {
  const ofCoupon = before.filter((each) => each.coupon.key === coupon.key);
  if (isUsedUp(counting(coupon, ofCoupon.length))) return expired(coupon, param);
  if (code === null) return undefined;
  const ofCode = before.filter((each) => each.promotionCode?.id === code.id);
  return isUsedUp(counting(code, ofCode.length)) ? usedUp(param) : undefined;
}

function counting<T extends { readonly timesRedeemed: bigint }>(limited: T, more: number): T {
  return { ...limited, timesRedeemed: limited.timesRedeemed + BigInt(more) };
}

function codeProblem(
  code: PromotionCode,
  purchase: Purchase,
  { now, param }: { now: Temporal.Instant; param: string },
): StripeError | undefined {
  if (isPast(code.expiresAt, now)) return refused('it has expired', param, 'coupon_expired');
  if (isUsedUp(code)) return usedUp(param);
  if (!code.active) return refused('it is not active', param);
  if (code.customerId !== null && code.customerId !== purchase.customerId) {
    return refused('it belongs to another customer', param);
  }
  if (code.restrictions.firstTimeTransaction && purchase.hasPaidBefore) {
    return refused('the associated customer has prior transactions', param);
  }
  return minimumProblem(code, purchase, param);
}

function minimumProblem(
  { restrictions }: PromotionCode,
  { currency, amount }: Purchase,
  param: string,
): StripeError | undefined {
  if (currency === null || amount === null) return undefined;
  const minimum = minimumIn(restrictions, currency);
  if (minimum === null) return undefined;
  if (minimum === undefined) return refused(`its minimum amount is not defined in ${currency}`, param);
  if (amount >= minimum) return undefined;
  return refused(`the amount of ${amount} is below its minimum of ${minimum} ${currency}`, param);
}

/** The error for a coupon that nobody can redeem any more. */
export function expired(coupon: Coupon, param: string): StripeError {
  return invalidRequest(`Coupon expired: ${coupon.id}`, param, 'coupon_expired');
}

/** The error for a promotion code that was used as often as it can be. */
export function usedUp(param: string): StripeError {
  return refused('it has been used the maximum number of times', param, 'coupon_expired');
}

function refused(reason: string, param: string, code?: string): StripeError {
  return invalidRequest(`This promotion code cannot be redeemed because ${reason}.`, param, code);
}
