import type { Context } from '../stripe/context.ts';
import { countCouponRedemption } from './coupon.sql.ts';
import { countCodeRedemption } from './promotion_code.sql.ts';
import { expired, type Purchase, type Redeemable, redemptionProblem, usedUp } from './redeem.ts';
import { requireCoupon } from './write_coupon.ts';
import { requirePromotionCode } from './write_promotion_code.ts';

/**
 * What a coupon's or a promotion code's id names, where it can be redeemed for this purchase. `param` is the parameter
 * that has the id. Writes nothing: a preview stops here. Throws resource_missing, coupon_expired, and what else
 * `redemptionProblem` says.
 */
export async function requireRedeemable(
  context: Context,
  asked: { kind: 'coupon' | 'promotion_code'; id: string },
  purchase: Purchase,
  param: string,
): Promise<Redeemable> {
  const redeemable = await findRedeemable(context, asked, param);
  const problem = redemptionProblem(redeemable, purchase, { now: context.now, param });
  if (problem !== undefined) throw problem;
  return redeemable;
}

async function findRedeemable(
  context: Context,
  { kind, id }: { kind: 'coupon' | 'promotion_code'; id: string },
  param: string,
): Promise<Redeemable> {
  if (kind === 'coupon') return { coupon: await requireCoupon(context, id, param), promotionCode: null };
  const promotionCode = await requirePromotionCode(context, id, param);
  return { coupon: promotionCode.coupon, promotionCode };
}

/**
 * Redeems: counts one for the coupon, and for the promotion code. Throws when either has been used up, has expired or
 * was taken away since it was read, so that no limit is passed, however many redeem at once. Locks are taken in the
 * order of coupon keys, the coupon before its code: who redeems several does so in that order.
 */
export async function countRedemption(
  context: Context,
  { coupon, promotionCode }: Redeemable,
  param: string,
): Promise<void> {
  if (!(await countCouponRedemption(context, coupon.key, context.now))) throw expired(coupon, param);
  if (promotionCode === null) return;
  if (!(await countCodeRedemption(context, promotionCode.id, context.now))) throw usedUp(param);
}
