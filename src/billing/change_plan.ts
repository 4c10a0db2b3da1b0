import assert from 'node:assert/strict';
import { type Debit, openParts, shareOf } from '../invoices/debit.ts';
import { type Charge, rateCharge } from '../invoices/draft.ts';
import type { ProratedOf } from '../invoices/invoice.ts';
import type { InvoiceItem } from '../invoices/invoice_item.ts';
import { type Decimal, decimal, divideDecimal, ZERO } from '../money/decimal.ts';
import { describeProration } from '../rating/describe.ts';
import { prorate } from '../rating/proration.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import { newId } from '../stripe/ids.ts';
import { usagePeriod, wholePeriodFrom } from '../subscriptions/periods.ts';
import { isBeforeBilling, isBilling } from '../subscriptions/settle_periods.ts';
import type { Subscription, SubscriptionItem } from '../subscriptions/subscription.ts';
import { cutShort, later, type Period, without } from '../time/period.ts';
import { NOTHING, type PeriodAmount } from './plan_amounts.ts';
import { goesOnCounting } from './counting.ts';
import { chargeFor, type Facts, licensedCharge, newestFirst } from './charges.ts';
import { type Gained, gainedAnew, gainedByEnd, layersOf, openLayers, type Paid } from './paid_time.ts';

export type ProrationBehavior = 'always_invoice' | 'create_prorations' | 'none';

/** What a change of a subscription comes from. */
export type ChangeFacts = {
  readonly before: Subscription;
  /** In its periods, see `settlePeriods`; without items where it ends. */
  readonly after: Subscription;
  /** Who counts usage from now on, where that is not `after`: as of items that seem to end, and go on in a trial. */
  readonly countedBy?: readonly SubscriptionItem[] | undefined;
  readonly isReset: boolean;
  readonly now: Temporal.Instant;
  /** From when on prorations count. */
  readonly at: Temporal.Instant;
  readonly behavior: ProrationBehavior;
  /** What was debited for its items beyond `at`, oldest first. */
  readonly debits: readonly Debit[];
  /** Of all rates that debits name. */
  readonly taxRates: ReadonlyMap<string, TaxRate>;
  /** What metered items used that leave or are closed with their period, by item id. */
  readonly usage: ReadonlyMap<string, Decimal>;
  /** What licensed items cost for a whole period, by item id. */
  readonly amounts: {
    readonly before: ReadonlyMap<string, PeriodAmount>;
    readonly after: ReadonlyMap<string, PeriodAmount>;
  };
  readonly products: Facts['products'];
};

/** What a change bills: pending invoice items in the order of the lines that they become, and what an invoice charges at once. */
export type ChangePlan = {
  readonly items: readonly InvoiceItem[];
  readonly charges: readonly Charge[];
  readonly isInvoiced: boolean;
};

/**
 * What a change of a subscription bills; pure. Of each licensed item that changes, the unused time is credited and the
 * remaining time debited, to the second. A classic credit is a share of what the item costs now, a flexible one gives back
 * what was debited. Metered items are never prorated: on flexible subscriptions the usage of a price that is left becomes
 * an invoice item, on classic ones it is lost. Where periods start anew a classic subscription bills as at the end of a
 * period, at once; a flexible one has credits and debits of it.
 */
export function planChange(facts: ChangeFacts): ChangePlan {
  const { before, behavior, isReset, now } = facts;
  if (!isBilling(before)) return { items: [], charges: [], isInvoiced: false };
  // What is licensed is free until then, but usage is not.
  if (isBeforeBilling(before, now)) {
    return { items: itemsOf(facts, ({ rests }) => rests), charges: [], isInvoiced: false };
  }
  if (before.billingMode === 'classic' && isReset) {
    const credits = behavior === 'none' ? [] : itemsOf(facts, ({ credits: only }) => only);
    return { items: credits, charges: chargesOfReset(facts), isInvoiced: true };
  }
  const items = itemsOf(facts, ({ rests, credits, debits }) =>
    behavior === 'none' ? (isReset ? rests : []) : [...rests, ...credits, ...debits],
  );
  return { items, charges: [], isInvoiced: isInvoicedAtOnce(facts, items) };
}

/** A flexible subscription whose anchor moves is invoiced at once where its items change and that does not cancel out. */
function isInvoicedAtOnce({ behavior, before, after, isReset }: ChangeFacts, items: readonly InvoiceItem[]): boolean {
  if (items.length === 0 || behavior === 'none') return false;
  if (behavior === 'always_invoice') return true;
  if (!isReset || !hasOtherItems(before, after)) return false;
  return items.reduce((sum, { amount }) => sum + amount, 0n) !== 0n;
}

