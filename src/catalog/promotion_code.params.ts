import { MAX_AMOUNT } from '../limits.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import {
  bigInteger,
  boolean,
  clearable,
  currency,
  currencyMap,
  metadata,
  oneOf,
  patternString,
  string,
  timestamp,
  unserved,
} from '../stripe/params.types.ts';
import { maxRedemptions } from './coupon.params.ts';

const minimumAmount = bigInteger(1n, MAX_AMOUNT);
const currencyOptions = currencyMap(object({ minimum_amount: required(minimumAmount) }));

export const createPromotionCodeParams = object({
  active: boolean(),
  code: patternString(/^[a-zA-Z0-9_-]{1,500}$/, 'be at most 500 letters, digits and dashes'),
  customer: string(),
  customer_account: unserved(),
  expires_at: timestamp(),
  max_redemptions: maxRedemptions,
  metadata: metadata(),
  promotion: required(object({ coupon: string(), type: required(oneOf('coupon')) })),
  restrictions: object({
    currency_options: currencyOptions,
    first_time_transaction: boolean(),
    minimum_amount: minimumAmount,
    minimum_amount_currency: currency(),
  }),
});

export type CreatePromotionCodeParams = ParamsOf<typeof createPromotionCodeParams>;

export const updatePromotionCodeParams = object({
  active: boolean(),
  metadata: clearable(metadata()),
  restrictions: object({ currency_options: currencyOptions }),
});

export type PromotionCodeChange = ParamsOf<typeof updatePromotionCodeParams>;

export const listPromotionCodesParams = object({
  ...PAGING,
  active: boolean(),
  code: string(),
  coupon: string(),
  created: timeRange(),
  customer: string(),
  customer_account: unserved(),
});

export type ListPromotionCodesParams = ParamsOf<typeof listPromotionCodesParams>;
