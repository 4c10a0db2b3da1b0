import { taxRateIds } from '../catalog/tax_rate.params.ts';
import { discounts } from '../invoices/invoice.params.ts';
import { MAX_DAYS_UNTIL_DUE, MAX_INTERVAL_DAYS, MAX_QUANTITY, MAX_SUBSCRIPTION_ITEMS } from '../limits.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, type ParamType, required } from '../stripe/params.ts';
import {
  bigInteger,
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
import { addedItemTerms } from './added_item.params.ts';
import type { NamedPrice } from './inline_price.ts';
import { recurringPriceData, usageThresholds } from './item.params.ts';
import { amountThresholds, billingMode, invoiceSettingsTerms } from './subscription.params.ts';

/** Far more than the ten that may be to come: phases that are over can be named as well. */
const MAX_NAMED_PHASES = 100;

/** A time, or the moment of the request. */
export const nowOrTimestamp: ParamType<Temporal.Instant | 'now'> = {
  shape: { kind: 'scalar', name: 'timestamp' },
  decode: (node, path, problems) => (node === 'now' ? node : timestamp().decode(node, path, problems)),
};

const collectionMethod = oneOf('charge_automatically', 'send_invoice');
const billingCycleAnchor = oneOf('automatic', 'phase_start');
const endBehavior = oneOf('cancel', 'none', 'release', 'renew');
const prorationBehavior = oneOf('always_invoice', 'create_prorations', 'none');
const description = clearable(string({ max: 500 }));

const invoiceSettings = object({ ...invoiceSettingsTerms, days_until_due: integer(0, MAX_DAYS_UNTIL_DUE) });

const defaultSettings = object({
  application_fee_percent: unserved(),
  automatic_tax: unserved(),
  billing_cycle_anchor: billingCycleAnchor,
  billing_thresholds: clearable(amountThresholds),
  collection_method: collectionMethod,
  default_payment_method: string(),
  description,
  invoice_settings: invoiceSettings,
  on_behalf_of: unserved(),
  transfer_data: unserved(),
});

export type DefaultSettingsParams = ParamsOf<typeof defaultSettings>;

/** Charged once, as a phase begins. */
const addedPhaseItem = object({
  ...addedItemTerms,
  period: object({
    end: required(
      object({ timestamp: timestamp(), type: required(oneOf('min_item_period_end', 'phase_end', 'timestamp')) }),
    ),
    start: required(
      object({ timestamp: timestamp(), type: required(oneOf('max_item_period_start', 'phase_start', 'timestamp')) }),
    ),
  }),
});

const phaseItem = object({
  billing_thresholds: clearable(usageThresholds),
  discounts,
  metadata: metadata(),
  plan: unserved(),
  price: string(),
  price_data: recurringPriceData,
  quantity: bigInteger(0n, MAX_QUANTITY),
  tax_rates: clearable(taxRateIds),
});

/** What a phase can say, but for its times, which a new one can't give as `now`. */
export const ofPhase = {
  add_invoice_items: list(addedPhaseItem, { max: MAX_SUBSCRIPTION_ITEMS }),
  application_fee_percent: unserved(),
  automatic_tax: unserved(),
  billing_cycle_anchor: billingCycleAnchor,
  billing_thresholds: clearable(amountThresholds),
  collection_method: collectionMethod,
  currency: currency(),
  default_payment_method: string(),
  default_tax_rates: clearable(taxRateIds),
  description,
  discounts,
  duration: object({
    interval: required(oneOf('day', 'month', 'week', 'year')),
    interval_count: integer(1, MAX_INTERVAL_DAYS),
  }),
  invoice_settings: invoiceSettings,
  items: required(list(phaseItem, { max: MAX_SUBSCRIPTION_ITEMS })),
  metadata: metadata(),
  on_behalf_of: unserved(),
  proration_behavior: prorationBehavior,
  transfer_data: unserved(),
  trial: boolean(),
};

const newPhase = object({ ...ofPhase, end_date: timestamp(), trial_end: timestamp() });

const changedPhase = object({
  ...ofPhase,
  end_date: nowOrTimestamp,
  start_date: nowOrTimestamp,
  trial_end: nowOrTimestamp,
});

export type PhaseParams = ParamsOf<typeof changedPhase>;

/** The same, all that it charges by the price that it has. */
export type PricedPhaseParams = Omit<PhaseParams, 'add_invoice_items' | 'items'> & {
  readonly items: readonly NamedPrice<PhaseParams['items'][number]>[];
  readonly add_invoice_items: readonly NamedPrice<ParamsOf<typeof addedPhaseItem>>[];
};

export const createScheduleParams = object({
  billing_mode: billingMode,
  customer: string(),
  customer_account: unserved(),
  default_settings: defaultSettings,
  end_behavior: endBehavior,
  from_subscription: string(),
  metadata: clearable(metadata()),
  pause_schedules: unserved(),
  phases: list(newPhase, { max: MAX_NAMED_PHASES }),
  start_date: nowOrTimestamp,
});

export type CreateScheduleParams = ParamsOf<typeof createScheduleParams>;

export const updateScheduleParams = object({
  default_settings: defaultSettings,
  end_behavior: endBehavior,
  metadata: clearable(metadata()),
  pause_schedules: unserved(),
  phases: list(changedPhase, { max: MAX_NAMED_PHASES }),
  proration_behavior: prorationBehavior,
});

export type UpdateScheduleParams = ParamsOf<typeof updateScheduleParams>;

export const cancelScheduleParams = object({ invoice_now: boolean(), prorate: boolean() });

export type CancelScheduleParams = ParamsOf<typeof cancelScheduleParams>;

export const releaseScheduleParams = object({ preserve_cancel_date: boolean() });

export type ReleaseScheduleParams = ParamsOf<typeof releaseScheduleParams>;

export const listSchedulesParams = object({
  ...PAGING,
  canceled_at: timeRange(),
  completed_at: timeRange(),
  created: timeRange(),
  customer: string(),
  customer_account: unserved(),
  released_at: timeRange(),
  scheduled: boolean(),
});

export type ListSchedulesParams = ParamsOf<typeof listSchedulesParams>;
