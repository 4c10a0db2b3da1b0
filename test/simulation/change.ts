import { naiveRate } from '../support/naive-rating.ts';
import { issue, unitsOfPeriod } from './bill.ts';
import { countedFrom } from './closed.ts';
import { cut, periodAt, share, type Span, wholeFrom } from './calendar.ts';
import { collectNow } from './settle.ts';
import { joined, partOf, stretchesOf } from './paid.ts';
import { CHANGE } from './told.ts';
import { naiveBeyond, plain, usageIn } from './totals.ts';
import { askedBy, lasting, priceOf } from './worth.ts';
import { type Charge, type Debit, isBilling, type Item, type Pending, type Subscription, type World } from './world.ts';

export type Behavior = 'always_invoice' | 'create_prorations' | 'none';

/** How a change counts: from when on its prorations do, and whether all periods start anew. */
export type How = { readonly behavior: Behavior; readonly at: number; readonly resets: boolean };

/** One item before and after a change, where it is there. */
type Pair = readonly [old: Item | undefined, item: Item | undefined];

/** A subscription as it was before a change, whose anchor may move with it. */
type Before = Pick<Subscription, 'anchor' | 'discounts' | 'items' | 'mode' | 'customer' | 'name'>;

/**
 * Gives a subscription other items, in their periods, now; what that gives back and asks for becomes pending, and is invoiced
 * at once where that is wanted, or where the periods of a classic subscription start anew.
 */
export function alter(world: World, subscription: Subscription, items: readonly Item[], how: How): void {
  const before: Before = lasting(subscription, how.at);
  const period = { start: Math.max(...before.items.map((item) => item.period.start)), end: world.now };
  const isEarly = isBeforeBilling(subscription, world.now);
  if (how.resets) subscription.anchor = world.now;
  subscription.items = [...items];
  if (!isBilling(subscription)) return;
  const bills = how.resets && before.mode === 'classic';
  const pairs = pairsOf(before.items, items);
  const after = lasting(subscription, how.at);
  const owed = pairs.flatMap((pair) => {
    if (isEarly) return pair[0] === undefined ? [] : restsOf(world, before, pair[0], items, false);
    return owedOf(world, { before, after, how }, pair, bills);
  });
  // Lines show the newest first, so what comes first of them is made last.
  world.pending.push(...owed.toReversed());
  const charges = bills ? chargesOfReset(world, before, subscription) : [];
  if (isEarly || (!bills && !isInvoiced(how, before, items, owed))) return;
  collectNow(world, subscription, issue(world, subscription, { reason: 'subscription_update', period, charges }));
}

