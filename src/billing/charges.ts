import assert from 'node:assert/strict';
import type { Product } from '../catalog/product.ts';
import type { Customer } from '../customers/customer.ts';
import { type Charge, draftInvoice, type InvoiceDraft, type Terms } from '../invoices/draft.ts';
import type { TaxFacts } from '../invoices/tax_facts.sql.ts';
import { termsOfRates } from '../invoices/tax.ts';
import { type Decimal, decimal, ZERO } from '../money/decimal.ts';
import {
  currentPeriod,
  endsWithPeriod,
  itemsEndingNext,
  nextPeriod,
  usagePeriod,
  wholePeriod,
} from '../subscriptions/periods.ts';
import type { Subscription, SubscriptionItem } from '../subscriptions/subscription.ts';
import { isSamePeriod, type Period } from '../time/period.ts';

/** What an invoice of a subscription is computed from. */
export type Facts = {
  readonly customer: Customer;
  readonly subscription: Subscription;
  /** The products of all its prices, by id. */
  readonly products: ReadonlyMap<string, Product>;
  readonly taxFacts: TaxFacts;
  /** For how long its drafts stay open. */
  readonly draftHours: number;
};

/**
 * The invoice that a subscription starts with, or undefined where it starts with none. Licensed items bill the period
 * that begins. Metered ones have nothing to bill yet: on classic subscriptions they announce themselves by a line of
 * zero, on flexible ones they are left out.
 */
export function firstInvoice(facts: Facts): InvoiceDraft | undefined {
  const { subscription, products } = facts;
  const { billingMode, startedAt } = subscription;
  // The period that a metered line looks back on is empty, so that what was used in the same second is not claimed.
  const nothingYet = { start: startedAt, end: startedAt };
  const charges = newestFirst(subscription.items).flatMap((item) => {
    if (item.quantity !== null) return [licensedCharge(facts, item, item.currentPeriod)];
    if (billingMode === 'flexible') return [];
    return [chargeFor(item, products, { quantity: ZERO, period: nothingYet, announcesOnly: true })];
  });
  if (charges.length === 0) return undefined;
  const timing = { billingReason: 'subscription_create', period: nothingYet, createdAt: startedAt } as const;
  return draftInvoice({ ...termsOf(facts), ...timing }, charges);
}

/** The next invoice as it would be if the period ended with this usage, by item id. */
export function upcomingInvoice(facts: Facts, usage: ReadonlyMap<string, Decimal>): InvoiceDraft {
  const createdAt = currentPeriod(facts.subscription).end;
  return periodInvoice(facts, usage, { billingReason: 'upcoming', createdAt });
}

/** The invoice of a period that is over, made at `createdAt`. `usage` is by item id. */
export function renewalInvoice(
  facts: Facts,
  usage: ReadonlyMap<string, Decimal>,
  createdAt: Temporal.Instant,
): InvoiceDraft {
  return periodInvoice(facts, usage, { billingReason: 'subscription_cycle', createdAt });
}

/**
 * The invoice that falls due at the earliest end of an item's period, for all items that end then: metered ones bill
 * the usage of the period that ends, licensed ones the period that follows, if there is one.
 */
function periodInvoice(
  facts: Facts,
  usage: ReadonlyMap<string, Decimal>,
  timing: Pick<Terms, 'billingReason' | 'createdAt'>,
): InvoiceDraft {
  const { subscription, products } = facts;
  const charges = newestFirst(itemsEndingNext(subscription)).flatMap((item) => {
    if (item.quantity !== null) {
      return endsWithPeriod(subscription) ? [] : [licensedCharge(facts, item, nextPeriod(subscription, item))];
    }
    const quantity = usage.get(item.id);
    assert(quantity !== undefined, `the usage of ${item.id} was not looked up`);
    return [chargeFor(item, products, { quantity, period: usagePeriod(item), announcesOnly: false })];
  });
  return draftInvoice({ ...termsOf(facts), ...timing, period: currentPeriod(subscription) }, charges);
}

/** What is licensed for a period: of one that is cut short a share. */
export function licensedCharge(
  { subscription, products }: Pick<Facts, 'subscription' | 'products'>,
  item: SubscriptionItem,
  period: Period,
): Charge {
  assert(item.quantity !== null, `the item ${item.id} is metered`);
  const whole = wholePeriod(subscription, item, period);
  const owed = { quantity: decimal(item.quantity), period, announcesOnly: false };
  return { ...chargeFor(item, products, owed), wholePeriod: isSamePeriod(whole, period) ? null : whole };
}

/** The order of an invoice's lines. Items of one request are told apart by their ids, which ascend. */
export function newestFirst(items: readonly SubscriptionItem[]): SubscriptionItem[] {
  return items.toReversed();
}

type Owed = Pick<Charge, 'quantity' | 'period' | 'announcesOnly'>;

export function chargeFor({ id, price, taxRates }: SubscriptionItem, products: Facts['products'], owed: Owed): Charge {
  const product = products.get(price.productId);
  assert(product !== undefined, `the product of the price ${price.id} was not looked up`);
  return { subscriptionItemId: id, price, product, taxRates: termsOfRates(taxRates), ...owed };
}

export function termsOf({
  customer,
  subscription,
  taxFacts,
  draftHours,
}: Facts): Omit<Terms, 'billingReason' | 'period' | 'createdAt'> {
  return {
    customer,
    subscriptionId: subscription.id,
    subscriptionMetadata: subscription.metadata,
    collectionMethod: subscription.collectionMethod,
    daysUntilDue: subscription.daysUntilDue,
    paymentMethodTypes: subscription.paymentMethodTypes,
    currency: subscription.currency,
    defaultTaxRates: subscription.defaultTaxRates,
    taxFacts,
    draftHours,
  };
}
