import { taxRateIds } from '../catalog/tax_rate.params.ts';
import { customFields, discounts } from '../invoices/invoice.params.ts';
import { MAX_AMOUNT, MAX_DAYS_UNTIL_DUE, MAX_QUANTITY, MAX_SUBSCRIPTION_ITEMS } from '../limits.ts';
import { allowedTypes } from '../payments/payment_method.params.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, type ParamType, required } from '../stripe/params.ts';
import {
  bigInteger,
  boolean,
  clearable,
  currency,
  except,
  integer,
  list,
  metadata,
  oneOf,
  string,
  timestamp,
  unserved,
} from '../stripe/params.types.ts';
import { anchorConfig, prorationBehavior, timestampOrNow, trialPeriodDays, trialSettings } from './begin.params.ts';
import { addedItem } from './added_item.params.ts';
import type { PeriodEnd } from './ending.ts';
import type { NamedPrice } from './inline_price.ts';
import { itemChange, itemTerms, recurringPriceData, usageThresholds } from './item.params.ts';

/** A switch that may be given as it stands, off; turning it on asks for what is not served yet. */
function onlyFalse(): ParamType<false> {
  return {
    shape: { kind: 'scalar', name: 'false' },
    decode(node, path, problems) {
      const value = boolean().decode(node, path, problems);
      if (value === true) problems.unserved(path);
      return value === false ? value : undefined;
    },
  };
}

const PERIOD_ENDS = ['min_period_end', 'max_period_end'] as const satisfies readonly PeriodEnd[];

/** A time, or a word for one. */
export const cancelAt: ParamType<Temporal.Instant | PeriodEnd> = {
  shape: { kind: 'scalar', name: 'timestamp' },
  decode(node, path, problems) {
    const word = PERIOD_ENDS.find((each) => each === node);
    return word ?? except(timestamp(), 'max_billed_until').decode(node, path, problems);
  },
};

/** A year in days: which of the shorter limits holds for an interval is told by its rule. */
const MAX_PENDING_INTERVAL_DAYS = 365;

/** Amounts of prorations have discounts in them: telling the two apart is not served. */
export const billingMode = object({
  flexible: object({ proration_discounts: except(oneOf('included', 'itemized'), 'itemized') }),
  type: required(oneOf('classic', 'flexible')),
});

/** What its invoices show. Only the account itself issues them. */
export const invoiceSettingsTerms = {
  account_tax_ids: unserved(),
  custom_fields: customFields,
  description: clearable(string({ max: 1500 })),
  footer: clearable(string()),
  issuer: object({ account: unserved(), type: required(except(oneOf('account', 'self'), 'account')) }),
};

const invoiceSettings = object(invoiceSettingsTerms);

export const migrateParams = object({
  billing_mode: required(
    object({
      flexible: object({ proration_discounts: except(oneOf('included', 'itemized'), 'itemized') }),
      type: required(oneOf('flexible')),
    }),
  ),
});

const cancellationDetails = object({
  comment: clearable(string()),
  feedback: clearable(
    oneOf(
      'customer_service',
      'low_quality',
      'missing_features',
      'other',
      'switched_service',
      'too_complex',
      'too_expensive',
      'unused',
    ),
  ),
  feedback_option: unserved(),
});

/** "The value must be at least 50", in minor units of any currency. */
const MIN_THRESHOLD_AMOUNT = 50n;

export const amountThresholds = object({
  amount_gte: bigInteger(MIN_THRESHOLD_AMOUNT, MAX_AMOUNT),
  reset_billing_cycle_anchor: boolean(),
});

const newItem = object({
  billing_thresholds: clearable(usageThresholds),
  current_trial: unserved(),
  discounts,
  metadata: metadata(),
  plan: unserved(),
  price: string(),
  price_data: recurringPriceData,
  quantity: bigInteger(0n, MAX_QUANTITY),
  tax_rates: clearable(taxRateIds),
});

const pendingInterval = object({
  interval: required(oneOf('day', 'month', 'week', 'year')),
  interval_count: integer(1, MAX_PENDING_INTERVAL_DAYS),
});

const paymentSettings = object({
  payment_method_options: unserved(),
  payment_method_types: clearable(allowedTypes),
  save_default_payment_method: oneOf('off', 'on_subscription'),
});

export type PaymentSettingsParams = ParamsOf<typeof paymentSettings>;

const pauseCollection = object({
  behavior: required(oneOf('keep_as_draft', 'mark_uncollectible', 'void')),
  resumes_at: timestamp(),
});

export type PauseCollectionParams = ParamsOf<typeof pauseCollection>;

