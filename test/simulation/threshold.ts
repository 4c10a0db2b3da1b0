import { compareRationals, rational } from '../support/naive-rating.ts';
import { currentPeriod, inherited, issue, renew } from './bill.ts';
import { HOUR } from './calendar.ts';
import { creditUnused, isBeforeBilling } from './change.ts';
import { settleHeld } from './settle.ts';
import { computeTotals, minus, usageIn } from './totals.ts';
import { type Charge, isBilling, isLive, type Item, type Subscription, type World } from './world.ts';

/** In the last day of a period nobody looks. */
const BLIND = 24 * HOUR;

/** A clock that sets out has all usage looked at a second later. */
export function watch(world: World): void {
  for (const subscription of world.subscriptions) {
    if (isLive(subscription) && isWatched(subscription)) subscription.checkAt = world.now + 1;
  }
}

function isWatched({ items, threshold }: Subscription): boolean {
  return threshold !== null || items.some(({ usageLimit }) => usageLimit !== null);
}

/** Invoices what is not billed of the usage so far, where that is as much as somebody wants to be owed at most. */
export function checkThresholds(world: World, subscription: Subscription): void {
  subscription.checkAt = null;
  const { start, end } = currentPeriod(subscription);
  if (!isWatched(subscription) || !isBilling(subscription) || world.now >= end - BLIND) return;
  const { endsAt, threshold } = subscription;
  // Where none is to follow the period that is not put off, and where the next is agreed on it does not come earlier.
  const isLast = endsAt !== null && endsAt <= end;
  const resets = threshold?.resets === true && !isLast && !isBeforeBilling(subscription, world.now);
  const metered = subscription.items.filter(({ quantity }) => quantity === null);
  const used = new Map(metered.map((item) => [item, usedOf(world, subscription, item, resets)]));
  const unbilled = (item: Item) => minus(rational(used.get(item)!), rational(item.billed));
  const charged = metered.filter((item) => unbilled(item).numerator > 0n);
  const charges = charged.toReversed().map((item): Charge => {
    const period = { start: item.usedFrom ?? item.period.start, end: item.period.end };
    const { name, price, billed } = item;
    return { kind: 'usage', item: name, price, period, free: false, billed, used: used.get(item)! };
  });
  const discounts = inherited(world, subscription, charges).applying.map(({ coupon }) => coupon);
  const { subtotal, discount } = computeTotals(world, subscription.customer, charges, { discounts, rates: [] });
  const isOwed = threshold !== null && subtotal - discount >= threshold.amount;
  const isUsed = metered.some(
    (item) => item.usageLimit !== null && compareRationals(unbilled(item), rational(String(item.usageLimit))) >= 0,
  );
  if (!isOwed && !isUsed) return;
  if (resets) return startAnew(world, subscription);
  const invoice = issue(world, subscription, {
    reason: 'subscription_threshold',
    period: { start, end: world.now },
    charges,
  });
  for (const item of charged) item.billed = used.get(item)!;
  settleHeld(world, subscription, invoice);
}

/** Where the period is to end now, what is used later is of the next. */
function usedOf(world: World, { customer }: Subscription, item: Item, resets: boolean): string {
  const { price, period, usedFrom } = item;
  const span = { start: usedFrom ?? period.start, end: resets ? world.now : period.end };
  return usageIn(world, { customer, meter: price.meter!, period: span });
}

/** The period ends now as with an anchor of now: what is not used of what is paid in advance is given back. */
function startAnew(world: World, subscription: Subscription): void {
  creditUnused(world, subscription);
  for (const item of subscription.items) item.period = { ...item.period, end: world.now };
  subscription.anchor = world.now;
  renew(world, subscription, 'subscription_threshold');
}
