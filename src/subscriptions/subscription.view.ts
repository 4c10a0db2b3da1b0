import { viewPlan, viewPrice } from '../catalog/price.view.ts';
import { viewTaxRate } from '../catalog/tax_rate.view.ts';
import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import { listView } from '../stripe/lists.ts';
import { toUnix } from '../time/instant.ts';
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
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pending_invoice_item_interval: null,
    pending_update: null,
    schedule: null,
    start_date: toUnix(subscription.startedAt),
    status: subscription.status,
    test_clock: subscription.testClockId,
    transfer_data: null,
    trial_end: null,
    trial_settings: null,
    trial_start: null,
  };
}

function viewBilling({ billingCycleAnchor, billingMode }: Subscription) {
  return {
    billing_cycle_anchor: toUnix(billingCycleAnchor),
    billing_cycle_anchor_config: null,
    billing_mode: {
      flexible: billingMode === 'flexible' ? { proration_discounts: 'included' } : null,
      type: billingMode,
    },
    billing_schedules: [],
    billing_thresholds: null,
  };
}

function viewCancellation({ canceledAt, endedAt, cancellation }: Subscription) {
  return {
    cancel_at: null,
    cancel_at_period_end: false,
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
  return {
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    collection_method: subscription.collectionMethod,
    days_until_due: subscription.daysUntilDue,
    default_payment_method: subscription.defaultPaymentMethodId,
    default_source: null,
    default_tax_rates: subscription.defaultTaxRates.map((rate) => viewTaxRate(context, rate)),
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    pause_collection: null,
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
    billing_thresholds: null,
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
    schedule: NOTHING,
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
