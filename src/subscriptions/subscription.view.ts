import { viewPlan, viewPrice } from '../catalog/price.view.ts';
import { viewTaxRate } from '../catalog/tax_rate.view.ts';
import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import { listView } from '../stripe/lists.ts';
import { toUnix } from '../time/instant.ts';
import { toldAnchor } from './ending.ts';
import { findSubscriptions } from './subscription.sql.ts';
import type { Subscription, SubscriptionItem } from './subscription.ts';

/** The wire shape of a subscription, with all its items: there are at most 20. */
export function viewSubscription(context: Context, subscription: Subscription) {
  const { id } = subscription;
  const items = subscription.items.map((item) => viewItem(context, item));
  return {
    id,
    object: 'subscription',
    ...viewBilling(subscription),
    ...viewCancellation(subscription),
    ...viewPayment(context, subscription),
    application: null,
    application_fee_percent: null,
    created: toUnix(subscription.createdAt),
    currency: subscription.currency,
    customer: subscription.customerId,
    customer_account: null,
    description: subscription.description,
    discounts: subscription.discountIds,
    items: listView(`/v1/subscription_items?subscription=${id}`, items, false),
    latest_invoice: subscription.latestInvoiceId,
    livemode: context.account.livemode,
    managed_payments: null,
    metadata: subscription.metadata,
    on_behalf_of: null,
    pending_update: viewPendingUpdate(context, subscription),
    schedule: subscription.scheduleId,
    start_date: toUnix(subscription.startedAt),
    ...viewStatus(subscription),
    ...viewPendingItems(subscription),
    test_clock: subscription.testClockId,
    transfer_data: null,
    ...viewTrial(subscription),
  };
}

/** What of a change is asked for, and when it is given up. Discounts can't be part of one. */
function viewPendingUpdate(context: Context, { pendingUpdate: update }: Subscription) {
  if (update === null) return null;
  const { asked, ending, metadata, trial } = update;
  return {
    billing_cycle_anchor: asked.anchor ? toUnix(update.billingCycleAnchor) : null,
    cancel_at_period_end: asked.ending ? (ending?.cancelAtPeriodEnd ?? false) : null,
    discount: null,
    discounts: null,
    expires_at: toUnix(update.expiresAt),
    metadata: metadata && Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, value ?? ''])),
    subscription_items: asked.items ? update.items.map((item) => viewItem(context, item)) : null,
    trial_end: asked.trialEnd && trial !== null ? toUnix(trial.end) : null,
    trial_from_plan: null,
  };
}

/** Only a paused subscription has details of its status. */
function viewStatus({ status, pause }: Subscription) {
  if (status !== 'paused' || pause === null) return { status };
  const paused = { subscription: { type: pause.reason }, transitioned_at: toUnix(pause.at), type: 'subscription' };
  return { status, status_details: { paused } };
}

function viewPendingItems({ pendingItemInterval, pendingItemsDueAt }: Subscription) {
  return {
    next_pending_invoice_item_invoice: pendingItemsDueAt && toUnix(pendingItemsDueAt),
    pending_invoice_item_interval: pendingItemInterval && {
      interval: pendingItemInterval.interval,
      interval_count: pendingItemInterval.intervalCount,
    },
  };
}

function viewTrial({ trial, trialSettings: { billingCycleAnchor, missingPaymentMethod } }: Subscription) {
  return {
    trial_end: trial && toUnix(trial.end),
    trial_settings: {
      end_behavior: { billing_cycle_anchor: billingCycleAnchor, missing_payment_method: missingPaymentMethod },
    },
    trial_start: trial && toUnix(trial.start),
  };
}

