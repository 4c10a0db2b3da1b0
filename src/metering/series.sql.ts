import { sql } from 'kysely';
import { textArray } from '../db/binary.ts';
import type { Queryable } from '../db/pool.ts';

/** What one customer uses of one meter with one combination of dimension values (JSON; `{}` without). */
export type SeriesKey = {
  readonly accountId: string;
  readonly meterId: string;
  readonly customerId: string;
  readonly dimensions: string;
};

/** A number that follows the key's own order, so that two writers take series in the same order. */
type Found = { place: number; id: number | null };

/**
 * The numbers of series, made where they are missing; undefined where the customer does not exist or was deleted.
 * The keys must be distinct. Runs outside any transaction: a series without events is harmless.
 */
// unscoped: ingest writes for many accounts at once; each key carries its own.
export async function ensureSeries(
  db: Queryable,
  keys: readonly SeriesKey[],
  now: Temporal.Instant,
): Promise<(number | undefined)[]> {
  for (;;) {
    const rows = await insertAndFind(db, keys, now);
    // A series that another process is making right now is neither made nor seen here; the next look sees it.
    if (rows.every((row) => row.id !== null || !row.alive)) return rows.map((row) => row.id ?? undefined);
  }
}

async function insertAndFind(db: Queryable, keys: readonly SeriesKey[], now: Temporal.Instant) {
  const { rows } = await sql<Found & { alive: boolean }>`
    with wanted as materialized (
      select w.*, c.id is not null as alive
      from unnest(
        ${textArray(keys, (key) => key.accountId)}::text[], ${textArray(keys, (key) => key.meterId)}::text[],
        ${textArray(keys, (key) => key.customerId)}::text[], ${textArray(keys, (key) => key.dimensions)}::text[]::jsonb[]
      ) with ordinality as w(account_id, meter_id, customer_id, dimensions, place)
      left join customers c on c.account_id = w.account_id and c.id = w.customer_id and c.deleted_at is null
    ), known as (
      select w.place, s.id
      from wanted w
      join usage_series s
        on s.account_id = w.account_id and s.meter_id = w.meter_id and s.customer_id = w.customer_id
        and s.dimensions = w.dimensions
      where w.alive
    ), made as (
      insert into usage_series (account_id, meter_id, customer_id, dimensions, created_at)
      select account_id, meter_id, customer_id, dimensions, ${now}
      from wanted
      where alive and place not in (select place from known)
      order by account_id, meter_id, customer_id, dimensions
      on conflict (account_id, meter_id, customer_id, dimensions) do nothing
      returning id, account_id, meter_id, customer_id, dimensions
    )
    select w.place::int4, w.alive, coalesce(k.id, m.id)::float8 as id
    from wanted w
    left join known k on k.place = w.place
    left join made m
      on m.account_id = w.account_id and m.meter_id = w.meter_id and m.customer_id = w.customer_id
      and m.dimensions = w.dimensions
    order by w.place
  `.execute(db);
  return rows;
}

/** What is there of a key: combinations of its customer, new ones of its meter since some time, and itself. */
export type CombinationCount = {
  readonly ofCustomer: number;
  readonly recent: number;
  /** The meter has the combination, of whichever customer. */
  readonly known: boolean;
  readonly exists: boolean;
};

/** Counts what limits the making of series, in the order of `keys`. */
// unscoped: as ensureSeries.
export async function countCombinations(
  db: Queryable,
  keys: readonly SeriesKey[],
  since: Temporal.Instant,
): Promise<CombinationCount[]> {
  const { rows } = await sql<{ of_customer: number; recent: number; known: boolean; exists: boolean }>`
    with wanted as materialized (
      select * from unnest(
        ${textArray(keys, (key) => key.accountId)}::text[], ${textArray(keys, (key) => key.meterId)}::text[],
        ${textArray(keys, (key) => key.customerId)}::text[], ${textArray(keys, (key) => key.dimensions)}::text[]::jsonb[]
      ) with ordinality as w(account_id, meter_id, customer_id, dimensions, place)
    ), recent as materialized (
      -- Once a meter: it may have millions of series.
      select m.account_id, m.meter_id, (
        select count(distinct s.dimensions)::int4 from usage_series s
        where s.account_id = m.account_id and s.meter_id = m.meter_id and s.created_at > ${since}
          and s.dimensions <> '{}'
      ) as count
      from (select distinct account_id, meter_id from wanted) m
    )
    select r.count as recent,
      (select count(*)::int4 from usage_series s
        where s.account_id = w.account_id and s.meter_id = w.meter_id and s.customer_id = w.customer_id) as of_customer,
      exists (select from usage_series s
        where s.account_id = w.account_id and s.meter_id = w.meter_id and s.dimensions = w.dimensions
          and s.dimensions <> '{}') as known,
      exists (select from usage_series s
        where s.account_id = w.account_id and s.meter_id = w.meter_id and s.customer_id = w.customer_id
          and s.dimensions = w.dimensions) as exists
    from wanted w join recent r using (account_id, meter_id)
    order by w.place
  `.execute(db);
  return rows.map(({ of_customer: ofCustomer, recent, known, exists }) => ({ ofCustomer, recent, known, exists }));
}
