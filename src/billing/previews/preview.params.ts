import { taxRateIds } from '../../catalog/tax_rate.params.ts';
import {
  MAX_AMOUNT,
  MAX_DAYS_UNTIL_DUE,
  MAX_INVOICE_ITEMS,
  MAX_PHASES,
  MAX_QUANTITY,
  MAX_SUBSCRIPTION_ITEMS,
} from '../../limits.ts';
import { address, shipping, taxExempt } from '../../customers/customer.params.ts';
import { taxIdData } from '../../customers/tax_id.params.ts';
import { discounts } from '../../invoices/invoice.params.ts';
import { object, type ParamsOf, required } from '../../stripe/params.ts';
import {
  amount,
  bigInteger,
  boolean,
  clearable,
  currency,
  decimalAmount,
  decimalBetween,
  integer,
  list,
  metadata,
  oneOf,
  string,
  timestamp,
  unserved,
} from '../../stripe/params.types.ts';
import { timestampOrNow } from '../../subscriptions/begin.params.ts';
import { itemChange } from '../../subscriptions/item.params.ts';
import { nowOrTimestamp, ofPhase } from '../../subscriptions/schedule.params.ts';
import { billingMode, cancelAt, invoiceSettingsTerms } from '../../subscriptions/subscription.params.ts';

const taxBehavior = oneOf('exclusive', 'inclusive', 'unspecified');

/** What is beyond the largest amount of any currency is told by the verb, which knows the currency. */
const WIDEST_AMOUNT = 10n ** 15n;

const priceData = object({
  currency: required(currency()),
  product: required(string()),
  tax_behavior: taxBehavior,
  unit_amount: amount(),
  unit_amount_decimal: decimalAmount(),
});

/** An item to add to the preview, or a pending one to show otherwise. */
const invoiceItem = object({
  amount: bigInteger(-WIDEST_AMOUNT, WIDEST_AMOUNT),
  currency: currency(),
  description: string(),
  discountable: boolean(),
  discounts,
  invoiceitem: string(),
  metadata: clearable(metadata()),
  period: object({ end: required(timestamp()), start: required(timestamp()) }),
  price: string(),
  price_data: priceData,
  quantity: bigInteger(0n, MAX_QUANTITY),
  quantity_decimal: decimalBetween(0n, MAX_QUANTITY),
  tax_behavior: unserved(),
  tax_code: unserved(),
  tax_rates: clearable(taxRateIds),
  unit_amount: bigInteger(-MAX_AMOUNT, MAX_AMOUNT),
  unit_amount_decimal: decimalBetween(-MAX_AMOUNT, MAX_AMOUNT),
});

export type PreviewItemParams = ParamsOf<typeof invoiceItem>;

const subscriptionDetails = object({
  billing_cycle_anchor: object({
    timestamp: timestamp(),
    type: required(oneOf('now', 'timestamp', 'unchanged')),
  }),
  billing_mode: billingMode,
  billing_schedules: unserved(),
  cancel_at: clearable(cancelAt),
  cancel_at_period_end: boolean(),
  cancel_now: boolean(),
  default_tax_rates: clearable(taxRateIds),
  items: list(itemChange, { max: MAX_SUBSCRIPTION_ITEMS }),
  metadata: clearable(metadata()),
  pause: unserved(),
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  proration_date: timestamp(),
  resume_at: oneOf('now'),
  start_date: timestamp(),
  trial_end: timestampOrNow,
});

export type SubscriptionDetails = ParamsOf<typeof subscriptionDetails>;

const phase = object({
  ...ofPhase,
  end_date: nowOrTimestamp,
  invoice_settings: object({
    account_tax_ids: unserved(),
    days_until_due: integer(0, MAX_DAYS_UNTIL_DUE),
    issuer: invoiceSettingsTerms.issuer,
  }),
  start_date: nowOrTimestamp,
  trial_end: nowOrTimestamp,
});

export type PhaseParams = ParamsOf<typeof phase>;

/** A schedule that nobody has made. */
const scheduleDetails = object({
  billing_mode: billingMode,
  end_behavior: oneOf('cancel', 'release'),
  pause_schedules: unserved(),
  phases: list(phase, { max: MAX_PHASES }),
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
});

export const createPreviewParams = object({
  automatic_tax: unserved(),
  currency: currency(),
  customer: string(),
  customer_account: unserved(),
  customer_details: object({
    address: clearable(address),
    shipping,
    tax: unserved(),
    tax_exempt: taxExempt,
    tax_ids: taxIdData,
  }),
  discounts,
  invoice_items: list(invoiceItem, { max: MAX_INVOICE_ITEMS }),
  issuer: unserved(),
  on_behalf_of: unserved(),
  preview_mode: oneOf('next', 'recurring'),
  schedule: string(),
  schedule_details: scheduleDetails,
  subscription: string(),
  subscription_details: subscriptionDetails,
});

export type CreatePreviewParams = ParamsOf<typeof createPreviewParams>;