/** True where a change may bill anything: it concerns prices, quantities or periods. */
export function concernsBilling({
  before,
  after,
  isReset,
}: Pick<ChangeFacts, 'before' | 'after' | 'isReset'>): boolean {
  if (isReset || hasOtherItems(before, after)) return true;
  return after.items.some(({ id, currentPeriod: { end } }) =>
    before.items.some((old) => old.id === id && !old.currentPeriod.end.equals(end)),
  );
}

function hasOtherItems(before: Subscription, after: Subscription): boolean {
  if (before.items.length !== after.items.length) return true;
  return after.items.some((item) => {
    const old = before.items.find(({ id }) => id === item.id);
    return old === undefined || !isAlike(old, item);
  });
}

/** The same price and as many units: what else changes costs nothing. */
function isAlike(old: SubscriptionItem, item: SubscriptionItem): boolean {
  return old.price.id === item.price.id && old.quantity === item.quantity;
}

type Parts = {
  /** Usage of a price that is left. */
  readonly rests: readonly InvoiceItem[];
  readonly credits: readonly InvoiceItem[];
  readonly debits: readonly InvoiceItem[];
};

/** The invoice items of a change, item by item. Lines show the newest first, so the first of them is made last. */
function itemsOf(facts: ChangeFacts, choose: (parts: Parts) => readonly InvoiceItem[]): InvoiceItem[] {
  const { before, after } = facts;
  const added = after.items.filter(({ id }) => before.items.every((old) => old.id !== id));
  const pairs = [
    ...before.items.map((old) => ({ old, item: after.items.find(({ id }) => id === old.id) })),
    ...added.map((item) => ({ old: undefined, item })),
  ];
  const items = pairs.flatMap(({ old, item }) => choose(partsOf(facts, old, item)));
  const ids = items.map(() => newId('invoiceItem')).toReversed();
  return items.map((item, place) => ({ ...item, id: ids[place] ?? item.id }));
}

function partsOf(facts: ChangeFacts, old: SubscriptionItem | undefined, item: SubscriptionItem | undefined): Parts {
  if (old === undefined) return item === undefined ? NO_PARTS : joining(facts, item);
  if (item !== undefined && !facts.isReset && isAlike(old, item)) return withOtherEnd(facts, old, item);
  const { at, isReset, now } = facts;
  return {
    rests: restsOf(facts, old),
    credits: [...creditsOf(facts, old, at), ...(item === undefined ? [] : creditsBeyond(facts, old, item))],
    debits: item === undefined ? [] : debitOf(facts, item, { start: isReset ? now : at, end: endOf(item) }),
  };
}

const NO_PARTS: Parts = { rests: [], credits: [], debits: [] };

/** An item that was not there: one that is resumed may be paid for, and may have changed since. */
function joining(facts: ChangeFacts, item: SubscriptionItem): Parts {
  const span = { start: facts.isReset ? facts.now : facts.at, end: endOf(item) };
  if (item.quantity === null || isEmpty(span)) return NO_PARTS;
  return gained(facts, item, gainedAnew(debitsOf(facts, item), item, span));
}

/** An item whose period alone is cut or grows. */
function withOtherEnd(facts: ChangeFacts, old: SubscriptionItem, item: SubscriptionItem): Parts {
  if (item.quantity === null) return NO_PARTS;
  const span = { start: endOf(old), end: endOf(item) };
  if (isEmpty(span)) return { ...NO_PARTS, credits: creditsOf(facts, old, endOf(item), { isCut: true }) };
  return gained(facts, item, gainedByEnd(debitsOf(facts, item), item, span));
}

function gained(facts: ChangeFacts, item: SubscriptionItem, { again, due, back }: Gained): Parts {
  // A classic subscription is charged as it is credited: by what the item costs now.
  const isClassic = facts.before.billingMode === 'classic';
  const parts = isClassic ? [...again.map(({ part }) => part), ...due] : due;
  return {
    ...NO_PARTS,
    credits: back.flatMap((each) => creditOf(facts, item, each)),
    debits: [
      ...(isClassic ? [] : again.flatMap((each) => debitAgain(facts, item, each))),
      ...parts.flatMap((part) => debitOf(facts, item, part)),
    ],
  };
}

function endOf({ currentPeriod }: SubscriptionItem): Temporal.Instant {
  return currentPeriod.end;
}