function viewBilling(subscription: Subscription) {
  const { billingMode, billingModeUpdatedAt: updatedAt, thresholds } = subscription;
  const { anchorConfig: config, billingCycleAnchor } = toldAnchor(subscription);
  return {
    billing_cycle_anchor: toUnix(billingCycleAnchor),
    billing_cycle_anchor_config: config && {
      day_of_month: config.dayOfMonth,
      hour: config.hour,
      minute: config.minute,
      month: config.month,
      second: config.second,
    },
    billing_mode: {
      flexible: billingMode === 'flexible' ? { proration_discounts: subscription.prorationDiscounts } : null,
      type: billingMode,
      ...(updatedAt === null ? {} : { updated_at: toUnix(updatedAt) }),
    },
    billing_schedules: [],
    billing_thresholds: thresholds && {
      amount_gte: thresholds.amount,
      reset_billing_cycle_anchor: thresholds.resetsAnchor,
    },
  };
}

function viewCancellation({ cancelAt, cancelAtPeriodEnd, canceledAt, endedAt, cancellation }: Subscription) {
  return {
    cancel_at: cancelAt && toUnix(cancelAt),
    cancel_at_period_end: cancelAtPeriodEnd,
    canceled_at: canceledAt && toUnix(canceledAt),
    cancellation_details: {
      comment: cancellation.comment,
      feedback: cancellation.feedback,
      feedback_option: null,
      reason: cancellation.reason,
    },
    ended_at: endedAt && toUnix(endedAt),
  };
}

function viewPayment(context: Context, subscription: Subscription) {
  const { pauseCollection } = subscription;
  return {
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    collection_method: subscription.collectionMethod,
    days_until_due: subscription.daysUntilDue,
    default_payment_method: subscription.defaultPaymentMethodId,
    default_source: null,
    default_tax_rates: subscription.defaultTaxRates.map((rate) => viewTaxRate(context, rate)),
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: subscription.invoiceSettings.customFields,
      description: subscription.invoiceSettings.description,
      footer: subscription.invoiceSettings.footer,
      issuer: { type: 'self' },
    },
    pause_collection: pauseCollection && {
      behavior: pauseCollection.behavior,
      resumes_at: pauseCollection.resumesAt && toUnix(pauseCollection.resumesAt),
    },
    payment_settings: {
      payment_method_options: null,
      payment_method_types: subscription.paymentMethodTypes,
      save_default_payment_method: subscription.saveDefaultPaymentMethod,
    },
    pending_setup_intent: null,
  };
}

/** The wire shape of an item. A metered one has no `quantity`: its quantity is the usage. */
export function viewItem(context: Context, item: SubscriptionItem) {
  return {
    id: item.id,
    object: 'subscription_item',
    billing_thresholds: item.thresholdUsage === null ? null : { usage_gte: item.thresholdUsage },
    created: toUnix(item.createdAt),
    current_period_end: toUnix(item.currentPeriod.end),
    current_period_start: toUnix(item.currentPeriod.start),
    current_trial: null,
    discounts: item.discountIds,
    metadata: item.metadata,
    plan: viewPlan(context, item.price),
    price: viewPrice(context, item.price),
    ...(item.quantity === null ? {} : { quantity: item.quantity }),
    subscription: item.subscriptionId,
    tax_rates: item.taxRates.map((rate) => viewTaxRate(context, rate)),
  };
}

/** What remains of an item that was taken from its subscription. */
export function viewDeletedItem(id: string) {
  return { id, object: 'subscription_item', deleted: true };
}

export const subscriptionExpandable: Expandable = {
  fields: {
    application: NOTHING,
    cancellation_details: { hash: { feedback_option: NOTHING } },
    customer: { id: 'customer' },
    default_payment_method: { id: 'payment_method' },
    default_source: NOTHING,
    discounts: { id: 'discount' },
    items: { list: 'subscription_item' },
    latest_invoice: { id: 'invoice' },
    on_behalf_of: NOTHING,
    pending_setup_intent: NOTHING,
    schedule: { id: 'subscription_schedule' },
    test_clock: { id: 'test_helpers.test_clock' },
  },
  async load(context, ids) {
    const subscriptions = await findSubscriptions(context, ids);
    return new Map(subscriptions.map((subscription) => [subscription.id, viewSubscription(context, subscription)]));
  },
};

export const subscriptionItemExpandable: Expandable = {
  fields: { discounts: { id: 'discount' }, plan: { embedded: 'plan' }, price: { embedded: 'price' } },
};
