import { type Insertable, type Selectable, sql } from 'kysely';
import { raiseCacheEpoch } from '../accounts/epoch.sql.ts';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import { textArray } from '../db/binary.ts';
import type { Queryable } from '../db/pool.ts';
import type { Meters } from '../db/tables.generated.ts';
import { brokenConstraint } from '../db/transaction.ts';
import { invalidRequest } from '../stripe/errors.ts';
import type { Meter } from './meter.ts';

export function toMeter(row: Selectable<Meters>): Meter {
  return {
    id: row.id,
    displayName: row.display_name,
    eventName: row.event_name,
    formula: row.formula,
    eventTimeWindow: row.event_time_window,
    customerKey: row.customer_key,
    valueKey: row.value_key,
    dimensionKeys: row.dimension_keys,
    status: row.status,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    deactivatedAt: row.deactivated_at,
  };
}

function toRow(scope: Scope, meter: Meter): Insertable<Meters> {
  return {
    account_id: scope.account.id,
    id: meter.id,
    display_name: meter.displayName,
    event_name: meter.eventName,
    formula: meter.formula,
    event_time_window: meter.eventTimeWindow,
    customer_key: meter.customerKey,
    value_key: meter.valueKey,
    dimension_keys: [...meter.dimensionKeys],
    status: meter.status,
    created_at: meter.createdAt,
    updated_at: meter.updatedAt,
    deactivated_at: meter.deactivatedAt,
  };
}

export async function insertMeter(scope: Scope, meter: Meter): Promise<void> {
  await explainConflict(meter, () => scope.db.insertInto('meters').values(toRow(scope, meter)).execute());
  // Its event name may be remembered as one without a meter.
  await raiseCacheEpoch(scope);
}

export async function updateMeter(scope: Scope, meter: Meter): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, meter);
  await explainConflict(meter, () => updateTable(scope, 'meters').set(columns).where('id', '=', meter.id).execute());
  await raiseCacheEpoch(scope);
}

async function explainConflict(meter: Meter, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (brokenConstraint(error) !== 'meters_active_event_name_key') throw error;
    throw invalidRequest(
      `An active meter already exists with event name '${meter.eventName}'. Deactivate it first, or choose another event name.`,
      'event_name',
      'resource_already_exists',
    );
  }
}

export async function findMeter(scope: Scope, id: string): Promise<Meter | undefined> {
  const row = await selectFrom(scope, 'meters').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toMeter(row);
}

/** The same, held against other writers until the end of the transaction. */
export async function lockMeter(scope: Scope, id: string): Promise<Meter | undefined> {
  const row = await selectFrom(scope, 'meters').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  return row && toMeter(row);
}

export async function findMeters(scope: Scope, ids: readonly string[]): Promise<Meter[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'meters').selectAll().where('id', 'in', ids).execute();
  return rows.map(toMeter);
}

/**
 * The meters that event names mean, in the order asked: the active one, else the one deactivated last, else undefined.
 * The names must be distinct.
 */
// unscoped: ingest writes for many accounts at once; each name carries its own.
export async function findMetersByEventName(
  db: Queryable,
  wanted: readonly { accountId: string; eventName: string }[],
): Promise<(Meter | undefined)[]> {
  const { rows } = await sql<Selectable<Meters> & { place: number }>`
    select w.place::int4, m.*
    from unnest(
      ${textArray(wanted, ({ accountId }) => accountId)}::text[], ${textArray(wanted, ({ eventName }) => eventName)}::text[]
    ) with ordinality as w(account_id, event_name, place)
    cross join lateral (
      select * from meters m
      where m.account_id = w.account_id and m.event_name = w.event_name
      order by m.status, m.deactivated_at desc
      limit 1
    ) m
  `.execute(db);
  const byPlace = new Map(rows.map((row) => [row.place, toMeter(row)]));
  return wanted.map((_, index) => byPlace.get(index + 1));
}
