import assert from 'node:assert/strict';
import type { Product } from '../catalog/product.ts';
import type { Customer } from '../customers/customer.ts';
import { type Charge, draftInvoice, type InvoiceDraft, type Terms } from '../invoices/draft.ts';
import type { BillingReason } from '../invoices/invoice.ts';
import type { TaxFacts } from '../invoices/tax_facts.sql.ts';
import { termsOfRates } from '../invoices/tax.ts';
import { type Decimal, decimal, ZERO } from '../money/decimal.ts';
import {
  currentPeriod,
  endsWithPeriod,
  itemsEndingNext,
  nextPeriod,
  periodsFrom,
  usagePeriod,
  wholePeriodFrom,
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
 * that begins, and those before it of a subscription that is backdated. Metered ones have nothing to bill yet, but for
 * such earlier periods (`pastUsage`, by `pastKey`): on classic subscriptions they announce themselves by a line of zero, on
 * flexible ones they are left out. A trial has the same lines, which cost nothing.
 */
export function firstInvoice(
  facts: Facts,
  pastUsage: ReadonlyMap<string, Decimal> = new Map(),
): InvoiceDraft | undefined {
  const { subscription, products } = facts;
  const { startedAt, createdAt, freeUntil } = subscription;
  // What is free until the billing cycle starts has no invoice at all, not even one of zero.
  if (freeUntil !== null && Temporal.Instant.compare(createdAt, freeUntil) < 0 && subscription.trial === null) {
    return undefined;
  }
  const charges = newestFirst(subscription.items).flatMap((item) => {
    if (item.quantity !== null) return licensedFrom(startedAt, item, facts);
    return [
      ...pastPeriods(subscription, item).map((period) => {
        const quantity = pastUsage.get(pastKey(item, period));
        assert(quantity !== undefined, `the past usage of ${item.id} was not looked up`);
        return chargeFor(item, products, { quantity, period, announcesOnly: false });
      }),
      ...announced(item, facts),
    ];
  });
  return charges.length === 0 ? undefined : startedBy(facts, charges);
}

/** The first invoice of a subscription that charges nothing of its own, for what is charged once with it. */
export function emptyFirstInvoice(facts: Facts): InvoiceDraft {
  return startedBy(facts, []);
}

function startedBy(facts: Facts, charges: readonly Charge[]): InvoiceDraft {
  const { createdAt } = facts.subscription;
  const nothingYet = { start: createdAt, end: createdAt };
  const timing = { billingReason: 'subscription_create', period: nothingYet, createdAt } as const;
  return draftInvoice({ ...termsOf(facts), ...timing }, charges);
}

/** What the current periods of a subscription are charged in advance. */
export function chargesOfCurrent(facts: Facts): Charge[] {
  return newestFirst(facts.subscription.items).flatMap((item) =>
    item.quantity === null ? [] : chargesInAdvance(facts, item, item.currentPeriod),
  );
}

/** The periods before its first one whose usage a metered item bills with the first invoice. */
export function pastPeriods(subscription: Subscription, item: SubscriptionItem): Period[] {
  const { billingMode, startedAt, freeUntil } = subscription;
  if (item.quantity !== null || billingMode === 'classic' || freeUntil !== null) return [];
  return periodsFrom(subscription, item, startedAt).slice(0, -1);
}

/** What the usage of such a period is looked up by. */
export function pastKey({ id }: Pick<SubscriptionItem, 'id'>, { start }: Period): string {
  return `${id} ${start.epochMilliseconds}`;
}

/** The charges of a licensed item for its current period and for those before it, from a time on. */
function licensedFrom(start: Temporal.Instant, item: SubscriptionItem, { subscription, products }: Facts): Charge[] {
  return periodsFrom(subscription, item, start).flatMap((period) => {
    return chargesInAdvance({ subscription, products }, item, period);
  });
}

/** A classic subscription announces its metered items, for an empty period: what was used in that second is not claimed. */
function announced(item: SubscriptionItem, { subscription, products }: Facts): Charge[] {
  const { billingMode, createdAt, status } = subscription;
  if (billingMode === 'flexible') return [];
  const owed = { quantity: ZERO, period: { start: createdAt, end: createdAt }, announcesOnly: true };
  const charge = chargeFor(item, products, owed);
  return [status === 'trialing' ? { ...charge, freeTrial: billingMode } : charge];
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
  billingReason: BillingReason = 'subscription_cycle',
): InvoiceDraft {
  return periodInvoice(facts, usage, { billingReason, createdAt });
}

/** An invoice of the usage of some items alone, in the periods that they are in. */
export function usageInvoice(
  facts: Facts,
  items: readonly SubscriptionItem[],
  usage: ReadonlyMap<string, Decimal>,
  timing: Pick<Terms, 'billingReason' | 'period' | 'createdAt'>,
): InvoiceDraft {
  const charges = newestFirst(items).map((item) => usageCharge(facts, item, usage.get(item.id)));
  return draftInvoice({ ...termsOf(facts), ...timing }, charges);
}

/** An invoice of a subscription that charges nothing of its own, for what is pending. */
export function chargelessInvoice(
  facts: Facts,
  timing: Pick<Terms, 'billingReason' | 'period' | 'createdAt'>,
): InvoiceDraft {
  return draftInvoice({ ...termsOf(facts), ...timing }, []);
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
  const { subscription } = facts;
  const charges = newestFirst(itemsEndingNext(subscription)).flatMap((item) => {
    if (item.quantity === null) return [usageCharge(facts, item, usage.get(item.id))];
    return endsWithPeriod(subscription) ? [] : chargesInAdvance(facts, item, nextPeriod(subscription, item));
  });
  return draftInvoice({ ...termsOf(facts), ...timing, period: currentPeriod(subscription) }, charges);
}

/** What a metered item is charged for the usage of the period that ends: nothing, where that was a trial. */
function usageCharge({ subscription, products }: Facts, item: SubscriptionItem, quantity: Decimal | undefined): Charge {
  assert(quantity !== undefined, `the usage of ${item.id} was not looked up`);
  const charge = chargeFor(item, products, { quantity, period: usagePeriod(item), announcesOnly: false });
  return subscription.status === 'trialing' ? { ...charge, freeTrial: subscription.billingMode } : charge;
}

/** What a licensed item is charged for a period that starts: nothing in a trial, and none before its billing starts. */
function chargesInAdvance(
  facts: Pick<Facts, 'subscription' | 'products'>,
  item: SubscriptionItem,
  period: Period,
): Charge[] {
  const { billingMode, freeUntil, trial } = facts.subscription;
  const charge = licensedCharge(facts, item, period);
  // A trial may be cut short by the end of the subscription.
  if (trial !== null && Temporal.Instant.compare(period.end, trial.end) <= 0) {
    return [{ ...charge, wholePeriod: null, freeTrial: billingMode }];
  }
  return freeUntil !== null && Temporal.Instant.compare(period.start, freeUntil) < 0 ? [] : [charge];
}

/** What is licensed for a period: of one that is cut short a share. */
export function licensedCharge(
  { subscription, products }: Pick<Facts, 'subscription' | 'products'>,
  item: SubscriptionItem,
  period: Period,
): Charge {
  assert(item.quantity !== null, `the item ${item.id} is metered`);
  const whole = wholePeriodFrom(subscription, item, period);
  const owed = { quantity: decimal(item.quantity), period, announcesOnly: false };
  return { ...chargeFor(item, products, owed), wholePeriod: isSamePeriod(whole, period) ? null : whole };
}

/** The order of an invoice's lines. Items of one request are told apart by their ids, which ascend. */
export function newestFirst(items: readonly SubscriptionItem[]): SubscriptionItem[] {
  return items.toReversed();
}

type Owed = Pick<Charge, 'quantity' | 'period' | 'announcesOnly'>;

export function chargeFor(item: SubscriptionItem, products: Facts['products'], owed: Owed): Charge {
  const { id, price, taxRates, billedUsage } = item;
  const product = products.get(price.productId);
  assert(product !== undefined, `the product of the price ${price.id} was not looked up`);
  const billedSoFar = billedUsage.eq(ZERO) ? null : billedUsage;
  return { subscriptionItemId: id, price, product, taxRates: termsOfRates(taxRates), billedSoFar, ...owed };
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
    shown: subscription.invoiceSettings,
    currency: subscription.currency,
    defaultTaxRates: subscription.defaultTaxRates,
    taxFacts,
    draftHours,
  };
}
