import assert from 'node:assert/strict';
import { findMeters } from '../metering/meter.sql.ts';
import { type DimensionFilter, usageOfAll } from '../metering/usage.sql.ts';
import { type Decimal, ZERO } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { itemsEndingNext } from '../subscriptions/periods.ts';
import type { Subscription, SubscriptionItem } from '../subscriptions/subscription.ts';

/**
 * The usage of each metered item of these subscriptions that ends next, in its current period, by item id; all by one
 * statement for each kind of meter; items that share customer, meter, period and filter are asked for once.
 */
export async function usageOfEnding(
  context: Context,
  subscriptions: readonly Subscription[],
): Promise<Map<string, Decimal>> {
  const metered = subscriptions.flatMap(meteredOf);
  const found = await findMeters(context, [...new Set(metered.map((item) => item.meterId))]);
  const meters = new Map(found.map((meter) => [meter.id, meter]));
  const wanted = new Map(
    metered.map((item) => {
      const { id, meterId, customerId, currentPeriod: period, filter } = item;
      const meter = meters.get(meterId);
      assert(meter !== undefined, `the meter ${meterId} of the item ${id} does not exist`);
      return [sourceOf(item), { meter, customerId, period, filter }];
    }),
  );
  const usage = await usageOfAll(context, [...wanted.values()]);
  const bySource = new Map([...wanted.keys()].map((source, place) => [source, usage[place] ?? ZERO]));
  return new Map(metered.map((item) => [item.id, bySource.get(sourceOf(item)) ?? ZERO]));
}

type Metered = Pick<SubscriptionItem, 'id' | 'currentPeriod'> & {
  readonly customerId: string;
  readonly meterId: string;
  readonly filter: DimensionFilter;
};

function meteredOf(subscription: Subscription): Metered[] {
  return itemsEndingNext(subscription).flatMap(({ id, price, currentPeriod }) => {
    const meterId = price.recurring?.meterId ?? null;
    if (meterId === null) return [];
    return [{ id, customerId: subscription.customerId, meterId, currentPeriod, filter: price.dimensionFilter }];
  });
}

/** Items that have this in common have the same usage. */
function sourceOf({ customerId, meterId, currentPeriod, filter }: Metered): string {
  return `${customerId} ${meterId} ${currentPeriod.start.epochMilliseconds} ${JSON.stringify(filter)}`;
}
