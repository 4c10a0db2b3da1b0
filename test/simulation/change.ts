import { naiveRate, naiveTotal } from '../support/naive-rating.ts';
import { issue, unitsOfPeriod } from './bill.ts';
import { cut, periodAt, share, type Span, wholeFrom } from './calendar.ts';
import { collectNow } from './settle.ts';
import { CHANGE } from './told.ts';
import { naiveBeyond, plain, usageIn } from './totals.ts';
import { type Charge, type Debit, isBilling, type Item, type Pending, type Subscription, type World } from './world.ts';

export type Behavior = 'always_invoice' | 'create_prorations' | 'none';

/** How a change counts: from when on its prorations do, and whether all periods start anew. */
export type How = { readonly behavior: Behavior; readonly at: number; readonly resets: boolean };

/** One item before and after a change, where it is there. */
type Pair = readonly [old: Item | undefined, item: Item | undefined];

/** A subscription as it was before a change, whose anchor may move with it. */
type Before = Pick<Subscription, 'anchor' | 'items' | 'mode' | 'customer' | 'name'>;

/**
 * Gives a subscription other items, in their periods, now; what that gives back and asks for becomes pending, and is invoiced
 * at once where that is wanted, or where the periods of a classic subscription start anew.
 */
export function alter(world: World, subscription: Subscription, items: readonly Item[], how: How): void {
  const before: Before = { ...subscription };
  const period = { start: Math.max(...before.items.map((item) => item.period.start)), end: world.now };
  const free = isFree(subscription, how.at);
  if (how.resets) subscription.anchor = world.now;
  subscription.items = [...items];
  if (free) return;
  const bills = how.resets && before.mode === 'classic';
  const pairs = pairsOf(before.items, items);
  const owed = pairs.flatMap((pair) => owedOf(world, { before, after: subscription, how }, pair, bills));
  // Lines show the newest first, so what comes first of them is made last.
  world.pending.push(...owed.toReversed());
  const charges = bills ? chargesOfReset(world, before, subscription) : [];
  if (!bills && !isInvoiced(how, before, items, owed)) return;
  collectNow(world, subscription, issue(world, subscription, { reason: 'subscription_update', period, charges }));
}

/** Without its first whole period, in a trial or a pause, nothing is owed and nothing given back. */
export function isFree(subscription: Subscription, at: number): boolean {
  const { freeUntil } = subscription;
  return !isBilling(subscription) || (freeUntil !== null && at < freeUntil);
}

function isInvoiced(
  { behavior, resets }: How,
  before: Before,
  items: readonly Item[],
  owed: readonly Pending[],
): boolean {
  if (owed.length === 0 || behavior === 'none') return false;
  if (behavior === 'always_invoice') return true;
  const isOther = before.items.length !== items.length || pairsOf(before.items, items).some((pair) => !isAlike(pair));
  return resets && isOther && owed.reduce((sum, { amount }) => sum + amount, 0n) !== 0n;
}

function pairsOf(before: readonly Item[], after: readonly Item[]): Pair[] {
  const added = after.filter(({ name }) => before.every((old) => old.name !== name));
  return [
    ...before.map((old): Pair => [old, after.find(({ name }) => name === old.name)]),
    ...added.map((item): Pair => [undefined, item]),
  ];
}

function isAlike([old, item]: Pair): boolean {
  return old !== undefined && item !== undefined && old.price === item.price && old.quantity === item.quantity;
}

type Context = { readonly before: Before; readonly after: Subscription; readonly how: How };

/** What one item owes and is owed. `bills`: what is used and what begins is on an invoice as at the end of a period. */
function owedOf(world: World, { before, after, how }: Context, pair: Pair, bills: boolean): Pending[] {
  const [old, item] = pair;
  const from = changedFrom(how, pair);
  if (from === null) return [];
  const isWanted = how.behavior !== 'none';
  return [
    ...(old !== undefined && !bills && (isWanted || how.resets) ? restsOf(world, before, pair, how.resets) : []),
    ...(old !== undefined && isWanted ? creditsOf(world, before, old, from) : []),
    ...(item !== undefined && !bills && isWanted ? debit(world, after, item, how.resets ? world.now : from) : []),
  ];
}

/** An item whose period alone ends at another time has changed from the earlier of both ends on; null: it is the same. */
function changedFrom({ at, resets }: How, [old, item]: Pair): number | null {
  if (resets || old === undefined || item === undefined || !isAlike([old, item])) return at;
  return old.period.end === item.period.end ? null : Math.min(old.period.end, item.period.end);
}

/** Gives back what is paid for and not used of a subscription that ends now. */
export function creditUnused(world: World, subscription: Subscription): void {
  if (isFree(subscription, world.now)) return;
  const credits = subscription.items.flatMap((item) => creditsOf(world, subscription, item, world.now));
  world.pending.push(...credits.toReversed());
}

