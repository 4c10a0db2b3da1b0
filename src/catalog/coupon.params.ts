import { MAX_AMOUNT } from '../limits.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import {
  bigInteger,
  clearable,
  currency,
  currencyMap,
  integer,
  list,
  metadata,
  oneOf,
  patternString,
  percentage,
  string,
  timestamp,
} from '../stripe/params.types.ts';

/** Redemptions are counted one by one; nobody counts so far. */
const MAX_REDEMPTIONS = 999_999_999n;

/** A century. The reference names no limit. */
const MAX_MONTHS = 1_200;

/** Products that a coupon can be limited to. The reference names no limit. */
const MAX_PRODUCTS = 100;

/** How many times something can be redeemed. */
export const maxRedemptions = bigInteger(1n, MAX_REDEMPTIONS);

const amountOff = bigInteger(1n, MAX_AMOUNT);
const currencyOptions = currencyMap(object({ amount_off: required(amountOff) }));
const name = string({ max: 40 });

export const createCouponParams = object({
  amount_off: amountOff,
  applies_to: object({ products: list(string(), { max: MAX_PRODUCTS }) }),
  currency: currency(),
  currency_options: currencyOptions,
  duration: oneOf('forever', 'once', 'repeating'),
  duration_in_months: integer(1, MAX_MONTHS),
  // An id is part of a path and of an index entry; people write percent signs and spaces into it.
  id: patternString(
    /^(?!\.{1,2}$)[^/\\\p{C}]{1,200}$/u,
    'be 1 to 200 characters without slashes and control characters, and name no other path',
  ),
  max_redemptions: maxRedemptions,
  metadata: clearable(metadata()),
  name,
  percent_off: percentage({ min: '0.01', decimals: 2 }),
  redeem_by: timestamp(),
});

export type CreateCouponParams = ParamsOf<typeof createCouponParams>;

export const updateCouponParams = object({
  currency_options: currencyOptions,
  metadata: clearable(metadata()),
  name,
});

export type CouponChange = ParamsOf<typeof updateCouponParams>;

export const listCouponsParams = object({ ...PAGING, created: timeRange() });
