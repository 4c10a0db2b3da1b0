import { findPrices } from '../catalog/price.sql.ts';
import { requireTaxRates } from '../catalog/write_tax_rate.ts';
import { findProducts } from '../catalog/product.sql.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import type { Product } from '../catalog/product.ts';
import type { Customer } from '../customers/customer.ts';
import { recordEvent } from '../events/record.ts';
import { MAX_SUBSCRIPTIONS_PER_CUSTOMER } from '../limits.ts';
import { checkDefaultMethod } from '../payments/default_method.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { begin, type Beginning, endsSoon, firstPeriod, usageStart } from './begin.ts';
import { changePaymentSettings, NO_PAYMENT_SETTINGS } from './payment_settings.ts';
import { scheduleWork } from './due.ts';
import { withEnding } from './ending.ts';
import { changeInvoiceSettings, NO_INVOICE_SETTINGS } from './invoice_settings.ts';
import { withPendingInterval } from './pending_interval.ts';
import { recurrenceIn } from './periods.ts';
import {
  checkCollection,
  checkIntervals,
  checkTaxBehavior,
  chooseCurrency,
  chooseMode,
  type PricedItem,
  priceItems,
} from './rules.ts';
import { findScheduledIds } from './schedule.sql.ts';
import { checkThresholds, requireThreshold, usageThreshold, withThresholds } from './thresholds.ts';
import type { PricedSubscriptionParams } from './subscription.params.ts';
import { countActive, insertSubscription } from './subscription.sql.ts';
import { isMetered, PLAIN_ITEM, PLAIN_SUBSCRIPTION, type Subscription, type SubscriptionItem } from './subscription.ts';
import { viewSubscription } from './subscription.view.ts';

/** A subscription that has been checked but not stored, with what its first invoice needs. */
export type PreparedSubscription = {
  readonly customer: Customer;
  readonly subscription: Subscription;
  readonly products: ReadonlyMap<string, Product>;
};

/**
 * Checks a request for a subscription against customer, prices and products, and makes the subscription of it without
 * writing anything. The customer must be locked, so that neither the limit of subscriptions nor the currency can be
 * passed by two requests at once. What is scheduled was judged when it was planned: prices may have been archived since.
 * `ownPrices` are those that the request brought along.
 */
export async function prepareSubscription(
  context: Context,
  customer: Customer,
  params: PricedSubscriptionParams,
  { isScheduled = false, ownPrices }: { isScheduled?: boolean; ownPrices?: ReadonlySet<string> } = {},
): Promise<PreparedSubscription> {
  const found = await findPrices(context, [...new Set(params.items.map((item) => item.price))]);
  const listed = await findProducts(context, [...new Set(found.map((price) => price.productId))]);
  const products = new Map(listed.map((product) => [product.id, product]));
  const priced = new Map(found.map((price) => [price.id, price]));
  const items = priceItems(params.items, priced, products, (price) => isScheduled || ownPrices?.has(price) === true);
  const prices = items.map((item) => item.price);
  const billingMode = chooseMode(params.billing_mode);
  checkIntervals(billingMode, prices);
  const currency = chooseCurrency(params.currency, customer, prices);
  if (!isScheduled) {
    checkCollection(params, customer);
    await checkRoom(context, customer);
  }
  await checkDefaultMethod(context, customer.id, params.default_payment_method ?? null);
  const id = newId('subscription');
  const beginning = begin(params, items.map(recurrenceIn), context.now);
  const defaultTaxRates = await requireTaxRates(context, params.default_tax_rates ?? [], 'default_tax_rates');
  const withRates: TaxedItem[] = [];
  for (const [index, item] of items.entries()) {
    const taxRates = await requireTaxRates(context, item.params.tax_rates ?? [], `items[${index}][tax_rates]`);
    withRates.push({ ...item, taxRates });
  }
  const subscription: Subscription = {
    ...PLAIN_SUBSCRIPTION,
    id,
    ...beginning,
    customerId: customer.id,
    billingMode,
    collectionMethod: params.collection_method ?? 'charge_automatically',
    daysUntilDue: params.days_until_due ?? null,
    defaultPaymentMethodId: params.default_payment_method ?? null,
    ...changePaymentSettings(NO_PAYMENT_SETTINGS, params.payment_settings, currency),
    currency,
    description: params.description ?? null,
    invoiceSettings: changeInvoiceSettings(NO_INVOICE_SETTINGS, params.invoice_settings),
    discountIds: [],
    defaultTaxRates,
    metadata: changeMetadata({}, params.metadata),
    testClockId: customer.testClockId,
    createdAt: context.now,
    items: withRates.map((item, place) => newItem(id, item, { ...beginning, billingMode, now: context.now }, place)),
  };
  checkTaxBehavior(subscription);
  const ending = withEnding(subscription, params, context.now);
  const watched = withThresholds(ending, params.billing_thresholds);
  requireThreshold(params.billing_thresholds, watched.items);
  checkThresholds(watched);
  const pending = withPendingInterval(watched, params.pending_invoice_item_interval, context.now);
  return { customer, subscription: pending, products };
}

type TaxedItem = PricedItem & { readonly taxRates: readonly TaxRate[] };

type Times = Beginning & Pick<Subscription, 'billingMode'> & { readonly now: Temporal.Instant };

function newItem(
  subscriptionId: string,
  { params, price, taxRates }: TaxedItem,
  times: Times,
  place: number,
): SubscriptionItem {
  const currentPeriod = firstPeriod(times, recurrenceIn({ price }), times.now);
  return {
    ...PLAIN_ITEM,
    id: newId('subscriptionItem'),
    subscriptionId,
    price,
    quantity: isMetered(price) ? null : (params.quantity ?? 1n),
    taxRates,
    thresholdUsage: usageThreshold(price, params.billing_thresholds, null, `items[${place}][billing_thresholds]`),
    metadata: changeMetadata({}, params.metadata),
    currentPeriod,
    usageStartAt: isMetered(price) ? usageStart(times, currentPeriod) : null,
    createdAt: times.now,
  };
}

/** Throws where a locked customer has as many subscriptions, or schedules of some to come, as one can have. */
export async function checkRoom(context: Context, customer: Customer): Promise<void> {
  const scheduled = (await findScheduledIds(context, customer.id)).length;
  const current = (await countActive(context, customer.id)) + BigInt(scheduled);
  if (current < BigInt(MAX_SUBSCRIPTIONS_PER_CUSTOMER)) return;
  throw invalidRequest(
    `Customer ${customer.id} already has the maximum ${MAX_SUBSCRIPTIONS_PER_CUSTOMER} current subscriptions.`,
    'customer',
    'customer_max_subscriptions',
  );
}

/** Stores a prepared subscription and tells `customer.subscription.created`, and that a trial ends where that is near. */
export async function storeSubscription(context: Context, subscription: Subscription): Promise<void> {
  await insertSubscription(context, subscription);
  await scheduleWork(context, [{ before: null, after: subscription }]);
  const view = viewSubscription(context, subscription);
  await recordEvent(context, 'customer.subscription.created', view);
  if (endsSoon(subscription)) await recordEvent(context, 'customer.subscription.trial_will_end', view);
}
