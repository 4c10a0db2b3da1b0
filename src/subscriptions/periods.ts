import assert from 'node:assert/strict';
import { recurrenceOf } from '../catalog/price.ts';
import { cutShort, type Period, periodAfter, periodContaining, type Recurrence } from '../time/period.ts';
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
  return cutShort(periodAfter(billingCycleAnchor, recurrenceOfItem(price), current), cancelAt);
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
  return periodContaining(billingCycleAnchor, recurrenceOfItem(price), start);
}

function recurrenceOfItem(price: SubscriptionItem['price']): Recurrence {
  const recurrence = recurrenceOf(price);
  assert(recurrence !== null, `the price ${price.id} is not recurring`);
  return recurrence;
}