/** On flexible subscriptions, usage of a price that is left is billed; on classic ones it is lost. */
export function restsOf(world: World, subscription: Before, [old, item]: Pair, resets: boolean): Pending[] {
  if (old === undefined || old.quantity !== null || subscription.mode === 'classic') return [];
  if (!resets && old.price === item?.price) return [];
  const period = { start: old.usedFrom ?? old.period.start, end: world.now };
  if (period.start >= period.end) return [];
  const used = usageIn(world, { customer: subscription.customer, meter: old.price.meter!, period });
  const { model } = old.price;
  const lines = old.billed === '0' ? naiveRate(model, used) : naiveBeyond(model, used, old.billed);
  if (lines.every(({ amount, quantity }) => amount === 0n && quantity.numerator === 0n)) return [];
  return lines.map(({ amount, quantity }) => ({
    ...pendingOf(world, subscription, old.name, { amount, period, quantity: plain(quantity), counts: null }),
    discountable: true,
    proration: false,
  }));
}

/** For the time that is left: of a classic item what it costs now, of a flexible one what was asked for it. */
export function creditsOf(world: World, subscription: Before, item: Item, from: number): Pending[] {
  if (item.quantity === null || item.period.end <= from) return [];
  if (subscription.mode === 'classic') {
    const period = { start: from, end: item.period.end };
    const amount = -share(priceOf(item), wholeFrom(subscription.anchor, item.price.every, item.period.start), period);
    if (amount === 0n) return [];
    return [
      pendingOf(world, subscription, item.name, { amount, period, quantity: String(item.quantity), counts: null }),
    ];
  }
  return item.debits.flatMap((given) => {
    const { amount, quantity, period, credits, isVoid } = given;
    const end = Math.min(period.end, ...credits.filter((each) => !each.isVoid).map((each) => each.from));
    const start = Math.max(from, period.start);
    if (isVoid || start >= end) return [];
    const since = (time: number) => share(amount, period, { start: time, end: period.end });
    const credit = since(end) - since(start);
    if (credit === 0n) return [];
    const counts = { from: start, isVoid: false };
    credits.push(counts);
    const owed = { amount: credit, period: { start, end }, quantity: String(quantity), counts };
    return [pendingOf(world, subscription, item.name, owed)];
  });
}

/** For the time that is left, what the changed item costs. */
export function debit(world: World, subscription: Before, item: Item, from: number): Pending[] {
  if (item.quantity === null || item.period.end <= from) return [];
  const period = { start: from, end: item.period.end };
  const amount = share(priceOf(item), wholeFrom(subscription.anchor, item.price.every, item.period.start), period);
  if (amount === 0n) return [];
  const own: Debit = { amount, quantity: item.quantity, period, credits: [], isVoid: false };
  item.debits.push(own);
  return [pendingOf(world, subscription, item.name, { amount, period, quantity: String(item.quantity), counts: own })];
}

/** What an item costs for a whole period. */
function priceOf({ price, quantity }: Item): bigint {
  return naiveTotal(price.model, String(quantity));
}

/** What a classic subscription whose periods start anew bills: the periods that begin, then what was used until now. */
function chargesOfReset(world: World, before: Before, after: Subscription): Charge[] {
  const begun = after.items
    .toReversed()
    .flatMap((item) => (item.quantity === null ? [] : unitsOfPeriod(after, item, item.period)));
  const used = before.items.toReversed().flatMap((item): Charge[] => {
    const period = { start: item.usedFrom ?? item.period.start, end: world.now };
    if (item.quantity !== null || period.start >= period.end) return [];
    const { name, price, billed } = item;
    return [{ kind: 'usage', item: name, price, period, free: false, billed, used: null }];
  });
  return [...begun, ...used];
}

type Owed = Pick<Pending, 'amount' | 'quantity' | 'period' | 'counts'>;

function pendingOf(world: World, { customer, name: subscription }: Before, item: string, owed: Owed): Pending {
  const name = `${item}${CHANGE}`;
  return { name, customer, subscription, discountable: false, proration: true, at: world.now, ...owed };
}

/** What an item is to be. */
export type Wanted = { readonly name: string; readonly price: Item['price']; readonly quantity: number | null };

/** The item as it is from now on, in its period: that of what recurs alike, or that of the anchor. */
export function arrive(world: World, subscription: Subscription, wanted: Wanted, resets: boolean): Item {
  const { name, price, quantity } = wanted;
  const { items, anchor, endsAt } = subscription;
  const old = items.find((item) => item.name === name);
  const alike = [old, ...items].find((item) => item !== undefined && recursAlike(item.price, price));
  const period = periodOf(world, { anchor: resets ? world.now : anchor, endsAt, price }, resets ? undefined : alike);
  const usage = resets || old?.price !== price ? usedFromNow(world, quantity, period, resets) : old;
  const { usedFrom, billed } = usage;
  const usageLimit = quantity === null && old !== undefined ? old.usageLimit : null;
  return { name, price, quantity, period, usedFrom, usageLimit, billed, debits: old?.debits ?? [] };
}

/** What is used of a price counts from when it is there. */
function usedFromNow({ now }: World, quantity: number | null, period: Span, resets: boolean) {
  const isLate = !resets && quantity === null && now > period.start;
  return { usedFrom: isLate ? now : null, billed: '0' };
}

function periodOf(
  world: World,
  terms: Pick<Subscription, 'anchor' | 'endsAt'> & Pick<Item, 'price'>,
  alike?: Item,
): Span {
  const { anchor, endsAt, price } = terms;
  if (alike !== undefined) return alike.period;
  return cut(periodAt(anchor, price.every, world.now), endsAt);
}

function recursAlike(some: Item['price'], other: Item['price']): boolean {
  return some.every.interval === other.every.interval && some.every.count === other.every.count;
}
