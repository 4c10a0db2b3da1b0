import { type Selectable, sql } from 'kysely';
import { deleteFrom, type Scope, selectFrom } from '../db/scope.ts';
import type { TaxIds } from '../db/tables.generated.ts';
import type { TaxId } from './tax_id.ts';

export function toTaxId(row: Selectable<TaxIds>): TaxId {
  return {
    id: row.id,
    customerId: row.customer_id,
    type: row.type,
    value: row.value,
    country: row.country,
    createdAt: row.created_at,
  };
}

export async function insertTaxId(scope: Scope, taxId: TaxId): Promise<void> {
  await scope.db
    .insertInto('tax_ids')
    .values({
      account_id: scope.account.id,
      id: taxId.id,
      customer_id: taxId.customerId,
      type: taxId.type,
      value: taxId.value,
      country: taxId.country,
      created_at: taxId.createdAt,
    })
    .execute();
}

export async function findTaxId(scope: Scope, id: string): Promise<TaxId | undefined> {
  return (await findTaxIds(scope, [id]))[0];
}

/** The tax ids of these ids that exist, in no particular order. */
export async function findTaxIds(scope: Scope, ids: readonly string[]): Promise<TaxId[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'tax_ids').selectAll().where('id', 'in', ids).execute();
  return rows.map(toTaxId);
}

/** How many tax ids a customer has, or, for null, the account itself. */
export async function countTaxIds(scope: Scope, customerId: string | null): Promise<number> {
  const row = await selectFrom(scope, 'tax_ids')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('customer_id', 'is not distinct from', customerId)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** The newest tax ids of each of these customers, at most `limit` of one, newest first. */
export async function findNewestTaxIds(scope: Scope, customerIds: readonly string[], limit: number): Promise<TaxId[]> {
  if (customerIds.length === 0) return [];
  const ranked = selectFrom(scope, 'tax_ids')
    .selectAll()
    .select(sql<bigint>`row_number() over (partition by customer_id order by created_at desc, id desc)`.as('place'))
    .where('customer_id', 'in', customerIds);
  // unscoped: the rows that it selects from are
  const rows = await scope.db
    .selectFrom(ranked.as('ranked'))
    .selectAll()
    .where('place', '<=', BigInt(limit))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.map(toTaxId);
}

/** True when it was there to be removed. */
export async function removeTaxId(scope: Scope, id: string): Promise<boolean> {
  const { numDeletedRows } = await deleteFrom(scope, 'tax_ids').where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}
