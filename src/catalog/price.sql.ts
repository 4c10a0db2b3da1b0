import { type Insertable, type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { DB, Prices } from '../db/tables.generated.ts';
import type { DimensionFilter } from '../metering/usage.sql.ts';
import { type Decimal, decimal, formatDecimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Price, PriceAmounts, PriceTier, Recurring } from './price.ts';
import type { ListPricesParams } from './price.params.ts';

/** In jsonb every number is text, so that no float comes between. */
type StoredTier = { up_to: string | null; unit_amount: string | null; flat_amount: string | null };

type StoredOption = {
  unit_amount: string | null;
  tiers: StoredTier[] | null;
  tax_behavior: PriceAmounts['taxBehavior'];
};

export function toPrice(row: Selectable<Prices>): Price {
  const options = Object.entries(row.currency_options as Record<string, StoredOption>);
  return {
    id: row.id,
    productId: row.product_id,
    active: row.active,
    currency: row.currency,
    nickname: row.nickname,
    lookupKey: row.lookup_key,
    metadata: row.metadata as Metadata,
    createdAt: row.created_at,
    billingScheme: row.billing_scheme,
    unitAmount: toDecimal(row.unit_amount),
    tiers: toTiers(row.tiers as StoredTier[] | null),
    taxBehavior: row.tax_behavior,
    tiersMode: row.tiers_mode,
    transform:
      row.transform_divide_by === null || row.transform_round === null
        ? null
        : { divideBy: row.transform_divide_by, round: row.transform_round },
    currencyOptions: new Map(options.map(([currency, option]) => [currency, toAmounts(option)])),
    recurring: toRecurring(row),
    dimensionFilter: row.dimension_filter as DimensionFilter,
  };
}

function toRecurring(row: Selectable<Prices>): Recurring | null {
  const { recurring_interval: interval, recurring_interval_count: intervalCount, usage_type: usageType } = row;
  if (interval === null || intervalCount === null || usageType === null) return null;
  return { interval, intervalCount, usageType, meterId: row.meter_id };
}

function toAmounts(option: StoredOption): PriceAmounts {
  return {
    unitAmount: toDecimal(option.unit_amount),
    tiers: toTiers(option.tiers),
    taxBehavior: option.tax_behavior,
  };
}

function toTiers(tiers: StoredTier[] | null): PriceTier[] | null {
  if (tiers === null) return null;
  return tiers.map((tier) => ({
    upTo: tier.up_to === null ? null : BigInt(tier.up_to),
    unitAmount: toDecimal(tier.unit_amount),
    flatAmount: toDecimal(tier.flat_amount),
  }));
}

function toDecimal(text: string | null): Decimal | null {
  return text === null ? null : decimal(text);
}

function toRow(scope: Scope, price: Price): Insertable<Prices> {
  const tiers = storedTiers(price.tiers);
  return {
    account_id: scope.account.id,
    id: price.id,
    product_id: price.productId,
    active: price.active,
    currency: price.currency,
    nickname: price.nickname,
    lookup_key: price.lookupKey,
    tax_behavior: price.taxBehavior,
    billing_scheme: price.billingScheme,
    unit_amount: toText(price.unitAmount),
    tiers_mode: price.tiersMode,
    tiers: tiers && JSON.stringify(tiers),
    transform_divide_by: price.transform?.divideBy ?? null,
    transform_round: price.transform?.round ?? null,
    currency_options: JSON.stringify(storedOptions(price)),
    recurring_interval: price.recurring?.interval ?? null,
    recurring_interval_count: price.recurring?.intervalCount ?? null,
    usage_type: price.recurring?.usageType ?? null,
    meter_id: price.recurring?.meterId ?? null,
    dimension_filter: JSON.stringify(price.dimensionFilter),
    metadata: JSON.stringify(price.metadata),
    created_at: price.createdAt,
  };
}

function storedOptions(price: Price): Record<string, StoredOption> {
  const options = [...price.currencyOptions].map(([currency, amounts]): [string, StoredOption] => [
    currency,
    {
      unit_amount: toText(amounts.unitAmount),
      tiers: storedTiers(amounts.tiers),
      tax_behavior: amounts.taxBehavior,
    },
  ]);
  return Object.fromEntries(options);
}

function storedTiers(tiers: readonly PriceTier[] | null): StoredTier[] | null {
  if (tiers === null) return null;
  return tiers.map((tier) => ({
    up_to: tier.upTo === null ? null : String(tier.upTo),
    unit_amount: toText(tier.unitAmount),
    flat_amount: toText(tier.flatAmount),
  }));
}

function toText(value: Decimal | null): string | null {
  return value && formatDecimal(value);
}

export async function insertPrice(scope: Scope, price: Price): Promise<void> {
  await scope.db.insertInto('prices').values(toRow(scope, price)).execute();
}

export async function updatePrice(scope: Scope, price: Price): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, price);
  await updateTable(scope, 'prices').set(columns).where('id', '=', price.id).execute();
}

export async function findPrice(scope: Scope, id: string): Promise<Price | undefined> {
  const row = await selectFrom(scope, 'prices').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toPrice(row);
}

/** The prices of these ids that exist, in no particular order. */
export async function findPrices(scope: Scope, ids: readonly string[]): Promise<Price[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'prices').selectAll().where('id', 'in', ids).execute();
  return rows.map(toPrice);
}

/** True when a product has a price, active or not. */
export async function hasPrices(scope: Scope, productId: string): Promise<boolean> {
  const row = await selectFrom(scope, 'prices')
    .select('id')
    .where('product_id', '=', productId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * The price of that id, and the holder of that lookup key, held against other writers until the end of the
 * transaction. Both are locked by one statement, in the order of their ids, so that two transfers in opposite
 * directions wait for each other instead of deadlocking; rows that merely refer to a price need not wait.
 */
export async function lockPrices(scope: Scope, by: { id: string | null; lookupKey: string | null }): Promise<Price[]> {
  const rows = await selectFrom(scope, 'prices')
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', by.id), eb('lookup_key', '=', by.lookupKey)]))
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  return rows.map(toPrice);
}

/**
 * Waits for other transactions that are giving a price this lookup key, and keeps them waiting until the end of this
 * one: a key that nobody holds yet has no row to lock.
 */
export async function lockLookupKey(scope: Scope, lookupKey: string): Promise<void> {
  const name = `lookup_key ${scope.account.id} ${lookupKey}`;
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(scope.db);
}

/** The filters of the list; `created` is the list's own. A currency option counts as the price's currency. */
export function filterPrices(query: SelectQueryBuilder<DB, 'prices', object>, filters: ListPricesParams) {
  const { active, currency, lookup_keys: lookupKeys, product, recurring, type } = filters;
  let refined = query;
  if (active !== undefined) refined = refined.where('active', '=', active);
  if (currency !== undefined) {
    refined = refined.where((eb) => eb.or([eb('currency', '=', currency), eb('currency_options', '?', currency)]));
  }
  if (lookupKeys !== undefined) {
    refined = refined.where((eb) => eb('lookup_key', '=', eb.fn.any(eb.val(lookupKeys))));
  }
  if (product !== undefined) refined = refined.where('product_id', '=', product);
  if (recurring?.interval !== undefined) refined = refined.where('recurring_interval', '=', recurring.interval);
  if (recurring?.meter !== undefined) refined = refined.where('meter_id', '=', recurring.meter);
  if (recurring?.usage_type !== undefined) refined = refined.where('usage_type', '=', recurring.usage_type);
  if (type !== undefined) refined = refined.where('recurring_interval', type === 'recurring' ? 'is not' : 'is', null);
  return refined;
}
