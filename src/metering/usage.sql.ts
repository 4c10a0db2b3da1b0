import { type RawBuilder, sql } from 'kysely';
import { PLANNED_ONCE } from '../db/prepared.ts';
import type { Scope } from '../db/scope.ts';
import { type Decimal, decimal, ZERO } from '../money/decimal.ts';
import { startOfHour, startOfMinute } from '../time/instant.ts';
import type { Period } from '../time/period.ts';
import { archivedCut, isCutArchived } from './archived_cut.sql.ts';
import type { Meter } from './meter.ts';

/** Values that dimensions must have for usage to count; `{}` means all usage. */
export type DimensionFilter = Readonly<Record<string, string>>;

/** Whose usage of what, and when. */
export type UsageSource = {
  readonly scope: Scope;
  readonly meter: Meter;
  readonly customerId: string;
  readonly period: Period;
  readonly filter: DimensionFilter;
};

type Row = { value: string; is_archived: boolean };

/**
 * What a customer used of a meter in `[start, end)`: the meter's formula over the events whose own timestamp lies
 * there. May be negative; no events are 0. One statement, so that it sees one state of the data, and everything that
 * was acknowledged before it was sent. Throws `meter_events_archived` when an edge cuts a minute whose events are gone.
 */
export async function usageOf(
  scope: Scope,
  meter: Meter,
  customerId: string,
  period: Period,
  filter: DimensionFilter = {},
): Promise<Decimal> {
  if (Temporal.Instant.compare(period.start, period.end) >= 0) return ZERO;
  const source = { scope, meter, customerId, period, filter };
  const isArchived = isCutArchived(source);
  const query =
    meter.formula === 'unique_count'
      ? sql<Row>`${PLANNED_ONCE}
          with ${occurrencesOf(source)}
          select count(distinct value)::text as value, ${isArchived} as is_archived from occurrences`
      : sql<Row>`${PLANNED_ONCE}
          with ${partsOf(source)}
          select ${FORMULAS[meter.formula]}::text as value, ${isArchived} as is_archived from parts`;
  const { rows } = await query.execute(scope.db);
  if (rows[0]?.is_archived === true) throw archivedCut(period);
  return decimal(rows[0]?.value ?? '0');
}

/** The CTE `series(id, dimensions)` of a source. Few: one, or one for each combination of dimension values. */
export function seriesOf({ scope, meter, customerId, filter }: UsageSource): RawBuilder<unknown> {
  return sql`series as materialized (
    select id, dimensions from usage_series
    where account_id = ${scope.account.id} and meter_id = ${meter.id} and customer_id = ${customerId}
      and dimensions @> ${JSON.stringify(filter)}::jsonb
  )`;
}

const COLUMNS = sql`event_count, value_sum, value_min, value_max, last_value, last_rank_at, last_sequence`;

/**
 * The CTE `parts(series_id, part_at, …)`: disjoint parts that make up a source's usage. Whole hours come from the hours,
 * unless one of their minutes is not folded into them yet; whole minutes of cut hours from the minutes; the two cut
 * minutes at the edges from the events. So a month is about 720 rows to read, whatever the number of its events.
 * With `grouping`, what a window keeps is kept within each hour or day of the grouping.
 */
export function partsOf(source: UsageSource, grouping?: 'hour' | 'day'): RawBuilder<unknown> {
  const { start, end } = source.period;
  const minutes = inside(source.period, startOfMinute, 60);
  const hours = inside(minutes, startOfHour, 3_600);
  const found = sql`
    select series_id, hour_at as part_at, ${COLUMNS} from usage_hours h
    where series_id = any (array(select id from series)) and hour_at >= ${hours.start} and hour_at < ${hours.end}
      and not exists (select from unfolded u where u.series_id = h.series_id and u.hour_at = h.hour_at)
    union all
    select m.series_id, m.minute_at, ${COLUMNS}
    from unfolded u
    join usage_minutes m
      on m.series_id = u.series_id and m.minute_at >= u.hour_at and m.minute_at < u.hour_at + interval '1 hour'
    union all
    select series_id, minute_at, ${COLUMNS} from usage_minutes
    where series_id = any (array(select id from series)) and minute_at >= ${minutes.start} and minute_at < ${hours.start}
    union all
    select series_id, minute_at, ${COLUMNS} from usage_minutes
    where series_id = any (array(select id from series)) and minute_at >= ${hours.end} and minute_at < ${minutes.end}
    union all
    ${eventsIn(start, minutes.start)}
    union all
    ${eventsIn(minutes.end, end)}
  `;
  return sql`${seriesOf(source)}, unfolded as materialized (
    select distinct series_id, date_trunc('hour', minute_at, 'UTC') as hour_at from usage_minutes
    where series_id = any (array(select id from series)) and not folded
      and minute_at >= ${hours.start} and minute_at < ${hours.end}
  ), found as (${found}), parts as (${keptOf(source.meter, grouping)})`;
}

