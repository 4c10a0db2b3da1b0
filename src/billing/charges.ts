import assert from 'node:assert/strict';
import { recurrenceOf } from '../catalog/price.ts';
import type { Product } from '../catalog/product.ts';
import type { Customer } from '../customers/customer.ts';
import { type Charge, draftInvoice, type InvoiceDraft, type Terms } from '../invoices/draft.ts';
import { type Decimal, decimal, ZERO } from '../money/decimal.ts';
import type { Subscription, SubscriptionItem } from '../subscriptions/subscription.ts';
import { type Period, periodAfter } from '../time/period.ts';

/** What an invoice of a subscription is computed from. */
export type Facts = {
  readonly customer: Customer;
  readonly subscription: Subscription;
  /** The products of all its prices, by id. */
  readonly products: ReadonlyMap<string, Product>;
};

/**
 * The invoice that a subscription starts with, or undefined where it starts with none. Licensed items bill the period
 * that begins. Metered ones have nothing to bill yet: on classic subscriptions they announce themselves by a line of
 * zero, on flexible ones they are left out.
 */
export function firstInvoice({ customer, subscription, products }: Facts): InvoiceDraft | undefined {
  const { billingMode, startedAt } = subscription;
  // The period that a metered line looks back on is empty, so that what was used in the same second is not claimed.
  const nothingYet = { start: startedAt, end: startedAt };
  const charges = newestFirst(subscription.items).flatMap((item) => {
    const { quantity, currentPeriod: period } = item;
    if (quantity !== null) {
      return [chargeFor(item, products, { quantity: decimal(quantity), period, announcesOnly: false })];
    }
    if (billingMode === 'flexible') return [];
    return [chargeFor(item, products, { quantity: ZERO, period: nothingYet, announcesOnly: true })];
  });
  if (charges.length === 0) return undefined;
  const timing = { billingReason: 'subscription_create', period: nothingYet, createdAt: startedAt } as const;
  return draftInvoice({ ...termsOf(customer, subscription), ...timing }, charges);
}

/**
 * The invoice that falls due at the earliest end of an item's period, for all items that end then: metered ones bill
 * the usage of the period that ends, licensed ones the period that follows. `usage` is by item id.
 */
export function upcomingInvoice(
  { customer, subscription, products }: Facts,
  usage: ReadonlyMap<string, Decimal>,
): InvoiceDraft {
  const charges = newestFirst(itemsEndingNext(subscription)).map((item) => {
    const isLicensed = item.quantity !== null;
    const quantity = isLicensed ? decimal(item.quantity) : usage.get(item.id);
    assert(quantity !== undefined, `the usage of ${item.id} was not looked up`);
    const period = isLicensed ? nextPeriod(subscription, item) : item.currentPeriod;
    return chargeFor(item, products, { quantity, period, announcesOnly: false });
  });
  const period = currentPeriod(subscription);
  const timing = { billingReason: 'upcoming', period, createdAt: period.end } as const;
  return draftInvoice({ ...termsOf(customer, subscription), ...timing }, charges);
}

/** The items whose period ends first: those that the next invoice bills. */
export function itemsEndingNext(subscription: Subscription): SubscriptionItem[] {
  const { end } = currentPeriod(subscription);
  return subscription.items.filter((item) => item.currentPeriod.end.equals(end));
}

/** The subscription as a whole runs from the latest start of its items to their earliest end. */
function currentPeriod({ items }: Subscription): Period {
  const periods = items.map((item) => item.currentPeriod);
  const start = periods
    .map((period) => period.start)
    .sort(Temporal.Instant.compare)
    .at(-1);
  const end = periods.map((period) => period.end).sort(Temporal.Instant.compare)[0];
  assert(start !== undefined && end !== undefined, 'a subscription has at least one item');
  return { start, end };
}

function nextPeriod({ billingCycleAnchor }: Subscription, { price, currentPeriod: current }: SubscriptionItem): Period {
  const recurrence = recurrenceOf(price);
  assert(recurrence !== null, `the price ${price.id} is not recurring`);
  return periodAfter(billingCycleAnchor, recurrence, current);
}

/** The order of an invoice's lines. Items of one request are told apart by their ids, which ascend. */
function newestFirst(items: readonly SubscriptionItem[]): SubscriptionItem[] {
  return items.toReversed();
}

type Owed = Pick<Charge, 'quantity' | 'period' | 'announcesOnly'>;

function chargeFor({ id, price }: SubscriptionItem, products: Facts['products'], owed: Owed): Charge {
  const product = products.get(price.productId);
  assert(product !== undefined, `the product of the price ${price.id} was not looked up`);
  return { subscriptionItemId: id, price, product, ...owed };
}

function termsOf(
  customer: Customer,
  subscription: Subscription,
): Omit<Terms, 'billingReason' | 'period' | 'createdAt'> {
  return {
    customer,
    subscriptionId: subscription.id,
    subscriptionMetadata: subscription.metadata,
    collectionMethod: subscription.collectionMethod,
    daysUntilDue: subscription.daysUntilDue,
    currency: subscription.currency,
  };
}
