import { taxRateIds } from '../catalog/tax_rate.params.ts';
import { MAX_AMOUNT, MAX_INVOICE_ITEMS, MAX_QUANTITY } from '../limits.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import {
  amount,
  bigInteger,
  boolean,
  clearable,
  currency,
  decimalAmount,
  decimalBetween,
  list,
  metadata,
  oneOf,
  string,
  timestamp,
  unserved,
} from '../stripe/params.types.ts';
import { discounts } from './invoice.params.ts';

/** Above the largest amount of any currency: what exceeds that is told by the verb, which knows the currency. */
const WIDEST_AMOUNT = 10n ** 15n;

/** A line shows at most so much; the reference names no limit. */
const MAX_DESCRIPTION_CHARACTERS = 5_000;

const signedAmount = bigInteger(-WIDEST_AMOUNT, WIDEST_AMOUNT);
const period = object({ end: required(timestamp()), start: required(timestamp()) });
const taxBehavior = oneOf('exclusive', 'inclusive', 'unspecified');

const priceData = object({
  currency: required(currency()),
  product: required(string()),
  tax_behavior: taxBehavior,
  unit_amount: amount(),
  unit_amount_decimal: decimalAmount(),
});

/** A line's inline price, which may bring its product along. */
const linePriceData = object({
  currency: required(currency()),
  product: string(),
  product_data: object({
    description: string(),
    images: list(string(), { max: 8 }),
    metadata: metadata(),
    name: required(string()),
    tax_code: unserved(),
    tax_details: unserved(),
    unit_label: string({ max: 12 }),
  }),
  tax_behavior: taxBehavior,
  unit_amount: amount(),
  unit_amount_decimal: decimalAmount(),
});

const common = {
  amount: signedAmount,
  description: string({ max: MAX_DESCRIPTION_CHARACTERS }),
  discountable: boolean(),
  discounts,
  metadata: clearable(metadata()),
  period,
  pricing: object({ price: string() }),
  quantity: bigInteger(0n, MAX_QUANTITY),
  quantity_decimal: decimalBetween(0n, MAX_QUANTITY),
};

const ofItem = {
  ...common,
  price_data: priceData,
  tax_behavior: unserved(),
  tax_code: unserved(),
  unit_amount_decimal: decimalBetween(-MAX_AMOUNT, MAX_AMOUNT),
};

export const createItemParams = object({
  ...ofItem,
  currency: currency(),
  customer: string(),
  customer_account: unserved(),
  invoice: string(),
  subscription: string(),
  tax_rates: taxRateIds,
});

export type CreateItemParams = ParamsOf<typeof createItemParams>;

export const updateItemParams = object({
  ...ofItem,
  invoicing_rules: unserved(),
  tax_rates: clearable(taxRateIds),
});

export type UpdateItemParams = ParamsOf<typeof updateItemParams>;

export const listItemsParams = object({
  ...PAGING,
  created: timeRange(),
  customer: string(),
  customer_account: unserved(),
  invoice: string(),
  pending: boolean(),
});

export type ListItemsParams = ParamsOf<typeof listItemsParams>;

const ofLine = {
  ...common,
  price_data: linePriceData,
  tax_amounts: unserved(),
  tax_rates: clearable(taxRateIds),
};

export const updateLineParams = object(ofLine);

export type UpdateLineParams = ParamsOf<typeof updateLineParams>;

const invoiceMetadata = { invoice_metadata: clearable(metadata()) };

const newLine = object({ ...ofLine, invoice_item: string() });

export type NewLineParams = ParamsOf<typeof newLine>;

export const addLinesParams = object({
  lines: required(list(newLine, { max: MAX_INVOICE_ITEMS })),
  ...invoiceMetadata,
});

export type AddLinesParams = ParamsOf<typeof addLinesParams>;

export const updateLinesParams = object({
  lines: required(list(object({ ...ofLine, id: required(string()) }), { max: MAX_INVOICE_ITEMS })),
  ...invoiceMetadata,
});

export type UpdateLinesParams = ParamsOf<typeof updateLinesParams>;

export const removeLinesParams = object({
  lines: required(
    list(object({ behavior: required(oneOf('delete', 'unassign')), id: required(string()) }), {
      max: MAX_INVOICE_ITEMS,
    }),
  ),
  ...invoiceMetadata,
});

export type RemoveLinesParams = ParamsOf<typeof removeLinesParams>;
