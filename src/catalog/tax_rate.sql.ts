import type { Insertable, Selectable, SelectQueryBuilder } from 'kysely';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { DB, TaxRates } from '../db/tables.generated.ts';
import { decimal, formatDecimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { TaxRate } from './tax_rate.ts';
import type { ListTaxRatesParams } from './tax_rate.params.ts';

export function toTaxRate(row: Selectable<TaxRates>): TaxRate {
  return {
    id: row.id,
    displayName: row.display_name,
    percentage: decimal(row.percentage),
    inclusive: row.inclusive,
    active: row.active,
    country: row.country,
    state: row.state,
    jurisdiction: row.jurisdiction,
    description: row.description,
    taxType: row.tax_type,
    metadata: row.metadata as Metadata,
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, rate: TaxRate): Insertable<TaxRates> {
  return {
    account_id: scope.account.id,
    id: rate.id,
    display_name: rate.displayName,
    percentage: formatDecimal(rate.percentage),
    inclusive: rate.inclusive,
    active: rate.active,
    country: rate.country,
    state: rate.state,
    jurisdiction: rate.jurisdiction,
    description: rate.description,
    tax_type: rate.taxType,
    metadata: JSON.stringify(rate.metadata),
    created_at: rate.createdAt,
  };
}

export async function insertTaxRate(scope: Scope, rate: TaxRate): Promise<void> {
  await scope.db.insertInto('tax_rates').values(toRow(scope, rate)).execute();
}

/** Writes all of a locked tax rate. */
export async function updateTaxRate(scope: Scope, rate: TaxRate): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, rate);
  await updateTable(scope, 'tax_rates').set(columns).where('id', '=', rate.id).execute();
}

export async function findTaxRate(scope: Scope, id: string): Promise<TaxRate | undefined> {
  const row = await selectFrom(scope, 'tax_rates').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toTaxRate(row);
}

/** The same, held against other writers until the end of the transaction. */
export async function lockTaxRate(scope: Scope, id: string): Promise<TaxRate | undefined> {
  const row = await selectFrom(scope, 'tax_rates').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  return row && toTaxRate(row);
}

/** The tax rates of these ids that exist, active or not, in no particular order. */
export async function findTaxRates(scope: Scope, ids: readonly string[]): Promise<TaxRate[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'tax_rates').selectAll().where('id', 'in', ids).execute();
  return rows.map(toTaxRate);
}

/** The filters of the list; `created` is the list's own. */
export function filterTaxRates(query: SelectQueryBuilder<DB, 'tax_rates', object>, filters: ListTaxRatesParams) {
  let refined = query;
  if (filters.active !== undefined) refined = refined.where('active', '=', filters.active);
  if (filters.inclusive !== undefined) refined = refined.where('inclusive', '=', filters.inclusive);
  return refined;
}
