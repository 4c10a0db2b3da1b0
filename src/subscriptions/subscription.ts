import type { Price } from '../catalog/price.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import { type Decimal, ZERO } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Period, Recurrence } from '../time/period.ts';
import { type InvoiceSettings, NO_INVOICE_SETTINGS } from './invoice_settings.ts';

type CancellationFeedback =
  | 'customer_service'
  | 'low_quality'
  | 'missing_features'
  | 'other'
  | 'switched_service'
  | 'too_complex'
  | 'too_expensive'
  | 'unused';

export type Cancellation = {
  readonly reason: 'cancellation_requested' | 'payment_disputed' | 'payment_failed' | null;
  readonly comment: string | null;
  readonly feedback: CancellationFeedback | null;
};

type SubscriptionStatus =
  | 'incomplete'
  | 'incomplete_expired'
  | 'trialing'
  | 'active'
  | 'past_due'
  | 'unpaid'
  | 'paused'
  | 'canceled';

/** Where in the calendar the billing cycle is anchored; what is null is as it was when the subscription was made. */
export type AnchorConfig = {
  readonly dayOfMonth: number;
  readonly month: number | null;
  readonly hour: number | null;
  readonly minute: number | null;
  readonly second: number | null;
};

type Trial = {
  readonly start: Temporal.Instant;
  readonly end: Temporal.Instant;
};

/** What becomes of a subscription when its trial is over. */
type TrialSettings = {
  readonly missingPaymentMethod: 'cancel' | 'create_invoice' | 'pause';
  /** Null: unchanged, and nobody said so. */
  readonly billingCycleAnchor: 'now' | 'unchanged' | null;
};

/** What becomes of the invoices that a subscription makes meanwhile; null: until somebody resumes. */
type PauseCollection = {
  readonly behavior: 'keep_as_draft' | 'mark_uncollectible' | 'void';
  readonly resumesAt: Temporal.Instant | null;
};

/** Set exactly while the status is `paused`. */
type Pause = {
  readonly at: Temporal.Instant;
  readonly reason:
    | 'final_payment_failure'
    | 'first_payment_failure'
    | 'pause_requested'
    | 'system'
    | 'trial_end_without_payment_method';
};

/** The open invoice that a paused subscription resumes with. */
type Resumption = {
  readonly invoiceId: string;
  /** When it is given up, if the pause has not ended until then. */
  readonly expiresAt: Temporal.Instant;
  /** What ends the pause: an attempt to pay it, or that it is paid. */
  readonly waitsFor: 'attempt' | 'success';
  /** Null for what was resumed before this was kept. */
  readonly before: BeforeResume | null;
};

/** When a subscription was billed until it was to be resumed, which counts again where its invoice is void. */
export type BeforeResume = {
  readonly anchorConfig: AnchorConfig | null;
  readonly billingCycleAnchor: Temporal.Instant;
  readonly cancelAt: Temporal.Instant | null;
  readonly freeUntil: Temporal.Instant | null;
  readonly items: readonly Pick<SubscriptionItem, 'id' | 'currentPeriod' | 'usageStartAt' | 'billedUsage'>[];
};

/** An invoice is made before the period ends when so much is owed, in minor units. */
type Thresholds = {
  readonly amount: bigint | null;
  readonly resetsAnchor: boolean | null;
};

/** A change that is made once its invoice is paid, and given up where it is not. */
export type PendingUpdate = {
  readonly invoiceId: string;
  /** When it was asked for, and counts from. */
  readonly madeAt: Temporal.Instant;
  readonly expiresAt: Temporal.Instant;
  /** False: its payment is being tried for the first time, and nobody knows of it yet. */
  readonly isTold: boolean;
  /** All that the subscription will have, in their periods. */
  readonly items: readonly SubscriptionItem[];
  readonly billingCycleAnchor: Temporal.Instant;
  readonly anchorConfig: AnchorConfig | null;
  readonly trial: Trial | null;
  readonly trialNoticeAt: Temporal.Instant | null;
  readonly freeUntil: Temporal.Instant | null;
  /** Null: it stays what it is. */
  readonly status: SubscriptionStatus | null;
  readonly ending:
    | (Pick<Subscription, 'cancelAt' | 'cancelAtPeriodEnd' | 'canceledAt'> & Pick<Cancellation, 'reason'>)
    | null;
  /** Keys to set, or to delete where null. */
  readonly metadata: Readonly<Record<string, string | null>> | null;
  /** Of discounts that its invoice uses up. */
  readonly endedDiscountIds: readonly string[];
  /** What of it the request asked for, and is told. */
  readonly asked: {
    readonly items: boolean;
    readonly anchor: boolean;
    readonly trialEnd: boolean;
    readonly ending: boolean;
  };
};

