import assert from 'node:assert/strict';
import { findMeters } from '../metering/meter.sql.ts';
import { type DimensionFilter, usageOfAll } from '../metering/usage.sql.ts';
import { type Decimal, ZERO } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { itemsEndingNext, usagePeriod } from '../subscriptions/periods.ts';
import type { Subscription, SubscriptionItem } from '../subscriptions/subscription.ts';
import type { Period } from '../time/period.ts';

/** A subscription item and the time of which its usage is wanted. */
export type WantedUsage = {
  readonly customerId: string;
  readonly item: Pick<SubscriptionItem, 'id' | 'price'>;
  readonly period: Period;
};

/**
 * The usage of each metered item of these subscriptions that ends next, in its current period, by item id; all by one
 * statement for each kind of meter; items that share customer, meter, period and filter are asked for once.
 */
export async function usageOfEnding(
  context: Context,
  subscriptions: readonly Subscription[],
): Promise<Map<string, Decimal>> {
  const wanted = subscriptions.flatMap((subscription) =>
    itemsEndingNext(subscription).map((item) => ({
      customerId: subscription.customerId,
      item,
      period: usagePeriod(item),
    })),
  );
  return await usageOf(context, wanted);
}

/** The same of any items in any time; those that are licensed have none. */
export async function usageOf(context: Context, items: readonly WantedUsage[]): Promise<Map<string, Decimal>> {
  const metered = items.flatMap(meteredOf);
  const found = await findMeters(context, [...new Set(metered.map((item) => item.meterId))]);
  const meters = new Map(found.map((meter) => [meter.id, meter]));
  const wanted = new Map(
    metered.map((item) => {
      const { id, meterId, customerId, period, filter } = item;
      const meter = meters.get(meterId);
      assert(meter !== undefined, `the meter ${meterId} of the item ${id} does not exist`);
      return [sourceOf(item), { meter, customerId, period, filter }];
    }),
  );
  const usage = await usageOfAll(context, [...wanted.values()]);
  const bySource = new Map([...wanted.keys()].map((source, place) => [source, usage[place] ?? ZERO]));
  return new Map(metered.map((item) => [item.id, bySource.get(sourceOf(item)) ?? ZERO]));
}

type Metered = {
  readonly id: string;
  readonly customerId: string;
  readonly meterId: string;
  readonly period: Period;
  readonly filter: DimensionFilter;
};

function meteredOf({ customerId, item: { id, price }, period }: WantedUsage): Metered[] {
  const meterId = price.recurring?.meterId ?? null;
  return meterId === null ? [] : [{ id, customerId, meterId, period, filter: price.dimensionFilter }];
}

/** Items that have this in common have the same usage. */
function sourceOf({ customerId, meterId, period: { start, end }, filter }: Metered): string {
  return `${customerId} ${meterId} ${start.epochMilliseconds} ${end.epochMilliseconds} ${JSON.stringify(filter)}`;
}
