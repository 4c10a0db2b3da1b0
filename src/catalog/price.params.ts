import { MAX_TIERS, MAX_USAGE_INTEGER_DIGITS } from '../limits.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, type ParamType, required } from '../stripe/params.ts';
import {
  amount,
  bigInteger,
  boolean,
  clearable,
  currency,
  currencyMap,
  decimalAmount,
  integer,
  list,
  metadata,
  oneOf,
  patternString,
  string,
  unserved,
} from '../stripe/params.types.ts';

/** No quantity is larger than the usage of one event can be written. */
const MAX_QUANTITY = 10n ** BigInt(MAX_USAGE_INTEGER_DIGITS) - 1n;

/** Larger than any interval allows; which of them a count exceeds is told by the verb. */
const MAX_INTERVAL_COUNT = 1_000_000;

const quantity = bigInteger(1n, MAX_QUANTITY);

/** The end of a tier: a quantity, or `inf` for the last one, which reads null. */
const upTo: ParamType<bigint | null> = {
  shape: quantity.shape,
  decode: (node, path, problems) => (node === 'inf' ? null : quantity.decode(node, path, problems)),
};

const tiers = list(
  object({
    flat_amount: amount(),
    flat_amount_decimal: decimalAmount(),
    unit_amount: amount(),
    unit_amount_decimal: decimalAmount(),
    up_to: required(upTo),
  }),
  { max: MAX_TIERS },
);

const taxBehavior = oneOf('exclusive', 'inclusive', 'unspecified');
const interval = oneOf('day', 'month', 'week', 'year');
const usageType = oneOf('licensed', 'metered');

const currencyOptions = currencyMap(
  object({
    custom_unit_amount: unserved(),
    tax_behavior: taxBehavior,
    tiers,
    unit_amount: amount(),
    unit_amount_decimal: decimalAmount(),
  }),
);

const recurrence = {
  interval: required(interval),
  interval_count: integer(1, MAX_INTERVAL_COUNT),
};

const common = {
  currency: required(currency()),
  currency_options: currencyOptions,
  custom_unit_amount: unserved(),
  metadata: metadata(),
  tax_behavior: taxBehavior,
  unit_amount: amount(),
  unit_amount_decimal: decimalAmount(),
};

/** The product that a price can be created with; creating a product takes the same and more. */
export const productData = object({
  active: boolean(),
  // An id is part of a path and of an index entry, which bounds its alphabet and its length.
  // `search`, `.` and `..` would name other paths.
  id: patternString(
    /^(?!search$|\.{1,2}$)[\w.:@-]{1,255}$/,
    'be 1 to 255 letters, digits or characters of _-.:@ and name no other path',
  ),
  metadata: metadata(),
  name: required(string()),
  statement_descriptor: patternString(
    /^(?=.*[A-Za-z])[^<>\\"']{1,22}$/,
    'be at most 22 characters, with at least one letter and none of <>\\"\'',
  ),
  tax_code: unserved(),
  tax_details: unserved(),
  unit_label: string({ max: 12 }),
});

/** The price that a product can be created with. */
export const defaultPriceData = object({ ...common, recurring: object(recurrence) });

export const createPriceParams = object({
  ...common,
  active: boolean(),
  billing_scheme: oneOf('per_unit', 'tiered'),
  lookup_key: string({ max: 200 }),
  nickname: string(),
  product: string(),
  product_data: productData,
  recurring: object({ ...recurrence, meter: string(), trial_period_days: unserved(), usage_type: usageType }),
  tiers,
  tiers_mode: oneOf('graduated', 'volume'),
  transfer_lookup_key: boolean(),
  transform_quantity: object({ divide_by: required(quantity), round: required(oneOf('down', 'up')) }),
});

export type CreatePriceParams = ParamsOf<typeof createPriceParams>;

/** The parameters that make the terms of a price; `default_price_data` has some of them. */
export type TermsParams = Omit<CreatePriceParams, 'product' | 'product_data' | 'transfer_lookup_key'>;

export type AmountsParams = Pick<CreatePriceParams, 'tax_behavior' | 'tiers' | 'unit_amount' | 'unit_amount_decimal'>;

export type CurrencyOptionsParams = ParamsOf<typeof currencyOptions>;

export const updatePriceParams = object({
  active: boolean(),
  currency_options: clearable(currencyOptions),
  lookup_key: clearable(string({ max: 200 })),
  metadata: clearable(metadata()),
  nickname: clearable(string()),
  tax_behavior: taxBehavior,
  transfer_lookup_key: boolean(),
});

export type PriceChange = ParamsOf<typeof updatePriceParams>;

export const listPricesParams = object({
  ...PAGING,
  active: boolean(),
  created: timeRange(),
  currency: currency(),
  lookup_keys: list(string({ max: 200 }), { max: 10 }),
  product: string(),
  recurring: object({ interval, meter: string(), usage_type: usageType }),
  type: oneOf('one_time', 'recurring'),
});

export type ListPricesParams = ParamsOf<typeof listPricesParams>;
