import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import { toUnix } from '../time/instant.ts';
import { isActive, type PromotionCode, type Restrictions } from './promotion_code.ts';
import { findPromotionCodes } from './promotion_code.sql.ts';

/** The wire shape of a promotion code. */
export function viewPromotionCode(context: Context, code: PromotionCode) {
  return {
    id: code.id,
    object: 'promotion_code',
    active: isActive(code, context.now),
    code: code.code,
    created: toUnix(code.createdAt),
    customer: code.customerId,
    customer_account: null,
    expires_at: code.expiresAt && toUnix(code.expiresAt),
    livemode: context.account.livemode,
    max_redemptions: code.maxRedemptions,
    metadata: code.metadata,
    promotion: { coupon: code.coupon.id, type: 'coupon' },
    restrictions: viewRestrictions(code.restrictions),
    times_redeemed: code.timesRedeemed,
  };
}

/** The minimum in every currency, the first one's included, is told wherever there is one: `expand` would change nothing. */
function viewRestrictions({
  firstTimeTransaction,
  minimumAmount,
  minimumAmountCurrency,
  currencyOptions,
}: Restrictions) {
  const base = {
    first_time_transaction: firstTimeTransaction,
    minimum_amount: minimumAmount,
    minimum_amount_currency: minimumAmountCurrency,
  };
  if (minimumAmount === null || minimumAmountCurrency === null) return base;
  const all: [string, bigint][] = [[minimumAmountCurrency, minimumAmount], ...currencyOptions];
  all.sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    currency_options: Object.fromEntries(all.map(([currency, amount]) => [currency, { minimum_amount: amount }])),
    ...base,
  };
}

export const promotionCodeExpandable: Expandable = {
  fields: {
    customer: { id: 'customer' },
    promotion: { hash: { coupon: { id: 'coupon' } } },
    restrictions: { hash: { currency_options: NOTHING } },
  },
  async load(context, ids) {
    const codes = await findPromotionCodes(context, ids);
    return new Map(codes.map((code) => [code.id, viewPromotionCode(context, code)]));
  },
};
