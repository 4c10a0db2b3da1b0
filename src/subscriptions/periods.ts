import assert from 'node:assert/strict';
import { recurrenceOf } from '../catalog/price.ts';
import { type Period, periodAfter } from '../time/period.ts';
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

/** The items whose period ends first: those that the next invoice bills. */
export function itemsEndingNext(subscription: Subscription): SubscriptionItem[] {
  const { end } = currentPeriod(subscription);
  return subscription.items.filter((item) => item.currentPeriod.end.equals(end));
}

/** The part of its current period whose usage a metered item bills: all of it, unless the item or its price came later. */
export function usagePeriod({ currentPeriod: { start, end }, usageStartAt }: SubscriptionItem): Period {
  return { start: usageStartAt ?? start, end };
}

/** The period of an item after its current one, counted from the anchor. */
export function nextPeriod(
  { billingCycleAnchor }: Subscription,
  { price, currentPeriod: current }: SubscriptionItem,
): Period {
  const recurrence = recurrenceOf(price);
  assert(recurrence !== null, `the price ${price.id} is not recurring`);
  return periodAfter(billingCycleAnchor, recurrence, current);
}
