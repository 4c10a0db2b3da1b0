import { type RawBuilder, sql } from 'kysely';
import { timestamptzArray } from '../db/binary.ts';
import type { Queryable } from '../db/pool.ts';
import { VERIFY_DIFFERENCES, VERIFY_SLICE_SERIES } from '../limits.ts';
import type { Period } from '../time/period.ts';

/** What is checked in one snapshot: some series, by their numbers (both inclusive), in some whole hours. */
export type VerifySlice = { readonly fromId: bigint; readonly toId: bigint; readonly period: Period };

/** Something that is stored otherwise than the raw events say. Texts are for people; null: there is nothing. */
export type DifferenceRow = {
  readonly account_id: string | null;
  readonly meter_id: string | null;
  readonly customer_id: string | null;
  readonly at: Temporal.Instant;
  readonly expected: string | null;
  readonly found: string | null;
};

/** Runs `work` on one state of the data that it can't change, however long it takes. */
export async function inSnapshot<T>(db: Queryable, work: (snapshot: Queryable) => Promise<T>): Promise<T> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (snapshot) => {
      await sql`set local statement_timeout = 0`.execute(snapshot);
      return await work(snapshot);
    });
}

/**
 * Whether the planner may join by nested loops in the rest of a snapshot. Buckets of a whole slice are compared, which a
 * nested loop never does well; after an import the planner, who has no statistics yet, would take one, and minutes for a
 * second. Single events are looked up, which nothing else does well.
 */
export async function allowNestedLoops(snapshot: Queryable, allowed: boolean): Promise<void> {
  await sql`select set_config('enable_nestloop', ${allowed ? 'on' : 'off'}, true)`.execute(snapshot);
}

