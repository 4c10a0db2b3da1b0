import { taxRateIds } from '../catalog/tax_rate.params.ts';
import { MAX_DAYS_UNTIL_DUE, MAX_DISCOUNTS } from '../limits.ts';
import { allowedTypes } from '../payments/payment_method.params.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import {
  boolean,
  clearable,
  currency,
  integer,
  list,
  metadata,
  oneOf,
  string,
  timestamp,
  unserved,
} from '../stripe/params.types.ts';

/** An invoice shows at most so many. */
const MAX_CUSTOM_FIELDS = 4;

export const customFields = clearable(
  list(object({ name: required(string({ max: 40 })), value: required(string({ max: 140 })) }), {
    max: MAX_CUSTOM_FIELDS,
  }),
);

const discount = object({ coupon: string(), discount: string(), promotion_code: string() });

export type DiscountParams = ParamsOf<typeof discount>;

export const discounts = clearable(list(discount, { max: MAX_DISCOUNTS }));

const common = {
  account_tax_ids: unserved(),
  application_fee_amount: unserved(),
  auto_advance: boolean(),
  automatic_tax: unserved(),
  automatically_finalizes_at: timestamp(),
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  custom_fields: customFields,
  days_until_due: integer(0, MAX_DAYS_UNTIL_DUE),
  default_source: unserved(),
  description: string({ max: 1500 }),
  discounts,
  due_date: timestamp(),
  footer: string(),
  issuer: unserved(),
  metadata: clearable(metadata()),
  on_behalf_of: unserved(),
  payment_settings: object({
    default_mandate: unserved(),
    payment_method_options: unserved(),
    payment_method_types: clearable(allowedTypes),
  }),
  rendering: unserved(),
  shipping_cost: unserved(),
  shipping_details: unserved(),
  statement_descriptor: unserved(),
  transfer_data: unserved(),
};

export const createInvoiceParams = object({
  ...common,
  currency: currency(),
  customer: required(string()),
  customer_account: unserved(),
  default_payment_method: string(),
  default_tax_rates: taxRateIds,
  effective_at: timestamp(),
  from_invoice: unserved(),
  number: string({ max: 26 }),
  pending_invoice_items_behavior: oneOf('exclude', 'include'),
  subscription: string(),
});

export type CreateInvoiceParams = ParamsOf<typeof createInvoiceParams>;

export const updateInvoiceParams = object({
  ...common,
  default_payment_method: clearable(string()),
  default_tax_rates: clearable(taxRateIds),
  effective_at: clearable(timestamp()),
  number: clearable(string({ max: 26 })),
});

export type UpdateInvoiceParams = ParamsOf<typeof updateInvoiceParams>;

export const finalizeInvoiceParams = object({ auto_advance: boolean() });

export const payInvoiceParams = object({
  forgive: unserved(),
  mandate: unserved(),
  off_session: boolean(),
  paid_out_of_band: boolean(),
  payment_method: string(),
  source: unserved(),
});

export type PayInvoiceParams = ParamsOf<typeof payInvoiceParams>;

export const listInvoicesParams = object({
  ...PAGING,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  created: timeRange(),
  customer: string(),
  customer_account: unserved(),
  due_date: timeRange(),
  status: oneOf('draft', 'open', 'paid', 'uncollectible', 'void'),
  subscription: string(),
});

export type ListInvoicesParams = ParamsOf<typeof listInvoicesParams>;

/** Our own list: by test clock as well, which the original's list of invoices can't be asked for. */
export const listUsanceInvoicesParams = object({
  ...PAGING,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  created: timeRange(),
  customer: string(),
  due_date: timeRange(),
  status: oneOf('draft', 'open', 'paid', 'uncollectible', 'void'),
  subscription: string(),
  test_clock: string(),
});

export const listLinesParams = object({ ...PAGING });

export const noParams = object({});