export type Subscription = {
  readonly id: string;
  readonly customerId: string;
  readonly status: SubscriptionStatus;
  readonly billingMode: 'classic' | 'flexible';
  /** Flexible only: whether the amounts of prorations are told with discounts taken off. */
  readonly prorationDiscounts: 'included' | 'itemized';
  /** When it became flexible, if it was made classic. */
  readonly billingModeUpdatedAt: Temporal.Instant | null;
  readonly collectionMethod: 'charge_automatically' | 'send_invoice';
  /** Set exactly when invoices are sent. */
  readonly daysUntilDue: number | null;
  /** Attached to the customer; what its invoices are charged to, before what the customer pays with. */
  readonly defaultPaymentMethodId: string | null;
  /** The types of methods that may pay its invoices; null: all that can. */
  readonly paymentMethodTypes: readonly string[] | null;
  /** `on_subscription`: what pays one of its invoices becomes its default. */
  readonly saveDefaultPaymentMethod: 'off' | 'on_subscription';
  readonly currency: string;
  readonly description: string | null;
  readonly invoiceSettings: InvoiceSettings;
  /** Of the discounts that it has now, in the order in which they apply. */
  readonly discountIds: readonly string[];
  /** Of items that have none of their own. */
  readonly defaultTaxRates: readonly TaxRate[];
  readonly metadata: Metadata;
  /** Every period of every item is counted from here. */
  readonly billingCycleAnchor: Temporal.Instant;
  readonly anchorConfig: AnchorConfig | null;
  readonly thresholds: Thresholds | null;
  /** The latest, over or not. */
  readonly trial: Trial | null;
  readonly trialSettings: TrialSettings;
  /** When it is to be told that the trial will end; null: it was, or there is nothing to tell. */
  readonly trialNoticeAt: Temporal.Instant | null;
  /** Licensed items are not charged for periods that start before this. */
  readonly freeUntil: Temporal.Instant | null;
  readonly pauseCollection: PauseCollection | null;
  readonly pause: Pause | null;
  /** Set only while it is paused. */
  readonly resumption: Resumption | null;
  /** How often what is pending is invoiced between renewals; null: not at all. */
  readonly pendingItemInterval: Recurrence | null;
  readonly pendingItemsDueAt: Temporal.Instant | null;
  readonly pendingUpdate: PendingUpdate | null;
  /** Of the current period it was told that its invoice is coming, where this is its end. */
  readonly upcomingToldFor: Temporal.Instant | null;
  /** The schedule that it follows. */
  readonly scheduleId: string | null;
  readonly startedAt: Temporal.Instant;
  /** When it is to end. */
  readonly cancelAt: Temporal.Instant | null;
  readonly cancelAtPeriodEnd: boolean;
  /** When it was canceled, or when somebody asked that it be at a later time. */
  readonly canceledAt: Temporal.Instant | null;
  readonly endedAt: Temporal.Instant | null;
  readonly cancellation: Cancellation;
  readonly latestInvoiceId: string | null;
  /** The customer's: the clock that it lives on, or null for wall time. */
  readonly testClockId: string | null;
  readonly createdAt: Temporal.Instant;
  /** 1 to 20, oldest first. */
  readonly items: readonly SubscriptionItem[];
};

export type SubscriptionItem = {
  readonly id: string;
  readonly subscriptionId: string;
  /** Recurring. */
  readonly price: Price;
  /** Null for a metered price, whose quantity is the usage. */
  readonly quantity: bigint | null;
  readonly taxRates: readonly TaxRate[];
  /** As of a subscription; on the lines of this item alone, before those of the invoice. */
  readonly discountIds: readonly string[];
  readonly metadata: Metadata;
  readonly currentPeriod: Period;
  /** An invoice is made before the period ends when so much was used. */
  readonly thresholdUsage: bigint | null;
  /** Usage of the current period before this is not the item's: it came later, or took another price. Null: from its start. */
  readonly usageStartAt: Temporal.Instant | null;
  /** Of the usage of the current period, what earlier invoices have billed already. */
  readonly billedUsage: Decimal;
  readonly createdAt: Temporal.Instant;
};

/** What a subscription and an item have of these fields when nobody asks for anything. */
export const PLAIN_SUBSCRIPTION = {
  prorationDiscounts: 'included',
  billingModeUpdatedAt: null,
  anchorConfig: null,
  thresholds: null,
  trial: null,
  trialSettings: { missingPaymentMethod: 'create_invoice', billingCycleAnchor: null },
  trialNoticeAt: null,
  freeUntil: null,
  pauseCollection: null,
  pause: null,
  resumption: null,
  pendingItemInterval: null,
  pendingItemsDueAt: null,
  pendingUpdate: null,
  upcomingToldFor: null,
  scheduleId: null,
  invoiceSettings: NO_INVOICE_SETTINGS,
  cancelAt: null,
  cancelAtPeriodEnd: false,
  canceledAt: null,
  endedAt: null,
  cancellation: { reason: null, comment: null, feedback: null },
  latestInvoiceId: null,
} as const satisfies Partial<Subscription>;

export const PLAIN_ITEM = {
  discountIds: [],
  thresholdUsage: null,
  usageStartAt: null,
  billedUsage: ZERO,
} as const satisfies Partial<SubscriptionItem>;

/** Final: afterwards only metadata and cancellation details change. */
export function hasEnded({ status }: Pick<Subscription, 'status'>): boolean {
  return status === 'canceled' || status === 'incomplete_expired';
}

export function isMetered(price: Price): boolean {
  return price.recurring?.usageType === 'metered';
}