/** Single events in the shape of parts. */
function eventsIn(start: Temporal.Instant, end: Temporal.Instant): RawBuilder<unknown> {
  return sql`
    select series_id, event_at, 1, value, value, value, value, event_at, sequence from meter_events
    where series_id = any (array(select id from series)) and event_at >= ${start} and event_at < ${end} and cancelled_at is null
  `;
}

/**
 * Pre-aggregated meters: of each UTC hour or day of a series only the event received last counts, and stands in the
 * results as if it were the only one. A window cut by the period's edge counts by the events on the near side. For the
 * formula `last` over several series all events of a window are of one time, as minutes and hours don't keep a finer one.
 */
function keptOf({ eventTimeWindow }: Meter, grouping?: 'hour' | 'day'): RawBuilder<unknown> {
  // A minute whose events were all cancelled is empty.
  if (eventTimeWindow === null) return sql`select * from found where event_count > 0`;
  const window = sql`date_trunc(${sql.lit(finer(eventTimeWindow, grouping))}, part_at, 'UTC')`;
  return sql`
    select distinct on (series_id, ${window})
      series_id, part_at, 1 as event_count, last_value as value_sum, last_value as value_min, last_value as value_max,
      last_value, ${window} as last_rank_at, last_sequence
    from found
    where event_count > 0
    order by series_id, ${window}, last_sequence desc
  `;
}

function finer(window: 'hour' | 'day', grouping: 'hour' | 'day' | undefined): 'hour' | 'day' {
  return grouping === 'hour' ? 'hour' : window;
}

/**
 * A quotient rounded half away from zero at the twelfth decimal, from integers, so that nothing is rounded twice. The
 * last step multiplies, because PostgreSQL's division keeps 16 digits and no more of a long quotient.
 */
const AVERAGE = sql`
  coalesce(
    sign(sum(value_sum)) * div(2 * abs(sum(value_sum)) * 1000000000000 + sum(event_count), 2 * nullif(sum(event_count), 0))
      * 0.000000000001,
    0
  )
`;

/** Formulas over parts. */
export const FORMULAS = {
  sum: sql`coalesce(sum(value_sum), 0)`,
  count: sql`coalesce(sum(event_count), 0)`,
  last: sql`coalesce((array_agg(last_value order by last_rank_at desc, last_sequence desc))[1], 0)`,
  max: sql`coalesce(max(value_max), 0)`,
  min: sql`coalesce(min(value_min), 0)`,
  average: AVERAGE,
} as const;

/**
 * The CTE `occurrences(series_id, part_at, value)` of a meter that counts different values: each value once for each
 * whole hour in which it occurred, and as often as it occurred in the cut hours.
 */
export function occurrencesOf(source: UsageSource): RawBuilder<unknown> {
  const { start, end } = source.period;
  const hours = inside(source.period, startOfHour, 3_600);
  const eventsOf = (from: Temporal.Instant, to: Temporal.Instant) => sql`
    select series_id, event_at, payload ->> ${source.meter.valueKey} from meter_events
    where series_id = any (array(select id from series)) and event_at >= ${from} and event_at < ${to} and cancelled_at is null
  `;
  return sql`${seriesOf(source)}, occurrences as (
    select series_id, hour_at as part_at, value from usage_values
    where series_id = any (array(select id from series)) and hour_at >= ${hours.start} and hour_at < ${hours.end}
      and event_count > 0
    union all
    ${eventsOf(start, hours.start)}
    union all
    ${eventsOf(hours.end, end)}
  )`;
}

/** The whole units inside a period; empty, at its end, when it holds none. */
function inside(
  { start, end }: Period,
  floor: (instant: Temporal.Instant) => Temporal.Instant,
  seconds: number,
): Period {
  const at = floor(start);
  const from = at.equals(start) ? start : at.add({ seconds });
  const to = floor(end);
  return Temporal.Instant.compare(from, to) < 0 ? { start: from, end: to } : { start: end, end };
}
