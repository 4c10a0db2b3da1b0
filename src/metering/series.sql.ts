import { type RawBuilder, sql } from 'kysely';
import { textArray } from '../db/binary.ts';
import type { Queryable } from '../db/pool.ts';

/** What one customer uses of one meter with one combination of dimension values (JSON; `{}` without). */
export type SeriesKey = {
  readonly accountId: string;
  readonly meterId: string;
  readonly customerId: string;
  readonly dimensions: string;
};

/** A key as it is stored: its number, and whether its customer is there. */
type Found = { readonly id: number | null; readonly alive: boolean };

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
    await insertMissing(db, keys, now);
    const rows = await findAll(db, keys);
    // A customer may come between the two.
    if (rows.every((row) => row.id !== null || !row.alive)) return rows.map((row) => row.id ?? undefined);
  }
}

function wanted(keys: readonly SeriesKey[]): RawBuilder<unknown> {
  return sql`unnest(
    ${textArray(keys, (key) => key.accountId)}::text[], ${textArray(keys, (key) => key.meterId)}::text[],
    ${textArray(keys, (key) => key.customerId)}::text[], ${textArray(keys, (key) => key.dimensions)}::text[]::jsonb[]
  ) with ordinality as w(account_id, meter_id, customer_id, dimensions, place)`;
}

/** In the order of the keys, so that two writers take series in the same order; waits for one that makes the same. */
async function insertMissing(db: Queryable, keys: readonly SeriesKey[], now: Temporal.Instant): Promise<void> {
  await sql`
    insert into usage_series (account_id, meter_id, customer_id, dimensions, created_at)
    select w.account_id, w.meter_id, w.customer_id, w.dimensions, ${now}
    from ${wanted(keys)} join customers c on c.account_id = w.account_id and c.id = w.customer_id
    where c.deleted_at is null and not exists (
      select from usage_series s
      where s.account_id = w.account_id and s.meter_id = w.meter_id and s.customer_id = w.customer_id
        and s.dimensions = w.dimensions
    )
    order by w.account_id, w.meter_id, w.customer_id, w.dimensions
    on conflict (account_id, meter_id, customer_id, dimensions) do nothing
  `.execute(db);
}

/**
 * In the order of the keys. A statement of its own, each key looked up in the index: read from what the insert returns, by
 * the joins that ingest's connections are left with, 4,000 new series took 5 s.
 */
async function findAll(db: Queryable, keys: readonly SeriesKey[]): Promise<Found[]> {
  const { rows } = await sql<Found>`
    select s.id::float8 as id, c.id is not null as alive
    from ${wanted(keys)}
    left join customers c on c.account_id = w.account_id and c.id = w.customer_id and c.deleted_at is null
    left join usage_series s
      on c.id is not null and s.account_id = w.account_id and s.meter_id = w.meter_id
        and s.customer_id = w.customer_id and s.dimensions = w.dimensions
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
