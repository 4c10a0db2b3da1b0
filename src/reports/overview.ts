import assert from 'node:assert/strict';
import { findPrices } from '../catalog/price.sql.ts';
import type { Recurring } from '../catalog/price.ts';
import { priceModel } from '../invoices/price_model.ts';
import { decimal } from '../money/decimal.ts';
import { rate } from '../rating/rate.ts';
import type { Context } from '../stripe/context.ts';
import type { JsonObject } from '../stripe/json.ts';
import { toUnix } from '../time/instant.ts';
import { requireClock } from './clock.ts';
import { countSubscriptions, groupItems, type ItemGroup, type Standing, sumUnsettled } from './overview.sql.ts';

/** What is billed again and again, in one currency and rhythm; before discounts and taxes, and without usage. */
type RecurringSum = Pick<Recurring, 'interval' | 'intervalCount'> & {
  readonly currency: string;
  amount: bigint;
  count: number;
};

/** An account, or what is on one of its test clocks, at a glance. */
export async function viewOverview(context: Context, clockName: string | undefined): Promise<JsonObject> {
  const clock = clockName === undefined ? null : await requireClock(context, clockName, 'test_clock');
  const clockId = clock?.id ?? null;
  const now = clock?.frozenAt ?? context.now;
  const sums = await sumUnsettled(context, clockId, now);
  const counts = await countSubscriptions(context, clockId);
  const { recurring, meteredItems } = await sumRecurring(context, await groupItems(context, clockId));
  const inStanding = (wanted: Standing) =>
    sums
      .filter(({ standing }) => standing === wanted)
      .map(({ amount, count, currency }) => ({ amount, count, currency }));
  return {
    object: 'usance.overview',
    invoices: {
      draft: inStanding('draft'),
      open: inStanding('open'),
      past_due: inStanding('past_due'),
      payment_failed: inStanding('payment_failed'),
      uncollectible: inStanding('uncollectible'),
    },
    metered_item_count: meteredItems,
    recurring: recurring.map(({ amount, count, currency, interval, intervalCount }) => ({
      amount,
      currency,
      interval,
      interval_count: intervalCount,
      item_count: count,
    })),
    subscriptions: Object.fromEntries(counts.map(({ status, count }) => [status, count])),
    test_clock: clockId,
    time: toUnix(now),
  };
}

/** Rates each kind of item once, as a renewal will, and adds up by currency and interval. */
async function sumRecurring(context: Context, groups: readonly ItemGroup[]) {
  const prices = new Map(
    (await findPrices(context, [...new Set(groups.map(({ priceId }) => priceId))])).map((price) => [price.id, price]),
  );
  const sums = new Map<string, RecurringSum>();
  let meteredItems = 0;
  for (const { priceId, quantity, currency, count } of groups) {
    const price = prices.get(priceId);
    assert(price?.recurring, `the item of ${priceId} refers to no recurring price`);
    const { interval, intervalCount, usageType } = price.recurring;
    if (usageType === 'metered') {
      meteredItems += count;
      continue;
    }
    const lines = rate(priceModel(price, currency), decimal(quantity ?? 1n));
    const amount = lines.reduce((sum, line) => sum + line.amount, 0n);
    const key = `${currency} ${interval} ${intervalCount}`;
    const sum = sums.get(key) ?? { interval, intervalCount, currency, amount: 0n, count: 0 };
    sum.amount += amount * BigInt(count);
    sum.count += count;
    sums.set(key, sum);
  }
  const keys = [...sums.keys()].sort((a, b) => a.localeCompare(b));
  return { recurring: keys.flatMap((key) => sums.get(key) ?? []), meteredItems };
}
