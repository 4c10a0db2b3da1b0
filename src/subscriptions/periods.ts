import assert from 'node:assert/strict';
import { recurrenceOf } from '../catalog/price.ts';
import {
  cutShort,
  naturalPeriod,
  type Period,
  periodAfter,
  periodContaining,
  periodsBetween,
  type Recurrence,
} from '../time/period.ts';
import type { Subscription, SubscriptionItem } from './subscription.ts';

/** The subscription as a whole runs from the latest start of its items to their earliest end. */
export function currentPeriod({ items }: Pick<Subscription, 'items'>): Period {
  const periods = items.map((item) => item.currentPeriod);
  const start = periods
    .map((period) => period.start)
    .sort(Temporal.Instant.compare)
    .at(-1);
  const end = periods.map((period) => period.end).sort(Temporal.Instant.compare)[0];
  assert(start !== undefined && end !== undefined, 'a subscription has at least one item');
  return { start, end };
}

/** Whether a subscription ends when its current period does, so that nothing follows. */
export function endsWithPeriod(subscription: Pick<Subscription, 'items' | 'cancelAt'>): boolean {
  const { cancelAt } = subscription;
  return cancelAt !== null && Temporal.Instant.compare(cancelAt, currentPeriod(subscription).end) <= 0;
}

/** The items whose period ends first: those that the next invoice bills. */
export function itemsEndingNext(subscription: Subscription): SubscriptionItem[] {
  const { end } = currentPeriod(subscription);
  return subscription.items.filter((item) => item.currentPeriod.end.equals(end));
}

/** The part of its current period whose usage a metered item bills: all of it, unless the item or its price came later. */
export function usagePeriod({ currentPeriod: { start, end }, usageStartAt }: SubscriptionItem): Period {
  return { start: usageStartAt ?? start, end };
}

/** The period of an item after its current one, counted from the anchor; the last one ends with the subscription. */
export function nextPeriod(
  { billingCycleAnchor, cancelAt }: Pick<Subscription, 'billingCycleAnchor' | 'cancelAt'>,
  { price, currentPeriod: current }: Pick<SubscriptionItem, 'price' | 'currentPeriod'>,
): Period {
  return cutShort(periodAfter(billingCycleAnchor, recurrenceIn({ price }), current), cancelAt);
}

/**
 * The whole period that a period of an item is, or is a part of: before a new anchor or an early end periods are cut short,
 * and what is billed in advance for them is a share of what the whole one costs.
 */
export function wholePeriod(
  { billingCycleAnchor }: Pick<Subscription, 'billingCycleAnchor'>,
  { price }: Pick<SubscriptionItem, 'price'>,
  { start }: Period,
): Period {
  return periodContaining(billingCycleAnchor, recurrenceIn({ price }), start);
}

/** When the current period of an item ends by itself, whatever the subscription's end cuts of it. */
export function ownEnd(
  { billingCycleAnchor, status, trial }: Pick<Subscription, 'billingCycleAnchor' | 'status' | 'trial'>,
  item: Pick<SubscriptionItem, 'price' | 'currentPeriod'>,
): Temporal.Instant {
  if (status === 'trialing' && trial !== null) return trial.end;
  return wholePeriod({ billingCycleAnchor }, item, item.currentPeriod).end;
}

/**
 * The same of a period that is billed from its start on. One that starts between two of the anchor is a part of the one
 * that would start there: "the prorated amount is calculated based on an imagined interval that starts on the start date"
 * (backdating).
 */
export function wholePeriodFrom(
  subscription: Pick<Subscription, 'billingCycleAnchor'>,
  item: Pick<SubscriptionItem, 'price'>,
  period: Period,
): Period {
  const whole = wholePeriod(subscription, item, period);
  return whole.start.equals(period.start) ? whole : naturalPeriod(recurrenceIn(item), period.start);
}

/** The current period of an item, after those before it that a backdated subscription has from its start on. */
export function periodsFrom(
  { billingCycleAnchor }: Pick<Subscription, 'billingCycleAnchor'>,
  item: Pick<SubscriptionItem, 'price' | 'currentPeriod'>,
  start: Temporal.Instant,
): Period[] {
  const { currentPeriod: current } = item;
  if (Temporal.Instant.compare(current.start, start) <= 0) return [current];
  return [...periodsBetween(billingCycleAnchor, recurrenceIn(item), start, current.start).slice(0, -1), current];
}

export function recurrenceIn({ price }: Pick<SubscriptionItem, 'price'>): Recurrence {
  const recurrence = recurrenceOf(price);
  assert(recurrence !== null, `the price ${price.id} is not recurring`);
  return recurrence;
}