/** Before its first paid period what is licensed is free. */
export function isBeforeBilling({ freeUntil }: Subscription, now: number): boolean {
  return freeUntil !== null && now < freeUntil;
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
function owedOf(world: World, context: Context, pair: Pair, bills: boolean): Pending[] {
  const { after, before, how } = context;
  const isWanted = how.behavior !== 'none';
  return [
    ...(!bills && (isWanted || how.resets) && pair[0] !== undefined
      ? restsOf(world, before, pair[0], after.items, how.resets)
      : []),
    ...(isWanted ? prorationsOf(world, context, pair, bills) : []),
  ];
}

function prorationsOf(world: World, { before, after, how }: Context, pair: Pair, bills: boolean): Pending[] {
  const [old, item] = pair;
  const from = how.resets ? world.now : how.at;
  if (old === undefined) return bills || item === undefined ? [] : join(world, after, item, from);
  if (item !== undefined && !how.resets && isAlike(pair)) return moveEnd(world, { before, after }, old, item);
  const credits = creditsOf(world, before, old, { start: how.at, end: old.period.end });
  if (item === undefined) return credits;
  // What an earlier end left paid for, where the changed item is charged up to a later one.
  credits.push(...giveBack(world, before, old, { start: Math.max(old.period.end, how.at), end: item.period.end }));
  return bills ? credits : [...credits, ...debit(world, after, item, { start: from, end: item.period.end })];
}

/** An item that joins or comes back is charged for all that is not paid for; what is paid for otherwise is given back. */
export function join(world: World, subscription: Subscription, item: Item, from: number): Pending[] {
  if (item.quantity === null || from >= item.period.end) return [];
  const stretches = stretchesOf(item.debits, { start: from, end: item.period.end }).map((each) => ({
    ...each,
    isPaid: each.isOpen && each.debit!.price === item.price && each.debit!.quantity === item.quantity,
  }));
  const back = joined(
    stretches.filter(({ isOpen, isPaid }) => isOpen && !isPaid),
    (a, b) => a.debit === b.debit,
  );
  const due = joined(
    stretches.filter(({ isPaid }) => !isPaid),
    () => true,
  );
  return [
    ...back.flatMap(({ debit: given, part }) => creditOf(world, subscription, item, given!, part)),
    ...due.flatMap(({ part }) => debit(world, subscription, item, part)),
  ];
}

/**
 * The end of a period comes earlier: what is paid for of the time is given back. It comes later: what was given back is charged
 * again, and what was never charged only where the earlier end has kept it from being charged.
 */
function moveEnd(
  world: World,
  { before, after: subscription }: Pick<Context, 'before' | 'after'>,
  old: Item,
  item: Item,
): Pending[] {
  const [from, to] = [old.period.end, item.period.end];
  if (item.quantity === null || from === to) return [];
  if (to < from) return creditsOf(world, before, old, { start: to, end: from }, true);
  const current = stretchesOf(item.debits, { start: from - 1, end: from })[0]?.debit;
  if (current === undefined) return [];
  const same = { start: from, end: Math.min(to, current.period.end) };
  const stretches = same.start < same.end ? stretchesOf(item.debits, same) : [];
  const again = stretches.filter((each) => each.debit !== undefined && !each.isOpen);
  // What was asked for before the cycle started anew ends where it was to, and not at an earlier end.
  const isCut = current.period.start >= item.period.start;
  const beyond = isCut ? join(world, subscription, item, Math.max(from, current.period.end)) : [];
  const back = again.flatMap(({ debit: given, part }) => {
    if (subscription.mode === 'classic') return debit(world, subscription, item, part);
    const { rates, left } = askedBy(world, given!);
    return ask(world, subscription, item, { ...given!, rates, amount: partOf(given!, left, part), period: part });
  });
  return [...beyond.filter(({ amount }) => amount < 0n), ...back, ...beyond.filter(({ amount }) => amount > 0n)];
}

/** Gives back what is paid for and not used of a subscription that ends now. */
export function creditUnused(world: World, subscription: Subscription): void {
  if (!isBilling(subscription) || isBeforeBilling(subscription, world.now)) return;
  const own = lasting(subscription, world.now);
  const credits = own.items.flatMap((item) => creditsOf(world, own, item, { start: world.now, end: item.period.end }));
  world.pending.push(...credits.toReversed());
}

/**
 * On flexible subscriptions, usage of a price that is left is billed; on classic ones it is lost. `after` are the items that
 * are there from now on.
 */
export function restsOf(
  world: World,
  subscription: Before,
  old: Item,
  after: readonly Item[],
  resets: boolean,
): Pending[] {
  const { customer, mode } = subscription;
  const item = after.find(({ name }) => name === old.name);
  if (old.quantity !== null || mode === 'classic' || (!resets && old.price === item?.price)) return [];
  const period = { start: old.usedFrom ?? old.period.start, end: endOfRest(world, old, after) };
  if (period.start >= period.end) return [];
  const { billed, name, price } = old;
  const used = usageIn(world, { customer, meter: price.meter!, period });
  const lines = billed === '0' ? naiveRate(price.model, used) : naiveBeyond(price.model, used, billed);
  if (lines.every(({ amount, quantity }) => amount === 0n && quantity.numerator === 0n)) return [];
  const rest = { item: name, price, billed, period, used };
  return lines.map(({ amount, quantity }) => ({
    ...pendingOf(world, subscription, name, { amount, period, quantity: plain(quantity), counts: null }),
    discountable: true,
    proration: false,
    rest,
  }));
}

/** The second in which an item goes is its own, unless somebody begins to count its meter in it. */
function endOfRest({ now }: World, old: Item, after: readonly Item[]): number {
  const isFollowed = after.some(
    ({ period, price, usedFrom }) => price.meter === old.price.meter && (usedFrom ?? period.start) >= now,
  );
  return isFollowed ? now : Math.min(old.period.end, now + 1);
}

/**
 * For a time: of a flexible item what was asked for it, of a classic one what it costs now, also where nobody was asked for it,
 * unless the end of the subscription alone cuts it.
 */
export function creditsOf(world: World, subscription: Before, item: Item, span: Span, isCut = false): Pending[] {
  if (item.quantity === null || span.start >= span.end) return [];
  if (subscription.mode === 'flexible') {
    return item.debits.flatMap((given) => giveBackOf(world, subscription, item, [given], span));
  }
  const stretches = stretchesOf(item.debits, span);
  const never = isCut ? [] : stretches.filter((each) => each.debit === undefined);
  return [...stretches.filter(({ isOpen }) => isOpen), ...never].flatMap(({ part, debit: given }) => {
    const whole = wholeFrom(subscription.anchor, item.price.every, item.period.start);
    const amount = -share(priceOf(subscription, item), whole, part);
    if (amount === 0n) return [];
    const counts = { part, isVoid: false };
    given?.credits.push(counts);
    return [
      pendingOf(world, subscription, item.name, { amount, period: part, quantity: String(item.quantity), counts }),
    ];
  });
}

/** What was asked for a time and not given back, by the newest debits. */
function giveBack(world: World, subscription: Before, item: Item, span: Span): Pending[] {
  return item.quantity === null || span.start >= span.end
    ? []
    : giveBackOf(world, subscription, item, item.debits, span);
}

function giveBackOf(world: World, subscription: Before, item: Item, debits: readonly Debit[], span: Span): Pending[] {
  const open = stretchesOf(debits, span).filter(({ isOpen }) => isOpen);
  return open.flatMap(({ debit: given, part }) => creditOf(world, subscription, item, given!, part));
}

function creditOf(world: World, subscription: Before, item: Item, given: Debit, part: Span): Pending[] {
  const { rates, left } = askedBy(world, given);
  const amount = -partOf(given, left, part);
  if (amount === 0n) return [];
  const counts = { part, isVoid: false };
  given.credits.push(counts);
  const owed = { amount, period: part, quantity: String(given.quantity), counts, rates };
  return [pendingOf(world, subscription, item.name, owed)];
}

/** For a time, what the item costs now. */
function debit(world: World, subscription: Before, item: Item, period: Span): Pending[] {
  if (item.quantity === null || period.start >= period.end) return [];
  const whole = wholeFrom(subscription.anchor, item.price.every, item.period.start);
  const amount = share(priceOf(subscription, item), whole, period);
  return ask(world, subscription, item, { amount, price: item.price, quantity: item.quantity, period, rates: null });
}

type Asked = Pick<Debit, 'amount' | 'price' | 'quantity' | 'period' | 'rates'>;

function ask(world: World, subscription: Before, item: Item, asked: Asked): Pending[] {
  const { amount, price, quantity, period, rates } = asked;
  if (amount === 0n) return [];
  const own: Debit = { amount, price, quantity, period, credits: [], isVoid: false, rates, invoice: null };
  item.debits.push(own);
  return [
    pendingOf(world, subscription, item.name, { amount, period, quantity: String(quantity), counts: own, rates }),
  ];
}

/** What a classic subscription whose periods start anew bills: the periods that begin, then what was used until now. */
function chargesOfReset(world: World, before: Before, after: Subscription): Charge[] {
  const begun = after.items
    .toReversed()
    .flatMap((item) => (item.quantity === null ? [] : unitsOfPeriod(after, item, item.period)));
  const used = before.items.toReversed().flatMap((item): Charge[] => {
    const period = { start: item.usedFrom ?? item.period.start, end: endOfRest(world, item, after.items) };
    if (item.quantity !== null || period.start >= period.end) return [];
    const { name, price, billed } = item;
    return [{ kind: 'usage', item: name, price, period, free: false, billed, used: null }];
  });
  return [...begun, ...used];
}

type Owed = Pick<Pending, 'amount' | 'quantity' | 'period' | 'counts'> & Partial<Pick<Pending, 'rates'>>;

function pendingOf(world: World, { customer, name: subscription }: Before, item: string, owed: Owed): Pending {
  const name = `${item}${CHANGE}`;
  const own = { name, customer, subscription, discountable: false, proration: true, rates: null, rest: null };
  return { ...own, at: world.now, ...owed };
}

/** What an item is to be. */
export type Wanted = { readonly name: string; readonly price: Item['price']; readonly quantity: number | null };

/** The item as it is from now on, in its period: that of what recurs alike, or that of the anchor. */
export function arrive(world: World, subscription: Subscription, wanted: Wanted, resets: boolean): Item {
  const { name, price, quantity } = wanted;
  const { items, anchor } = subscription;
  const old = items.find((item) => item.name === name);
  const alike = [old, ...items].find((item) => item !== undefined && recursAlike(item.price, price));
  const period = periodOf(
    world,
    { ...subscription, anchor: resets ? world.now : anchor, price },
    resets ? undefined : alike,
  );
  const begins = resets || old?.price !== price;
  const { usedFrom: from, billed } = begins ? usedFromNow(world, quantity, period, resets) : old;
  const usedFrom = begins ? countedFrom(world, subscription.customer, { price, period, usedFrom: from }) : from;
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
  terms: Pick<Subscription, 'anchor' | 'endsAt' | 'freeUntil' | 'startedAt'> & Pick<Item, 'price'>,
  alike?: Item,
): Span {
  const { anchor, endsAt, freeUntil, price, startedAt } = terms;
  if (alike !== undefined) return alike.period;
  const { start, end } = periodAt(anchor, price.every, world.now);
  // What is free until then goes on from where it began.
  const isEarly = freeUntil !== null && world.now < freeUntil;
  return cut({ start: isEarly ? Math.max(start, startedAt) : start, end }, endsAt);
}

function recursAlike(some: Item['price'], other: Item['price']): boolean {
  return some.every.interval === other.every.interval && some.every.count === other.every.count;
}
