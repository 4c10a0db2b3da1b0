import { taxRateIds } from '../catalog/tax_rate.params.ts';
import { MAX_AMOUNT, MAX_INVOICE_ITEMS, MAX_QUANTITY, MAX_SUBSCRIPTION_ITEMS } from '../limits.ts';
import { discounts } from '../invoices/invoice.params.ts';
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

const taxBehavior = oneOf('exclusive', 'inclusive', 'unspecified');

/** What is beyond the largest amount of any currency is told by the verb, which knows the currency. */
const WIDEST_AMOUNT = 10n ** 15n;

/** An item to add to the preview, or a pending one to show otherwise. */
const invoiceItem = object({
  amount: bigInteger(-WIDEST_AMOUNT, WIDEST_AMOUNT),
  currency: currency(),
  description: string(),
  discountable: boolean(),
  discounts: unserved(),
  invoiceitem: string(),
  metadata: clearable(metadata()),
  period: object({ end: required(timestamp()), start: required(timestamp()) }),
  price: string(),
  price_data: object({
    currency: required(currency()),
    product: required(string()),
    tax_behavior: taxBehavior,
    unit_amount: amount(),
    unit_amount_decimal: decimalAmount(),
  }),
  quantity: bigInteger(0n, MAX_QUANTITY),
  quantity_decimal: decimalBetween(0n, MAX_QUANTITY),
  tax_behavior: unserved(),
  tax_code: unserved(),
  tax_rates: clearable(taxRateIds),
  unit_amount: bigInteger(-MAX_AMOUNT, MAX_AMOUNT),
  unit_amount_decimal: decimalBetween(-MAX_AMOUNT, MAX_AMOUNT),
});

export type PreviewItemParams = ParamsOf<typeof invoiceItem>;

const subscriptionItem = object({
  billing_thresholds: unserved(),
  clear_usage: unserved(),
  current_trial: unserved(),
  deleted: boolean(),
  discounts: unserved(),
  id: string(),
  metadata: clearable(metadata()),
  plan: unserved(),
  price: string(),
  price_data: unserved(),
  quantity: bigInteger(0n, MAX_QUANTITY),
  tax_rates: clearable(taxRateIds),
});

const subscriptionDetails = object({
  billing_cycle_anchor: unserved(),
  billing_mode: object({ flexible: unserved(), type: required(oneOf('classic', 'flexible')) }),
  billing_schedules: unserved(),
  cancel_at: unserved(),
  cancel_at_period_end: boolean(),
  cancel_now: unserved(),
  default_tax_rates: clearable(taxRateIds),
  items: list(subscriptionItem, { max: MAX_SUBSCRIPTION_ITEMS }),
  metadata: clearable(metadata()),
  pause: unserved(),
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  proration_date: unserved(),
  resume_at: unserved(),
  start_date: unserved(),
  trial_end: unserved(),
});

export type SubscriptionDetails = ParamsOf<typeof subscriptionDetails>;

export const createPreviewParams = object({
  automatic_tax: unserved(),
  currency: currency(),
  customer: string(),
  customer_account: unserved(),
  customer_details: unserved(),
  discounts,
  invoice_items: list(invoiceItem, { max: MAX_INVOICE_ITEMS }),
  issuer: unserved(),
  on_behalf_of: unserved(),
  preview_mode: oneOf('next', 'recurring'),
  schedule: unserved(),
  schedule_details: unserved(),
  subscription: string(),
  subscription_details: subscriptionDetails,
});

export type CreatePreviewParams = ParamsOf<typeof createPreviewParams>;
