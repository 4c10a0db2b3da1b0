import assert from 'node:assert/strict';
import type { Insertable, Selectable } from 'kysely';
import { findPrices } from '../catalog/price.sql.ts';
import type { Price } from '../catalog/price.ts';
import { findTaxRates } from '../catalog/tax_rate.sql.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import { updateChangedRows } from '../db/rows.ts';
import { deleteFrom, type Scope, selectFrom } from '../db/scope.ts';
import type { SubscriptionItems } from '../db/tables.generated.ts';
import { decimal, formatDecimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { SubscriptionItem } from './subscription.ts';

function toItem(row: Selectable<SubscriptionItems>, price: Price, taxRates: readonly TaxRate[]): SubscriptionItem {
  return {
    id: row.id,
    subscriptionId: row.subscription_id,
    price,
    quantity: row.quantity,
    discountIds: row.discount_ids,
    taxRates,
    metadata: row.metadata as Metadata,
    currentPeriod: { start: row.current_period_start_at, end: row.current_period_end_at },
    thresholdUsage: row.threshold_usage,
    usageStartAt: row.usage_start_at,
    billedUsage: decimal(row.billed_usage),
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, item: SubscriptionItem): Insertable<SubscriptionItems> {
  return {
    account_id: scope.account.id,
    id: item.id,
    subscription_id: item.subscriptionId,
    price_id: item.price.id,
    quantity: item.quantity,
    discount_ids: [...item.discountIds],
    tax_rate_ids: item.taxRates.map(({ id }) => id),
    metadata: JSON.stringify(item.metadata),
    current_period_start_at: item.currentPeriod.start,
    current_period_end_at: item.currentPeriod.end,
    threshold_usage: item.thresholdUsage,
    usage_start_at: item.usageStartAt,
    billed_usage: formatDecimal(item.billedUsage),
    created_at: item.createdAt,
  };
}

export async function insertItems(scope: Scope, items: readonly SubscriptionItem[]): Promise<void> {
  if (items.length === 0) return;
  await scope.db
    .insertInto('subscription_items')
    .values(items.map((item) => toRow(scope, item)))
    .execute();
}

/** Stores what changes of items of locked subscriptions, any number of them by one statement. */
export async function updateItems(
  scope: Scope,
  changes: readonly { readonly before: SubscriptionItem; readonly after: SubscriptionItem }[],
): Promise<void> {
  const rows = changes.map(({ before, after }) => ({ before: toRow(scope, before), after: toRow(scope, after) }));
  await updateChangedRows(scope, 'subscription_items', rows);
}

export async function removeItems(scope: Scope, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await deleteFrom(scope, 'subscription_items').where('id', 'in', ids).execute();
}

export async function findItem(scope: Scope, id: string): Promise<SubscriptionItem | undefined> {
  const rows = await selectFrom(scope, 'subscription_items').selectAll().where('id', '=', id).execute();
  return (await withPrices(scope, rows))[0];
}

/** The items of subscriptions, by subscription, oldest first. */
export async function findItemsOf(
  scope: Scope,
  subscriptionIds: readonly string[],
): Promise<Map<string, SubscriptionItem[]>> {
  if (subscriptionIds.length === 0) return new Map();
  const rows = await selectFrom(scope, 'subscription_items')
    .selectAll()
    .where('subscription_id', 'in', subscriptionIds)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return Map.groupBy(await withPrices(scope, rows), (item) => item.subscriptionId);
}

/** Completes rows by their prices, in one query, and by their tax rates, where there are any. */
export async function withPrices(
  scope: Scope,
  rows: readonly Selectable<SubscriptionItems>[],
): Promise<SubscriptionItem[]> {
  const prices = await findPrices(scope, [...new Set(rows.map((row) => row.price_id))]);
  const rateIds = new Set(rows.flatMap((row) => row.tax_rate_ids));
  const rates = new Map((await findTaxRates(scope, [...rateIds])).map((rate) => [rate.id, rate]));
  const byId = new Map(prices.map((price) => [price.id, price]));
  return rows.map((row) => {
    const price = byId.get(row.price_id);
    assert(price !== undefined, `the item ${row.id} refers to a price that does not exist`);
    return toItem(
      row,
      price,
      row.tax_rate_ids.flatMap((id) => rates.get(id) ?? []),
    );
  });
}
