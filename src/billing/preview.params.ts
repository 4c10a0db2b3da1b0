import { taxRateIds } from '../catalog/tax_rate.params.ts';
import { MAX_AMOUNT, MAX_INVOICE_ITEMS, MAX_QUANTITY, MAX_SUBSCRIPTION_ITEMS } from '../limits.ts';
import { address, shipping, taxExempt } from '../customers/customer.params.ts';
import { discounts } from '../invoices/invoice.params.ts';
import { object, type ParamsOf, type ParamType, required } from '../stripe/params.ts';
import {
  amount,
  bigInteger,
  boolean,
  clearable,
  currency,
  decimalAmount,
  decimalBetween,
  except,
  integer,
  list,
  metadata,
  oneOf,
  string,
  timestamp,
  unserved,
} from '../stripe/params.types.ts';
import { onlyFalse } from '../subscriptions/subscription.params.ts';

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

/** Later ends of trials are not served. */
const trialEnd: ParamType<'now'> = {
  shape: { kind: 'scalar', name: 'now' },
  decode(node, path, problems) {
    if (node === 'now') return node;
    problems.unserved(path);
    return undefined;
  },
};

const PERIOD_ENDS = ['min_period_end', 'max_period_end'] as const;

/** A time, or a word for one. */
const cancelAt: ParamType<Temporal.Instant | (typeof PERIOD_ENDS)[number]> = {
  shape: { kind: 'scalar', name: 'timestamp' },
  decode(node, path, problems) {
    const word = PERIOD_ENDS.find((each) => each === node);
    return word ?? except(timestamp(), 'max_billed_until').decode(node, path, problems);
  },
};

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
  price_data: object({
    currency: required(currency()),
    product: required(string()),
    recurring: required(
      object({ interval: required(oneOf('day', 'month', 'week', 'year')), interval_count: integer(1, 1_095) }),
    ),
    tax_behavior: taxBehavior,
    unit_amount: amount(),
    unit_amount_decimal: decimalAmount(),
  }),
  quantity: bigInteger(0n, MAX_QUANTITY),
  tax_rates: clearable(taxRateIds),
});

export type PreviewPriceParams = NonNullable<ParamsOf<typeof subscriptionItem>['price_data']>;

const subscriptionDetails = object({
  billing_cycle_anchor: object({
    timestamp: unserved(),
    type: required(except(oneOf('now', 'unchanged'), 'timestamp')),
  }),
  billing_mode: object({ flexible: unserved(), type: required(oneOf('classic', 'flexible')) }),
  billing_schedules: unserved(),
  cancel_at: clearable(cancelAt),
  cancel_at_period_end: boolean(),
  cancel_now: onlyFalse(),
  default_tax_rates: clearable(taxRateIds),
  items: list(subscriptionItem, { max: MAX_SUBSCRIPTION_ITEMS }),
  metadata: clearable(metadata()),
  pause: unserved(),
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  proration_date: unserved(),
  resume_at: unserved(),
  start_date: unserved(),
  trial_end: trialEnd,
});

export type SubscriptionDetails = ParamsOf<typeof subscriptionDetails>;

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
    tax_ids: unserved(),
  }),
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
