import assert from 'node:assert/strict';
import { amountsIn, type Price, recurrenceOf } from '../catalog/price.ts';
import { ZERO } from '../money/decimal.ts';
import { cutShort, isSamePeriod, later, type Period, type Recurrence } from '../time/period.ts';
import { currentPeriod, wholePeriod } from './periods.ts';
import { isMetered, type Subscription, type SubscriptionItem } from './subscription.ts';

/** When a change is made, and from when on it counts: the same, unless it is asked to count from another time. */
export type ChangeTimes = { readonly now: Temporal.Instant; readonly at: Temporal.Instant };

/** A changed subscription in its periods, and whether these were made to start anew. */
export type Settled = { readonly after: Subscription; readonly isReset: boolean };

/**
 * Puts the items of a changed subscription into their periods; pure. Same recurrences keep their period, others get that
 * of the anchor. Where the anchor is moved to now, every period starts there: because it is asked for, or, on classic
 * subscriptions, because the recurrence changes or what was free is no longer; not before the first paid period, whose start
 * is agreed on. Usage of a price that is new to an item counts from the change on. While nothing is billed, in a trial or a
 * pause, periods stay as they are, or as a new end of the trial has made them.
 */
export function settlePeriods(
  before: Subscription,
  wanted: Subscription,
  times: ChangeTimes,
  anchor: 'now' | 'unchanged',
): Settled {
  const isFree = !isBilling(before) || isBeforeBilling(before, times.now);
  const isReset = anchor === 'now' || (!isFree && movesAnchor(before, wanted));
  const anchored = isReset ? { ...wanted, billingCycleAnchor: times.now, anchorConfig: null } : wanted;
  const items = wanted.items.map((item) => {
    const old = before.items.find(({ id }) => id === item.id);
    const period = periodOf({ before, anchored, item, old, isReset }, times.now);
    return withUsage(item, old, period, { ...times, isReset });
  });
  const isSame = items.every((item, place) => item === wanted.items[place]);
  return { after: isSame ? anchored : { ...anchored, items }, isReset };
}

/** True where time that passes is charged. */
export function isBilling({ status }: Pick<Subscription, 'status'>): boolean {
  return status !== 'trialing' && status !== 'paused' && status !== 'incomplete';
}

/** True before the first paid period of a subscription: what is licensed is free until then, and usage waits for it. */
export function isBeforeBilling({ freeUntil }: Pick<Subscription, 'freeUntil'>, now: Temporal.Instant): boolean {
  return freeUntil !== null && Temporal.Instant.compare(now, freeUntil) < 0;
}

function recurs(price: Price): Recurrence {
  const recurrence = recurrenceOf(price);
  assert(recurrence !== null, `the price ${price.id} is not recurring`);
  return recurrence;
}

/** Flexible subscriptions never move their anchor by themselves. */
function movesAnchor(before: Subscription, after: Subscription): boolean {
  if (before.billingMode === 'flexible' || before.items.length === 0 || after.items.length === 0) return false;
  const recursAnew = after.items.some(({ price }) => !before.items.some((old) => recursAlike(old.price, price)));
  return recursAnew || (before.items.every(isFree) && !after.items.every(isFree));

  function isFree({ price, quantity }: SubscriptionItem): boolean {
    if (isMetered(price)) return false;
    const amounts = amountsIn(price, before.currency);
    const tiers = amounts?.tiers ?? [];
    const units = [amounts?.unitAmount, ...tiers.flatMap((tier) => [tier.unitAmount, tier.flatAmount])];
    return quantity === 0n || units.every((amount) => amount === null || amount === undefined || amount.eq(ZERO));
  }
}

function recursAlike(some: Price, other: Price): boolean {
  const [a, b] = [recurs(some), recurs(other)];
  return a.interval === b.interval && a.intervalCount === b.intervalCount;
}

type Moving = {
  readonly before: Subscription;
  readonly anchored: Subscription;
  readonly item: SubscriptionItem;
  readonly old: SubscriptionItem | undefined;
  readonly isReset: boolean;
};

function periodOf({ before, anchored, item, old, isReset }: Moving, now: Temporal.Instant): Period {
  if (isReset) return periodAt(anchored, item, now);
  if (!isBilling(before) && anchored.trial !== before.trial) return item.currentPeriod;
  if (!isBilling(before)) return old?.currentPeriod ?? currentPeriod(before);
  if (old !== undefined && recursAlike(old.price, item.price)) return item.currentPeriod;
  // What recurs as others do is billed together with them, also where their period was cut.
  const alike = before.items.find(({ price }) => recursAlike(price, item.price));
  if (alike !== undefined) return alike.currentPeriod;
  const period = periodAt(anchored, item, now);
  // What is free until then goes on from where it began.
  return isBeforeBilling(before, now) ? { start: later(period.start, before.startedAt), end: period.end } : period;
}

/** The period that a time lies in; the last one ends with the subscription. */
function periodAt(subscription: Subscription, item: SubscriptionItem, at: Temporal.Instant): Period {
  return cutShort(wholePeriod(subscription, item, { start: at, end: at }), subscription.cancelAt);
}

type Change = ChangeTimes & { readonly isReset: boolean };

/** The item in its period; the very same where nothing changes. */
function withUsage(
  item: SubscriptionItem,
  old: SubscriptionItem | undefined,
  period: Period,
  { now, isReset }: Change,
): SubscriptionItem {
  const isNew = old === undefined || old.price.id !== item.price.id;
  const keeps = !isReset && !isNew && isSamePeriod(period, item.currentPeriod);
  if (keeps) return item;
  // Usage is billed as it happens, so a date of prorations does not move it.
  const isLate = isMetered(item.price) && isNew && !isReset && Temporal.Instant.compare(now, period.start) > 0;
  const usage = isReset || isNew ? { usageStartAt: isLate ? now : null, billedUsage: ZERO } : {};
  return { ...item, currentPeriod: period, ...usage };
}