function isEmpty({ start, end }: Period): boolean {
  return Temporal.Instant.compare(start, end) >= 0;
}

/** On flexible subscriptions, the usage of a price that an item leaves or closes, as of the time of the change. */
function restsOf(facts: ChangeFacts, old: SubscriptionItem): InvoiceItem[] {
  const { before, products, usage } = facts;
  const period = restPeriod(facts, old);
  if (before.billingMode === 'classic' || period === null) return [];
  const used = usage.get(old.id);
  assert(used !== undefined, `the usage of ${old.id} was not looked up`);
  const terms = { currency: before.currency, subscriptionId: before.id, subscriptionMetadata: before.metadata };
  const lines = rateCharge(terms, chargeFor(old, products, { quantity: used, period, announcesOnly: false }));
  if (lines.every(({ amount, quantity }) => amount === 0n && quantity.eq(ZERO))) return [];
  return lines.map(({ description, amount, quantity, unitAmount, billedSoFar }) => ({
    ...common(facts, old),
    description,
    amount,
    quantity,
    unitAmount,
    period,
    billedSoFar,
    proration: false,
    discountable: true,
  }));
}

/**
 * What a change closes and bills of the usage of an item: from where it counts to the change, where its periods start anew or,
 * on flexible subscriptions, its price is left; null where that is nothing. The second of the change is that of whoever
 * begins to count the same usage with it; where nobody does, it is billed to its end, so that nothing acknowledged is lost.
 */
export function restPeriod(
  { before, after, countedBy, now, isReset }: Pick<ChangeFacts, 'before' | 'after' | 'countedBy' | 'now' | 'isReset'>,
  item: SubscriptionItem,
): Period | null {
  const isLeft = after.items.every(({ id, price }) => id !== item.id || price.id !== item.price.id);
  const isClosed = isReset || (isLeft && before.billingMode === 'flexible');
  if (item.quantity !== null || !isClosed) return null;
  const { start, end: last } = usagePeriod(item);
  const isGone = (countedBy ?? after.items).every((other) => !goesOnCounting(other, item.price, now));
  const end = isGone ? cutShort({ start, end: last }, now.add({ seconds: 1 })).end : now;
  return Temporal.Instant.compare(start, end) < 0 ? { start, end } : null;
}

/** What is given back of an item from a time on, up to the end of its period: what lies beyond that was not to be. */
function creditsOf(
  facts: ChangeFacts,
  old: SubscriptionItem,
  from: Temporal.Instant,
  { isCut = false } = {},
): InvoiceItem[] {
  const span = { start: from, end: endOf(old) };
  if (old.quantity === null || isEmpty(span)) return [];
  if (facts.before.billingMode === 'classic') return classicCredits(facts, old, span, isCut);
  return debitsOf(facts, old).flatMap((debit) =>
    openParts(debit, span).flatMap((part) => creditOf(facts, old, { debit, part })),
  );
}

/**
 * A share of what the item costs now, which tells for which debit it is, although that may have been another amount. A
 * change gives it for time as well that was never charged, as after one without prorations; an end that comes earlier does
 * not. What was given back already is not given again.
 */
function classicCredits(facts: ChangeFacts, old: SubscriptionItem, span: Period, isCut: boolean): InvoiceItem[] {
  const { before, amounts } = facts;
  const debits = debitsOf(facts, old);
  const paid = openLayers(debits, span).map(({ debit, part }) => ({ part, source: debit.source }));
  const charged = layersOf(debits, span).map(({ part }) => part);
  const never = isCut ? [] : without(span, charged).map((part) => ({ part, source: null }));
  const of = {
    ...(amounts.before.get(old.id) ?? NOTHING),
    period: wholePeriodFrom(before, old, old.currentPeriod),
    ...BY_PRICE,
  };
  return [...paid, ...never].flatMap(({ part: period, source: creditedItems }) => {
    const amount = -prorate(of.amount, of.period, period);
    if (amount === 0n) return [];
    const quantity = old.quantity ?? 0n;
    return [{ ...prorationOf(facts, old, { amount, quantity, period, of, word: 'Unused' }), creditedItems }];
  });
}

/** What a cut left paid for beyond the old end of an item, where one that is changed is charged up to a later one. */
function creditsBeyond(facts: ChangeFacts, old: SubscriptionItem, item: SubscriptionItem): InvoiceItem[] {
  const span = { start: later(endOf(old), facts.at), end: endOf(item) };
  if (isEmpty(span)) return [];
  return openLayers(debitsOf(facts, old), span).flatMap((each) => creditOf(facts, old, each));
}

