import type pg from 'pg';
import { INGEST_BLOCK_EVENTS } from '../src/limits.ts';

/** Of an hour; the session's time is UTC. */
const DAY_IS_OVER = "date_trunc('day', hour_at) + interval '1 day 5 minutes' <= now()";

/** The slice of a fill that one statement writes; it begins and ends on hours, but for the first and the last. */
export type Slice = { readonly from: Date; readonly to: Date; readonly events: number };

/** Whose events they are: `series` are numbers of usage_series, the first of which get the most, unless all get as many. */
export type Owner = { readonly accountId: string; readonly series: readonly number[]; readonly isEven: boolean };

/** Draws sequence numbers as ingest does, in blocks; answers the number below the first. */
async function drawSequences(db: pg.ClientBase, events: number): Promise<string> {
  const blocks = Math.ceil(events / INGEST_BLOCK_EVENTS) + 1;
  const { rows } = await db.query<{ base: string }>(
    `select (setval('meter_event_blocks', nextval('meter_event_blocks') + $1) - $1) * $2::bigint as base`,
    [blocks, INGEST_BLOCK_EVENTS],
  );
  return rows[0]?.base ?? '0';
}

/**
 * Writes events at random moments of a slice as ingest and the folding of hours would have: raw events, identifiers,
 * minutes, and the hours that are over; days follow at the end. `exp(ln(n) * random())` follows Zipf's law with s = 1; evenly they go round.
 */
export async function fillSlice(db: pg.ClientBase, owner: Owner, slice: Slice): Promise<void> {
  await db.query(
    {
      name: 'fill',
      text: `
with rows as materialized (
  select ($2::bigint[])[case when $7 then 1 + ($6::bigint + n) % cardinality($2::bigint[])
      else 1 + floor(exp(ln(cardinality($2::bigint[]) + 0.999) * random()) - 1)::int end] as series_id,
    date_trunc('milliseconds', $3::timestamptz + random() * ($4::timestamptz - $3::timestamptz)) as event_at,
    $6::bigint + n as sequence, 'stored-' || lpad(($6::bigint + n)::text, 29, '0') as identifier,
    (1 + n % 99)::numeric as value
  from generate_series(1, $5::int) n
), events as (
  insert into meter_events (series_id, event_at, sequence, received_at, identifier, value, payload)
  select series_id, event_at, sequence, event_at, identifier, value, null from rows order by event_at
), identifiers as (
  insert into meter_event_identifiers (hash, received_at, series_id, event_at, sequence)
  select encode(substr(sha256(convert_to($1::text, 'UTF8') || '\\x00' || convert_to(identifier, 'UTF8')), 1, 16), 'hex')::uuid,
    event_at, series_id, event_at, sequence
  from rows
), minutes as materialized (
  select series_id, minute_at, date_trunc('hour', minute_at) as hour_at, events, total,
    date_trunc('hour', minute_at) + interval '1 hour' <= now() as over
  from (
    select series_id, date_trunc('minute', event_at) as minute_at, count(*) as events, sum(value) as total
    from rows group by 1, 2
  ) m
), stored as (
  insert into usage_minutes (series_id, minute_at, event_count, value_sum, folded)
  select series_id, minute_at, events, total, over from minutes
)
insert into usage_hours (series_id, hour_at, event_count, value_sum, folded)
select series_id, hour_at, sum(events), sum(total), ${DAY_IS_OVER} from minutes where over group by series_id, hour_at`,
    },
    [
      owner.accountId,
      owner.series,
      slice.from,
      slice.to,
      slice.events,
      await drawSequences(db, slice.events),
      owner.isEven,
    ],
  );
}

const TABLES = ['meter_events', 'meter_event_identifiers', 'usage_minutes', 'usage_hours', 'usage_days'];

/** Days are put together when all their hours are there; each fill is of other series. */
const FILL_DAYS = `
insert into usage_days (series_id, day_at, event_count, value_sum)
select series_id, date_trunc('day', hour_at), sum(event_count), sum(value_sum)
from usage_hours h
where ${DAY_IS_OVER} and series_id not in (select series_id from usage_days) group by 1, 2`;

/**
 * Drops the indexes of the tables that a fill writes; answers the statements that make them again, which takes a third of
 * the time of keeping them.
 */
export async function dropIndexes(db: pg.ClientBase): Promise<string[]> {
  const constraints = await db.query<{ drop: string; make: string }>(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
       format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as make
     from pg_constraint where contype = 'p' and conrelid = any($1::regclass[])`,
    [TABLES],
  );
  const indexes = await db.query<{ drop: string; make: string }>(
    `select format('drop index %s', indexrelid::regclass) as drop,
       replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') as make
     from pg_index where not indisprimary and indrelid = any($1::regclass[])`,
    [TABLES],
  );
  const all = [...constraints.rows, ...indexes.rows];
  for (const { drop } of all) await db.query(drop);
  return all.map(({ make }) => make);
}

/** Adds the days, makes the indexes again, and does what autovacuum would do in the middle of the measurement. */
export async function finishFill(db: pg.ClientBase, indexes: readonly string[]): Promise<void> {
  await db.query("set maintenance_work_mem = '1GB'");
  await db.query(FILL_DAYS);
  for (const statement of indexes) await db.query(statement);
  for (const table of TABLES) await db.query(`vacuum (analyze) ${table}`);
  await db.query('checkpoint');
}

/** A fill need not be durable at every statement; its minutes and hours are those of UTC. */
export async function prepareSession(db: pg.ClientBase): Promise<void> {
  await db.query("set synchronous_commit = off; set work_mem = '256MB'; set timezone = 'UTC'");
}

/** The usage of a series since `from`, event by event: what a system without buckets would compute. */
export async function sumRawEvents(db: pg.ClientBase, series: number, from: Date): Promise<number> {
  const { rows } = await db.query<{ total: string }>(
    'select sum(value) as total from meter_events where series_id = $1 and event_at >= $2 and cancelled_at is null',
    [series, from],
  );
  return Number(rows[0]?.total);
}