export const createSubscriptionParams = object({
  add_invoice_items: list(addedItem, { max: MAX_SUBSCRIPTION_ITEMS }),
  application_fee_percent: unserved(),
  automatic_tax: unserved(),
  backdate_start_date: timestamp(),
  billing_cycle_anchor: timestamp(),
  billing_cycle_anchor_config: anchorConfig,
  billing_mode: billingMode,
  billing_schedules: unserved(),
  billing_thresholds: clearable(amountThresholds),
  cancel_at: cancelAt,
  cancel_at_period_end: boolean(),
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  currency: currency(),
  customer: required(string()),
  customer_account: unserved(),
  days_until_due: integer(0, MAX_DAYS_UNTIL_DUE),
  default_payment_method: string(),
  default_source: unserved(),
  default_tax_rates: clearable(taxRateIds),
  description: string({ max: 500 }),
  discounts,
  invoice_settings: invoiceSettings,
  items: required(list(newItem, { max: MAX_SUBSCRIPTION_ITEMS })),
  metadata: clearable(metadata()),
  off_session: boolean(),
  on_behalf_of: unserved(),
  payment_behavior: oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete'),
  payment_settings: paymentSettings,
  pending_invoice_item_interval: clearable(pendingInterval),
  proration_behavior: prorationBehavior,
  transfer_data: unserved(),
  trial_end: timestampOrNow,
  trial_from_plan: onlyFalse(),
  trial_period_days: trialPeriodDays,
  trial_settings: trialSettings,
});

export type CreateSubscriptionParams = ParamsOf<typeof createSubscriptionParams>;

/** The same, each item with its price. */
export type PricedSubscriptionParams = Omit<CreateSubscriptionParams, 'items'> & {
  readonly items: readonly NamedPrice<CreateSubscriptionParams['items'][number]>[];
};

/** How the invoice of a change is paid. */
const paymentBehavior = oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete', 'pending_if_incomplete');

export type PaymentBehavior =
  | 'allow_incomplete'
  | 'default_incomplete'
  | 'error_if_incomplete'
  | 'pending_if_incomplete';

export const updateSubscriptionParams = object({
  add_invoice_items: list(addedItem, { max: MAX_SUBSCRIPTION_ITEMS }),
  application_fee_percent: unserved(),
  automatic_tax: unserved(),
  billing_cycle_anchor: object({ type: required(oneOf('now', 'unchanged')) }),
  billing_schedules: unserved(),
  billing_thresholds: clearable(amountThresholds),
  cancel_at: clearable(cancelAt),
  cancel_at_period_end: boolean(),
  cancellation_details: cancellationDetails,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  days_until_due: integer(0, MAX_DAYS_UNTIL_DUE),
  default_payment_method: clearable(string()),
  default_source: unserved(),
  default_tax_rates: clearable(taxRateIds),
  description: clearable(string({ max: 500 })),
  discounts,
  invoice_settings: invoiceSettings,
  items: list(itemChange, { max: MAX_SUBSCRIPTION_ITEMS }),
  metadata: clearable(metadata()),
  off_session: boolean(),
  on_behalf_of: unserved(),
  pause_collection: clearable(pauseCollection),
  payment_behavior: paymentBehavior,
  payment_settings: paymentSettings,
  pending_invoice_item_interval: clearable(pendingInterval),
  proration_behavior: prorationBehavior,
  proration_date: timestamp(),
  transfer_data: unserved(),
  trial_end: timestampOrNow,
  trial_from_plan: onlyFalse(),
  trial_settings: trialSettings,
});

export type UpdateSubscriptionParams = ParamsOf<typeof updateSubscriptionParams>;

export const cancelSubscriptionParams = object({
  cancellation_details: cancellationDetails,
  invoice_now: boolean(),
  prorate: boolean(),
});

export type CancelSubscriptionParams = ParamsOf<typeof cancelSubscriptionParams>;

export const listSubscriptionsParams = object({
  ...PAGING,
  automatic_tax: unserved(),
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  created: timeRange(),
  current_period_end: timeRange(),
  current_period_start: timeRange(),
  customer: string(),
  customer_account: unserved(),
  plan: string(),
  price: string(),
  status: oneOf(
    'active',
    'all',
    'canceled',
    'ended',
    'incomplete',
    'incomplete_expired',
    'past_due',
    'paused',
    'trialing',
    'unpaid',
  ),
  test_clock: string(),
});

export type ListSubscriptionsParams = ParamsOf<typeof listSubscriptionsParams>;

const proration = { proration_behavior: prorationBehavior, proration_date: timestamp() };

export const updateItemParams = object({
  ...itemTerms,
  metadata: clearable(metadata()),
  off_session: boolean(),
  payment_behavior: paymentBehavior,
  ...proration,
});

export const createItemParams = object({
  ...itemTerms,
  metadata: metadata(),
  payment_behavior: paymentBehavior,
  ...proration,
  subscription: required(string()),
});

export const deleteItemParams = object({
  clear_usage: boolean(),
  // "You can use pending updates with the update subscription, create subscription item, and update subscription item calls."
  payment_behavior: except(paymentBehavior, 'pending_if_incomplete'),
  ...proration,
});

export const listItemsParams = object({ ...PAGING, subscription: required(string()) });

export type ListItemsParams = ParamsOf<typeof listItemsParams>;

export const noParams = object({});