function debitsOf({ debits }: ChangeFacts, { id }: SubscriptionItem): Debit[] {
  return debits.filter((debit) => debit.subscriptionItemId === id);
}

function creditOf(facts: ChangeFacts, item: SubscriptionItem, { debit, part }: Paid): InvoiceItem[] {
  const amount = -shareOf(debit, part);
  if (amount === 0n) return [];
  return [{ ...ofDebit(facts, item, { debit, part }, { amount, word: 'Unused' }), creditedItems: debit.source }];
}

/** Charges what was given back of a debit. */
function debitAgain(facts: ChangeFacts, item: SubscriptionItem, { debit, part }: Paid): InvoiceItem[] {
  const amount = shareOf(debit, part);
  return amount === 0n ? [] : [ofDebit(facts, item, { debit, part }, { amount, word: 'Remaining' })];
}

function ofDebit(
  facts: ChangeFacts,
  item: SubscriptionItem,
  { debit, part: period }: Paid,
  { amount, word }: Pick<Proration, 'amount' | 'word'>,
): InvoiceItem {
  const { quantity, priceId, productId } = debit;
  const { amount: debited, discount, period: whole, hasOwnTaxes } = debit;
  const of = { amount: debited, discount, period: whole, isDebit: true, hasOwnTaxes };
  const proration = prorationOf(facts, item, { amount, quantity, period, of, word, productId });
  const taxRates = debit.taxRateIds.flatMap((id) => facts.taxRates.get(id) ?? []);
  return { ...proration, priceId, productId, taxRates };
}

/** What the item costs now for a part of its period. */
function debitOf(facts: ChangeFacts, item: SubscriptionItem, period: Period): InvoiceItem[] {
  const { after, amounts } = facts;
  if (item.quantity === null || isEmpty(period)) return [];
  const of = {
    ...(amounts.after.get(item.id) ?? NOTHING),
    period: wholePeriodFrom(after, item, item.currentPeriod),
    ...BY_PRICE,
  };
  const amount = prorate(of.amount, of.period, period);
  if (amount === 0n) return [];
  return [prorationOf(facts, item, { amount, quantity: item.quantity, period, of, word: 'Remaining' })];
}

/** A share of what an item costs now, with the rates that apply to that. */
const BY_PRICE = { isDebit: false, hasOwnTaxes: false } as const;

type Proration = {
  readonly amount: bigint;
  readonly quantity: bigint;
  readonly period: Period;
  readonly of: ProratedOf;
  readonly word: 'Unused' | 'Remaining';
  readonly productId?: string;
};

function prorationOf(facts: ChangeFacts, item: SubscriptionItem, proration: Proration): InvoiceItem {
  const { amount, quantity, period, of, word, productId = item.price.productId } = proration;
  const product = facts.products.get(productId);
  assert(product !== undefined, `the product ${productId} was not looked up`);
  return {
    ...common(facts, item),
    description: describeProration({ word, quantity, productName: product.name, from: period.start }),
    amount,
    quantity: decimal(quantity),
    unitAmount: quantity === 0n ? decimal(amount) : divideDecimal(decimal(amount), quantity),
    period,
    proratedOf: of,
  };
}

/** What every invoice item of a change has. */
function common({ before, now }: ChangeFacts, item: SubscriptionItem) {
  return {
    id: '',
    customerId: before.customerId,
    invoiceId: null,
    subscriptionId: before.id,
    subscriptionItemId: item.id,
    proration: true,
    creditedItems: null,
    proratedOf: null,
    billedSoFar: null,
    priceId: item.price.id,
    productId: item.price.productId,
    currency: before.currency,
    // Discounts are in the amounts already.
    discountable: false,
    discounts: [],
    taxRates: item.taxRates,
    wasPending: true,
    metadata: {},
    createdAt: now,
  } as const;
}

/** What a classic subscription bills when its periods start anew: the usage until then, and the periods that begin. */
function chargesOfReset(facts: ChangeFacts): Charge[] {
  const { before, after, products, usage } = facts;
  const used = newestFirst(before.items).flatMap((item) => {
    const period = restPeriod(facts, item);
    if (period === null) return [];
    return [chargeFor(item, products, { quantity: usage.get(item.id) ?? ZERO, period, announcesOnly: false })];
  });
  const begun = newestFirst(after.items).flatMap((item) => {
    if (item.quantity === null) return [];
    return [licensedCharge({ subscription: after, products }, item, item.currentPeriod)];
  });
  return [...begun, ...used];
}