/** The months of which all raw events are kept, by their partitions. */
// unscoped: verification is the operator's; an account is a filter.
export async function storedMonths(db: Queryable): Promise<Period[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'meter_events'::regclass and not exists (
      select from archived_event_months a where right(c.relname, 7) = to_char(a.month_at at time zone 'UTC', 'YYYY_MM')
    )
    order by 1
  `.execute(db);
  return rows.flatMap(({ name }) => {
    const [, year, month] = /_(\d{4})_(\d\d)$/.exec(name) ?? [];
    if (year === undefined || month === undefined) return [];
    const start = Temporal.ZonedDateTime.from(`${year}-${month}-01T00:00[UTC]`);
    return [{ start: start.toInstant(), end: start.add({ months: 1 }).toInstant() }];
  });
}

/** The numbers of all series, or of an account's, in runs of at most a slice. */
// unscoped: as above.
export async function seriesRuns(db: Queryable, accountId: string | undefined) {
  const { rows } = await sql<{ from_id: bigint; to_id: bigint }>`
    select min(id) as from_id, max(id) as to_id
    from (
      select id, (row_number() over (order by id) - 1) / ${VERIFY_SLICE_SERIES} as run
      from usage_series where ${ofAccount(accountId)}
    ) s
    group by run
    order by 1
  `.execute(db);
  return rows.map((row) => ({ fromId: row.from_id, toId: row.to_id }));
}

function ofAccount(accountId: string | undefined): RawBuilder<unknown> {
  return accountId === undefined ? sql`true` : sql`account_id = ${accountId}`;
}

function seriesOf({ fromId, toId }: VerifySlice, accountId: string | undefined): RawBuilder<unknown> {
  return sql`series as materialized (
    select s.*, m.formula, m.event_time_window as time_window, m.value_key,
      m.formula = 'last' or m.event_time_window is not null as keeps_last, m.formula in ('min', 'max') as keeps_bounds
    from (select * from usage_series where id between ${fromId} and ${toId} and ${ofAccount(accountId)}) s
    join meters m on m.account_id = s.account_id and m.id = s.meter_id
  )`;
}

const FIELDS = sql`event_count, value_sum, value_min, value_max, last_value, last_rank_at, last_sequence`;

const told = (row: string) => {
  const column = (name: string) => sql.ref(`${row}.${name}`);
  return sql`case when ${column('event_count')} is not null then concat_ws(', ',
    ${column('event_count')} || ' events', 'sum ' || trim_scale(${column('value_sum')}),
    'min ' || trim_scale(${column('value_min')}), 'max ' || trim_scale(${column('value_max')}),
    'last ' || trim_scale(${column('last_value')}) || ' of ' || ${column('last_rank_at')} || ' #' || ${column('last_sequence')}
  ) end`;
};

/**
 * Minutes, or hours or days that count for readers, that differ from a recomputation. The figures are sums over the raw events;
 * the last event is looked for and not added up, so nothing here resembles what ingest and folding do.
 */
// unscoped: as above.
export async function differingBuckets(
  db: Queryable,
  slice: VerifySlice,
  accountId: string | undefined,
  unit: Unit,
): Promise<DifferenceRow[]> {
  const { start, end } = slice.period;
  const { rows } = await sql<DifferenceRow>`
    with ${seriesOf(slice, accountId)}, counted as (
      -- Grouped by what the series says as well: joined afterwards, it would be looked for once a bucket.
      select series_id, date_trunc(${sql.lit(unit)}, event_at, 'UTC') as at, s.time_window, s.keeps_last, s.keeps_bounds,
        count(*) as event_count, sum(value) as value_sum, min(value) as value_min, max(value) as value_max,
        max(event_at) as last_at
      from meter_events join series s on s.id = series_id
      where event_at >= ${start} and event_at < ${end} and cancelled_at is null
      group by 1, 2, 3, 4, 5
    ), expected as (
      select c.series_id, c.at, c.event_count, c.value_sum, case when c.keeps_bounds then c.value_min end as value_min,
        case when c.keeps_bounds then c.value_max end as value_max, l.*
      from counted c
      left join lateral (
        select e.value as last_value, case when c.time_window is null then e.event_at else c.at end as last_rank_at,
          e.sequence as last_sequence
        from meter_events e
        where c.keeps_last and e.series_id = c.series_id and e.cancelled_at is null
          and e.event_at >= case when c.time_window is null then c.last_at else c.at end
          and e.event_at < c.at + ${sql.lit(`1 ${unit}`)}::interval
        order by e.sequence desc
        limit 1
      ) l on true
    ), found as (${storedBuckets(slice.period, unit)})
    select s.account_id, s.meter_id, s.customer_id, at, ${told('e')} as expected, ${told('f')} as found
    from ${countingOf(unit)} e
    full join found f using (series_id, at)
    join series s on s.id = series_id
    where (e.event_count, e.value_sum, e.value_min, e.value_max, e.last_value, e.last_rank_at, e.last_sequence)
      is distinct from (f.event_count, f.value_sum, f.value_min, f.value_max, f.last_value, f.last_rank_at, f.last_sequence)
    order by series_id, at
    limit ${VERIFY_DIFFERENCES}
  `.execute(db);
  return rows;
}

type Unit = 'minute' | 'hour' | 'day';

const STORED = {
  minute: [sql`usage_minutes`, sql`minute_at`],
  hour: [sql`usage_hours`, sql`hour_at`],
  day: [sql`usage_days`, sql`day_at`],
} as const;

/** Whether a bucket is not what its minutes and hours are now, so that readers take these. */
function hasUnfolded(unit: 'hour' | 'day'): RawBuilder<unknown> {
  const length = sql`${sql.lit(`1 ${unit}`)}::interval`;
  const minutes = sql`exists (
    select from usage_minutes m
    where m.series_id = b.series_id and not m.folded and m.minute_at >= b.at and m.minute_at < b.at + ${length}
  )`;
  if (unit === 'hour') return minutes;
  return sql`(${minutes} or exists (
    select from usage_hours h
    where h.series_id = b.series_id and not h.folded and h.hour_at >= b.at and h.hour_at < b.at + ${length}
  ))`;
}

/** What was recomputed of the buckets that readers look at: not of those that are not folded as they are now. */
function countingOf(unit: Unit): RawBuilder<unknown> {
  return unit === 'minute' ? sql`expected` : sql`(select * from expected b where not ${hasUnfolded(unit)})`;
}

/** Buckets as they are stored; those whose events were all cancelled say nothing. */
function storedBuckets({ start, end }: Period, unit: Unit): RawBuilder<unknown> {
  const [table, at] = STORED[unit];
  const stored = sql`
    select series_id, ${at} as at, ${FIELDS} from ${table}
    where series_id in (select id from series) and ${at} >= ${start} and ${at} < ${end}
      and (event_count <> 0 or value_sum <> 0)
  `;
  return unit === 'minute' ? stored : sql`select * from (${stored}) b where not ${hasUnfolded(unit)}`;
}

/** Values of meters that count different ones, by hour, that differ from a recomputation. */
// unscoped: as above.
export async function differingValues(
  db: Queryable,
  slice: VerifySlice,
  accountId: string | undefined,
): Promise<DifferenceRow[]> {
  const { start, end } = slice.period;
  const { rows } = await sql<DifferenceRow>`
    with ${seriesOf(slice, accountId)}, expected as (
      select series_id, date_trunc('hour', event_at, 'UTC') as at, payload ->> s.value_key as value, count(*) as event_count
      from meter_events join series s on s.id = series_id
      where s.formula = 'unique_count' and event_at >= ${start} and event_at < ${end} and cancelled_at is null
      group by 1, 2, 3
    ), found as (
      select series_id, hour_at as at, value, event_count from usage_values
      where series_id in (select id from series) and hour_at >= ${start} and hour_at < ${end} and event_count <> 0
    )
    select s.account_id, s.meter_id, s.customer_id, at,
      e.event_count || ' events of value ' || value as expected, f.event_count || ' events of value ' || value as found
    from expected e
    full join found f using (series_id, at, value)
    join series s on s.id = series_id
    where e.event_count is distinct from f.event_count
    order by series_id, at
    limit ${VERIFY_DIFFERENCES}
  `.execute(db);
  return rows;
}

const hashOf = (accountId: RawBuilder<unknown>, identifier: RawBuilder<unknown>) => sql`
  encode(substr(
    sha256(convert_to(${accountId}, 'UTF8') || '\\x00'::bytea || convert_to(${identifier}, 'UTF8')), 1, 16
  ), 'hex')::uuid
`;

/** Raw events received since `since` whose identifier is not known, or is known as another event. */
// unscoped: as above.
export async function unidentifiedEvents(
  db: Queryable,
  slice: VerifySlice,
  accountId: string | undefined,
  since: Temporal.Instant,
): Promise<DifferenceRow[]> {
  const { start, end } = slice.period;
  const { rows } = await sql<DifferenceRow>`
    with ${seriesOf(slice, accountId)}
    select s.account_id, s.meter_id, s.customer_id, e.event_at as at,
      'identifier ' || e.identifier || ' of event #' || e.sequence as expected,
      'event #' || i.sequence || ' of series ' || i.series_id || ' at ' || i.event_at as found
    from meter_events e
    join series s on s.id = e.series_id
    left join meter_event_identifiers i on i.hash = ${hashOf(sql`s.account_id`, sql`e.identifier`)}
    where e.event_at >= ${start} and e.event_at < ${end} and e.received_at >= ${since}
      and (i.series_id, i.event_at, i.sequence) is distinct from (e.series_id, e.event_at, e.sequence)
    order by e.series_id, e.event_at
    limit ${VERIFY_DIFFERENCES}
  `.execute(db);
  return rows;
}

/** How many pages the identifiers fill: they are read in the order in which they lie there. */
export async function identifierPages(db: Queryable): Promise<number> {
  const { rows } = await sql<{ pages: number }>`
    select (pg_relation_size('meter_event_identifiers') / current_setting('block_size')::int)::float8 as pages
  `.execute(db);
  return rows[0]?.pages ?? 0;
}

/** Identifiers on some pages, of events of some periods, that name no event, or one with another identifier. */
// unscoped: as above.
export async function danglingIdentifiers(
  db: Queryable,
  pages: { readonly from: number; readonly to: number },
  accountId: string | undefined,
  periods: readonly Period[],
  since: Temporal.Instant,
): Promise<DifferenceRow[]> {
  const starts = timestamptzArray(periods, ({ start }) => start.epochMilliseconds);
  const ends = timestamptzArray(periods, ({ end }) => end.epochMilliseconds);
  const { rows } = await sql<DifferenceRow>`
    select s.account_id, s.meter_id, s.customer_id, i.event_at as at,
      'event #' || i.sequence || ' of identifier hash ' || i.hash as expected, 'identifier ' || e.identifier as found
    from meter_event_identifiers i
    left join usage_series s on s.id = i.series_id
    left join meter_events e on e.series_id = i.series_id and e.event_at = i.event_at and e.sequence = i.sequence
    where i.ctid >= ${`(${pages.from},0)`}::tid and i.ctid < ${`(${pages.to},0)`}::tid
      and i.received_at >= ${since}
      and exists (
        select from unnest(${starts}::timestamptz[], ${ends}::timestamptz[]) as p(start_at, end_at)
        where i.event_at >= start_at and i.event_at < end_at
      )
      and ${accountId === undefined ? sql`true` : sql`s.account_id = ${accountId}`}
      and i.hash is distinct from ${hashOf(sql`s.account_id`, sql`e.identifier`)}
    limit ${VERIFY_DIFFERENCES}
  `.execute(db);
  return rows;
}
