import assert from 'node:assert/strict';
import { findMeters } from '../metering/meter.sql.ts';
import { type DimensionFilter, usageOfAll } from '../metering/usage.sql.ts';
import { type Decimal, ZERO } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { itemsEndingNext } from '../subscriptions/periods.ts';
import type { Subscription, SubscriptionItem } from '../subscriptions/subscription.ts';

/**
 * The usage of each metered item that ends next, in its current period, by item id; all by one statement for each kind of
 * meter; items that share meter, period and filter are asked for once.
 */
export async function usageOfEnding(context: Context, subscription: Subscription): Promise<Map<string, Decimal>> {
  const metered = itemsEndingNext(subscription).flatMap(({ id, price, currentPeriod }) => {
    const meterId = price.recurring?.meterId ?? null;
    return meterId === null ? [] : [{ id, meterId, currentPeriod, filter: price.dimensionFilter }];
  });
  const meters = await findMeters(context, [...new Set(metered.map((item) => item.meterId))]);
  const wanted = new Map(
    metered.map((item) => {
      const { id, meterId, currentPeriod: period, filter } = item;
      const meter = meters.find((candidate) => candidate.id === meterId);
      assert(meter !== undefined, `the meter ${meterId} of the item ${id} does not exist`);
      return [sourceOf(item), { meter, customerId: subscription.customerId, period, filter }];
    }),
  );
  const usage = await usageOfAll(context, [...wanted.values()]);
  const bySource = new Map([...wanted.keys()].map((source, place) => [source, usage[place] ?? ZERO]));
  return new Map(metered.map((item) => [item.id, bySource.get(sourceOf(item)) ?? ZERO]));
}

type Metered = Pick<SubscriptionItem, 'id' | 'currentPeriod'> & {
  readonly meterId: string;
  readonly filter: DimensionFilter;
};

/** Items that have this in common have the same usage. */
function sourceOf({ meterId, currentPeriod, filter }: Metered): string {
  return `${meterId} ${currentPeriod.start.toString()} ${JSON.stringify(filter)}`;
}
