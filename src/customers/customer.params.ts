import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import {
  bigInteger,
  clearable,
  list,
  metadata,
  oneOf,
  patternString,
  string,
  unserved,
} from '../stripe/params.types.ts';
import { balanceAmount } from './balance_transaction.params.ts';
import { taxIdData } from './tax_id.params.ts';

/** Largest sequence that still prints as PREFIX-0001-like numbers within 26 characters. */
const MAX_INVOICE_SEQUENCE = 999_999_999n;

export const address = object({
  city: clearable(string()),
  country: clearable(string()),
  line1: clearable(string()),
  line2: clearable(string()),
  postal_code: clearable(string()),
  state: clearable(string()),
});

export const shipping = clearable(
  object({ address: required(address), name: required(string()), phone: clearable(string()) }),
);

export const taxExempt = clearable(oneOf('none', 'exempt', 'reverse'));

const invoiceSettings = object({
  custom_fields: clearable(
    list(object({ name: required(string({ max: 40 })), value: required(string({ max: 140 })) }), { max: 4 }),
  ),
  default_payment_method: clearable(string()),
  footer: clearable(string()),
  rendering_options: unserved(),
});

const common = {
  address: clearable(address),
  balance: balanceAmount,
  business_name: clearable(string({ max: 150 })),
  cash_balance: unserved(),
  description: clearable(string()),
  email: clearable(string({ max: 512 })),
  individual_name: clearable(string({ max: 150 })),
  invoice_prefix: patternString(/^[A-Z0-9]{1,12}$/, 'be 1 to 12 upper-case letters or digits'),
  invoice_settings: invoiceSettings,
  metadata: clearable(metadata()),
  name: clearable(string({ max: 256 })),
  next_invoice_sequence: bigInteger(1n, MAX_INVOICE_SEQUENCE),
  phone: clearable(string({ max: 20 })),
  preferred_locales: clearable(list(string({ max: 20 }), { max: 20 })),
  shipping,
  source: unserved(),
  tax: unserved(),
  tax_exempt: taxExempt,
};

export const createCustomerParams = object({
  ...common,
  payment_method: string(),
  tax_id_data: taxIdData,
  test_clock: string(),
  validate: unserved(),
});

export type CreateCustomerParams = ParamsOf<typeof createCustomerParams>;

export const updateCustomerParams = object({ ...common, default_source: unserved(), validate: unserved() });

export type CustomerChange = ParamsOf<typeof updateCustomerParams>;

export const listCustomersParams = object({
  ...PAGING,
  created: timeRange(),
  email: string({ max: 512 }),
  test_clock: string(),
});

export type ListCustomersParams = ParamsOf<typeof listCustomersParams>;

export const noParams = object({});
