import type { Context } from '../stripe/context.ts';
import type { Expandable, Expansion } from '../stripe/expand.ts';
import { exactNumber, type JsonObject } from '../stripe/json.ts';
import { toUnix } from '../time/instant.ts';
import { type Coupon, isValid } from './coupon.ts';
import { findLatestCoupons } from './coupon.sql.ts';

/** The wire shape of a coupon. Its products and currencies are only there when they are expanded. */
export function viewCoupon(context: Context, coupon: Coupon) {
  return {
    id: coupon.id,
    object: 'coupon',
    amount_off: coupon.amountOff,
    created: toUnix(coupon.createdAt),
    currency: coupon.currency,
    duration: coupon.duration,
    duration_in_months: coupon.durationInMonths,
    livemode: context.account.livemode,
    max_redemptions: coupon.maxRedemptions,
    metadata: coupon.metadata,
    name: coupon.name,
    percent_off: coupon.percentOff && exactNumber(coupon.percentOff),
    redeem_by: coupon.redeemByAt && toUnix(coupon.redeemByAt),
    times_redeemed: coupon.timesRedeemed,
    valid: isValid(coupon, context.now),
  };
}

/** The coupon as its events tell it: they can't be expanded, so they carry its products and currencies. */
export function viewCouponInEvent(context: Context, coupon: Coupon) {
  const [appliesTo, currencyOptions] = [viewProducts(coupon), viewCurrencies(coupon)];
  return {
    ...viewCoupon(context, coupon),
    ...(appliesTo === undefined ? {} : { applies_to: appliesTo }),
    ...(currencyOptions === undefined ? {} : { currency_options: currencyOptions }),
  };
}

export function viewDeletedCoupon(id: string) {
  return { id, object: 'coupon', deleted: true };
}

function viewProducts({ productIds }: Coupon): JsonObject | undefined {
  return productIds === null ? undefined : { products: productIds };
}

/** Every currency that a coupon has an amount in, its own included, in alphabetical order; undefined for percentages. */
function viewCurrencies({ currency, amountOff, currencyOptions }: Coupon): JsonObject | undefined {
  if (currency === null || amountOff === null) return undefined;
  const all: [string, bigint][] = [[currency, amountOff], ...currencyOptions];
  all.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(all.map(([name, amount]) => [name, { amount_off: amount }]));
}

/** A part of the coupon that its view leaves out. */
function included(part: (coupon: Coupon) => JsonObject | undefined): Expansion {
  return {
    async include(context, views) {
      const ids = views.map((view) => view['id'] as string);
      const coupons = await findLatestCoupons(context, [...new Set(ids)]);
      const byId = new Map(coupons.map((coupon) => [coupon.id, coupon]));
      return ids.map((id) => {
        const coupon = byId.get(id);
        return coupon && part(coupon);
      });
    },
  };
}

export const couponExpandable: Expandable = {
  fields: { applies_to: included(viewProducts), currency_options: included(viewCurrencies) },
  async load(context, ids) {
    const coupons = await findLatestCoupons(context, ids);
    return new Map(coupons.map((coupon) => [coupon.id, viewCoupon(context, coupon)]));
  },
};
