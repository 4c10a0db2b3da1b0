import { naiveRate, naiveTotal } from '../support/naive-rating.ts';
import { boundary, type Every, type Span } from './calendar.ts';
import { CHANGE } from './told.ts';
import { plain, usageIn } from './totals.ts';
import type { Item, Pending, Price, Subscription, World } from './world.ts';

/** What an item is to be: another price or quantity, gone (null), or there at all. Rhythms stay as they are. */
export type Change = {
  readonly item: Item | null;
  readonly to: { readonly name: string; readonly price: Price; readonly quantity: number | null } | null;
  readonly behavior: 'create_prorations' | 'none';
};

/** Changes an item of a subscription now; what that gives back and asks for becomes pending. */
export function change(world: World, subscription: Subscription, { item, to, behavior }: Change): void {
  const owed = [
    ...(item === null ? [] : restsOf(world, subscription, item, to)),
    ...(item === null ? [] : creditsOf(world, subscription, item)),
  ];
  const changed = to === null ? null : arrive(world, subscription, item, to);
  if (behavior === 'create_prorations') {
    if (changed !== null) owed.push(...debit(world, subscription, changed));
    // Lines show the newest first, so what comes first of them is made last.
    world.pending.push(...owed.toReversed());
  } else if (changed !== null && item !== null) changed.debits = item.debits;
  if (item === null) subscription.items.push(changed!);
  else subscription.items.splice(subscription.items.indexOf(item), 1, ...(changed === null ? [] : [changed]));
}

/** Gives back what is paid for and not used of a subscription that ends now. */
export function creditUnused(world: World, subscription: Subscription): void {
  if (subscription.status === 'trialing') return;
  const credits = subscription.items.flatMap((item) => creditsOf(world, subscription, item));
  world.pending.push(...credits.toReversed());
}

/** The item as it is from now on, in its period by the anchor. */
function arrive(world: World, { anchor }: Subscription, old: Item | null, to: NonNullable<Change['to']>): Item {
  const { name, price, quantity } = to;
  const period = old?.period ?? periodAt(anchor, price.every, world.now);
  const usedFrom = quantity === null && old?.price !== price ? world.now : (old?.usedFrom ?? null);
  return { name, price, quantity, period, usedFrom, debits: [] };
}

/** On flexible subscriptions, usage of a price that is left is billed; on classic ones it is lost. */
function restsOf(world: World, subscription: Subscription, item: Item, to: Change['to']): Pending[] {
  if (item.quantity !== null || subscription.mode === 'classic' || to?.price === item.price) return [];
  const period = { start: item.usedFrom ?? item.period.start, end: world.now };
  if (period.start >= period.end) return [];
  const used = usageIn(world, { customer: subscription.customer, meter: item.price.meter!, period });
  const lines = naiveRate(item.price.model, used);
  if (used === '0' && lines.every(({ amount }) => amount === 0n)) return [];
  return lines.map(({ amount, quantity }) => ({
    ...pendingOf(world, subscription, item.name, { amount, period, quantity: plain(quantity) }),
    discountable: true,
    proration: false,
  }));
}

/** For the time that is left: of a classic item what it costs now, of a flexible one what was asked for it. */
function creditsOf(world: World, subscription: Subscription, item: Item): Pending[] {
  if (item.quantity === null) return [];
  const rest = { start: world.now, end: item.period.end };
  const given = subscription.mode === 'classic' ? [wholeOf(subscription, item)] : item.debits;
  return given.flatMap(({ amount, quantity, period }) => {
    const credit = -share(amount, period, rest);
    if (credit === 0n) return [];
    return [pendingOf(world, subscription, item.name, { amount: credit, period: rest, quantity: String(quantity) })];
  });
}

/** For the time that is left, what the changed item costs. */
function debit(world: World, subscription: Subscription, item: Item): Pending[] {
  if (item.quantity === null) return [];
  const rest = { start: world.now, end: item.period.end };
  const { amount, period } = wholeOf(subscription, item);
  const owed = share(amount, period, rest);
  item.debits = [{ amount: owed, quantity: item.quantity, period: rest }];
  if (owed === 0n) return [];
  return [pendingOf(world, subscription, item.name, { amount: owed, period: rest, quantity: String(item.quantity) })];
}

/** What an item costs for a whole period, and that period. */
function wholeOf({ anchor }: Subscription, { price, quantity, period }: Item) {
  const amount = naiveTotal(price.model, String(quantity));
  return { amount, quantity: quantity ?? 0, period: periodAt(anchor, price.every, period.end - 1) };
}

/** The period of a rhythm that has a time, found by counting. */
function periodAt(anchor: number, every: Every, time: number): Span {
  let steps = 0;
  while (boundary(anchor, every, steps + 1) <= time) steps++;
  return { start: boundary(anchor, every, steps), end: boundary(anchor, every, steps + 1) };
}

type Owed = Pick<Pending, 'amount' | 'quantity' | 'period'>;

function pendingOf(world: World, { customer, name: subscription }: Subscription, item: string, owed: Owed): Pending {
  const name = `${item}${CHANGE}`;
  return { name, customer, subscription, discountable: false, proration: true, at: world.now, ...owed };
}

/** The part of an amount that falls on a part of its period, by seconds; halves are rounded away from zero. */
function share(amount: bigint, period: Span, part: Span): bigint {
  const seconds = BigInt(Math.min(part.end, period.end) - Math.max(part.start, period.start));
  const whole = BigInt(period.end - period.start);
  const magnitude = (amount < 0n ? -amount : amount) * seconds;
  const rounded = (2n * magnitude + whole) / (2n * whole);
  return amount < 0n ? -rounded : rounded;
}
