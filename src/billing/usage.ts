import assert from 'node:assert/strict';
import { findMeters } from '../metering/meter.sql.ts';
import { usageOf } from '../metering/usage.sql.ts';
import type { Decimal } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { itemsEndingNext } from '../subscriptions/periods.ts';
import type { Subscription } from '../subscriptions/subscription.ts';

/**
 * The usage of each metered item that ends next, in its current period, by item id; items that share meter, period and
 * filter share the query.
 */
export async function usageOfEnding(context: Context, subscription: Subscription): Promise<Map<string, Decimal>> {
  const metered = itemsEndingNext(subscription).flatMap(({ id, price, currentPeriod }) => {
    const meterId = price.recurring?.meterId ?? null;
    return meterId === null ? [] : [{ id, meterId, currentPeriod, filter: price.dimensionFilter }];
  });
  const meters = await findMeters(context, [...new Set(metered.map((item) => item.meterId))]);
  const known = new Map<string, Decimal>();
  const byItem = new Map<string, Decimal>();
  for (const { id, meterId, currentPeriod, filter } of metered) {
    const meter = meters.find((candidate) => candidate.id === meterId);
    assert(meter !== undefined, `the meter ${meterId} of the item ${id} does not exist`);
    const key = `${meterId} ${currentPeriod.start.toString()} ${JSON.stringify(filter)}`;
    const usage = known.get(key) ?? (await usageOf(context, meter, subscription.customerId, currentPeriod, filter));
    known.set(key, usage);
    byItem.set(id, usage);
  }
  return byItem;
}
