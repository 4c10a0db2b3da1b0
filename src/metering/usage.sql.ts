import { type RawBuilder, sql } from 'kysely';
import { textArray, timestamptzArray } from '../db/binary.ts';
import { PLANNED_ONCE } from '../db/prepared.ts';
import type { Scope } from '../db/scope.ts';
import { type Decimal, decimal, ZERO } from '../money/decimal.ts';
import { startOfDay, startOfHour, startOfMinute } from '../time/instant.ts';
import type { Period } from '../time/period.ts';
import { archivedCut, cutsOf, isCutArchivedAt } from './archived_cut.sql.ts';
import type { Meter } from './meter.ts';

/** Values that dimensions must have for usage to count; `{}` means all usage. */
export type DimensionFilter = Readonly<Record<string, string>>;

/** Whose usage of what, and when. */
export type UsageSource = {
  readonly scope: Scope;
  readonly meter: Meter;
  /** Null: of all customers, as if they were one. */
  readonly customerId: string | null;
  readonly period: Period;
  readonly filter: DimensionFilter;
};

/**
 * What is asked about a source, as it stands in a statement: a parameter each, or columns of a table of sources. `minutes`,
 * `hours` and `days` are the whole ones inside the period.
 */
type Terms = {
  readonly accountId: unknown;
  readonly meterId: unknown;
  readonly customerId: unknown;
  readonly filter: unknown;
  readonly valueKey: unknown;
  readonly period: Edges;
  readonly minutes: Edges;
  readonly hours: Edges;
  readonly days: Edges;
};

type Edges = { readonly start: unknown; readonly end: unknown };

function termsOf({ scope, meter, customerId, period, filter }: UsageSource): Terms {
  return {
    accountId: scope.account.id,
    meterId: meter.id,
    customerId,
    filter: JSON.stringify(filter),
    valueKey: meter.valueKey,
    period,
    ...unitsInside(period),
  };
}

type Row = { place: number; value: string; is_archived: boolean };

/** A source of usage among others of one account. */
export type Wanted = Omit<UsageSource, 'scope' | 'filter' | 'customerId'> & {
  readonly customerId: string;
  readonly filter?: DimensionFilter;
};

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
  const [usage = ZERO] = await usageOfAll(scope, [{ meter, customerId, period, filter }]);
  return usage;
}

/** The usage of any number of sources, in their order: a statement for each kind of meter among them. Throws as `usageOf`. */
export async function usageOfAll(scope: Scope, wanted: readonly Wanted[]): Promise<Decimal[]> {
  return (await usageWhereKnown(scope, wanted)).map((usage, place) => {
    const source = wanted[place];
    if (usage === null && source !== undefined) throw archivedCut(source.period);
    return usage ?? ZERO;
  });
}

/** The same, with null where an edge cuts a minute whose events are gone. */
export async function usageWhereKnown(scope: Scope, wanted: readonly Wanted[]): Promise<(Decimal | null)[]> {
  const usage: (Decimal | null)[] = wanted.map(() => ZERO);
  const sources = wanted.map((source, place) => ({ scope, filter: {}, ...source, place }));
  const asked = sources.filter(({ period }) => Temporal.Instant.compare(period.start, period.end) < 0);
  const alike = Map.groupBy(asked, ({ meter }) => `${meter.formula} ${meter.eventTimeWindow}`);
  for (const group of alike.values()) {
    for (const row of await askTogether(scope, group)) {
      usage[row.place] = row.is_archived ? null : decimal(row.value);
    }
  }
  return usage;
}

type Placed = UsageSource & { readonly place: number };

/** Sources of meters with one formula and one window. */
async function askTogether(scope: Scope, sources: readonly Placed[]): Promise<Row[]> {
  const meter = sources[0]?.meter;
  if (meter === undefined) return [];
  const column = (name: string) => sql`w.${sql.ref(name)}`;
  const edges = (name: string) => ({ start: column(`${name}_start`), end: column(`${name}_end`) });
  const terms: Terms = {
    accountId: scope.account.id,
    meterId: column('meter_id'),
    customerId: column('customer_id'),
    filter: column('filter'),
    valueKey: column('value_key'),
    period: edges('period'),
    minutes: edges('minutes'),
    hours: edges('hours'),
    days: edges('days'),
  };
  const isArchived = isCutArchivedAt(meter, [column('first_cut'), column('last_cut')]);
  const answer =
    meter.formula === 'unique_count'
      ? sql`with ${occurrencesIn(terms)}
          select count(distinct value)::text as value, ${isArchived} as is_archived from occurrences`
      : sql`with ${partsIn(terms, meter)}
          select ${FORMULAS[meter.formula]}::text as value, ${isArchived} as is_archived from parts`;
  const { rows } = await sql<Row>`${PLANNED_ONCE}
    select w.place::int4, u.value, u.is_archived from ${tableOf(sources)} as w cross join lateral (${answer}) as u
  `.execute(scope.db);
  return rows;
}

/** Sources as a table, with what `Terms` and the search for archived events want of them. */
function tableOf(sources: readonly Placed[]): RawBuilder<unknown> {
  const rows = sources.map((source) => ({ ...source, ...unitsInside(source.period), cuts: cutsOf(source) }));
  type SourceRow = (typeof rows)[number];
  const texts = (read: (row: SourceRow) => string | null) => sql`${textArray(rows, read)}::text[]`;
  const instants = (read: (row: SourceRow) => Temporal.Instant | null) =>
    sql`${timestamptzArray(rows, (row) => read(row)?.epochMilliseconds ?? null)}::timestamptz[]`;
  return sql`(
    select * from unnest(
      ${texts(({ place }) => String(place))}, ${texts(({ meter }) => meter.id)},
      ${texts(({ customerId }) => customerId)}, ${texts(({ filter }) => JSON.stringify(filter))},
      ${texts(({ meter }) => meter.valueKey)},
      ${instants(({ period }) => period.start)}, ${instants(({ period }) => period.end)},
      ${instants(({ minutes }) => minutes.start)}, ${instants(({ minutes }) => minutes.end)},
      ${instants(({ hours }) => hours.start)}, ${instants(({ hours }) => hours.end)},
      ${instants(({ days }) => days.start)}, ${instants(({ days }) => days.end)},
      ${instants(({ cuts }) => cuts.first)}, ${instants(({ cuts }) => cuts.last)}
    ) as t(
      place, meter_id, customer_id, filter, value_key,
      period_start, period_end, minutes_start, minutes_end, hours_start, hours_end, days_start, days_end,
      first_cut, last_cut
    )
  )`;
}

/**
 * The CTE `series(id, customer_id, dimensions)` of a source. Of a customer few: one, or one for each combination of
 * dimension values.
 */
export function seriesOf(source: UsageSource): RawBuilder<unknown> {
  return seriesIn(termsOf(source));
}

function seriesIn({ accountId, meterId, customerId, filter }: Terms): RawBuilder<unknown> {
  const ofCustomer = customerId === null ? sql`` : sql`and customer_id = ${customerId}`;
  return sql`series as materialized (
    select id, customer_id, dimensions from usage_series
    where account_id = ${accountId} and meter_id = ${meterId} ${ofCustomer} and dimensions @> ${filter}::jsonb
  )`;
}

const COLUMNS = sql`event_count, value_sum, value_min, value_max, last_value, last_rank_at, last_sequence`;

/**
 * The CTE `parts(series_id, part_at, …)`: disjoint parts that make up a source's usage. Whole days come from the days,
 * unless one of their hours is not folded into them yet; whole hours of cut days, and of those, from the hours, unless one
 * of their minutes is not folded; whole minutes of cut hours from the minutes; the two cut minutes at the edges from the
 * events. So a month is about 30 rows to read, whatever the number of its events.
 * With `grouping`, what a window keeps is kept within each hour or day of the grouping.
 */
export function partsOf(source: UsageSource, grouping?: 'hour' | 'day'): RawBuilder<unknown> {
  return partsIn(termsOf(source), source.meter, grouping);
}

function partsIn(terms: Terms, meter: Meter, grouping?: 'hour' | 'day'): RawBuilder<unknown> {
  const { period, minutes, hours } = terms;
  // What a window keeps is kept of each hour or day: sums of days would be too coarse.
  const inDays = meter.eventTimeWindow === null && grouping !== 'hour';
  const found = sql`
    ${inDays ? daysIn(terms) : hoursIn(hours)}
    union all
    select m.series_id, m.minute_at, ${COLUMNS}
    from unfolded u
    join usage_minutes m
      on m.series_id = u.series_id and m.minute_at >= u.hour_at and m.minute_at < u.hour_at + interval '1 hour'
    union all
    ${minutesIn(minutes.start, hours.start)}
    union all
    ${minutesIn(hours.end, minutes.end)}
    union all
    ${eventsIn(period.start, minutes.start)}
    union all
    ${eventsIn(minutes.end, period.end)}
  `;
  return sql`${seriesIn(terms)}, unfolded as materialized (
    select distinct series_id, date_trunc('hour', minute_at, 'UTC') as hour_at from usage_minutes
    where series_id = any (array(select id from series)) and not folded
      and minute_at >= ${hours.start} and minute_at < ${hours.end}
  ), ${inDays ? unfoldedDaysIn(terms) : sql``} found as (${found}), parts as (${keptOf(meter, grouping)})`;
}

/** The CTE `unfolded_days(series_id, day_at)`: days that don't stand as they are now. */
function unfoldedDaysIn({ days }: Terms): RawBuilder<unknown> {
  return sql`unfolded_days as materialized (
    select series_id, date_trunc('day', hour_at, 'UTC') as day_at from unfolded
    where hour_at >= ${days.start} and hour_at < ${days.end}
    union
    select series_id, date_trunc('day', hour_at, 'UTC') from usage_hours
    where series_id = any (array(select id from series)) and not folded
      and hour_at >= ${days.start} and hour_at < ${days.end}
  ),`;
}

/** The whole hours of a period: as days where these stand. */
function daysIn({ days, hours }: Terms): RawBuilder<unknown> {
  return sql`
    select series_id, day_at as part_at, ${COLUMNS} from usage_days d
    where series_id = any (array(select id from series)) and day_at >= ${days.start} and day_at < ${days.end}
      and not exists (select from unfolded_days u where u.series_id = d.series_id and u.day_at = d.day_at)
    union all
    select h.series_id, h.hour_at, ${COLUMNS}
    from unfolded_days d
    join usage_hours h
      on h.series_id = d.series_id and h.hour_at >= d.day_at and h.hour_at < d.day_at + interval '1 day'
    where ${isFolded}
    union all
    ${hoursIn({ start: hours.start, end: days.start })}
    union all
    ${hoursIn({ start: days.end, end: hours.end })}
  `;
}

const isFolded = sql`not exists (select from unfolded u where u.series_id = h.series_id and u.hour_at = h.hour_at)`;

function hoursIn({ start, end }: Edges): RawBuilder<unknown> {
  return sql`
    select series_id, hour_at as part_at, ${COLUMNS} from usage_hours h
    where series_id = any (array(select id from series)) and hour_at >= ${start} and hour_at < ${end} and ${isFolded}
  `;
}

function minutesIn(start: unknown, end: unknown): RawBuilder<unknown> {
  return sql`
    select series_id, minute_at, ${COLUMNS} from usage_minutes
    where series_id = any (array(select id from series)) and minute_at >= ${start} and minute_at < ${end}
  `;
}

/**
 * Events of the CTE `series`; `from` is a time of the source. It is named for PostgreSQL alone, which loses that the array
 * depends on the source where it finds one partition only: all sources of a statement would get the series of the first.
 */
function ofSeries(from: unknown): RawBuilder<unknown> {
  return sql`series_id = any (array(select id from series where ${from}::timestamptz is not null))`;
}

/** Single events in the shape of parts. */
function eventsIn(start: unknown, end: unknown): RawBuilder<unknown> {
  return sql`
    select series_id, event_at, 1, value, value, value, value, event_at, sequence from meter_events
    where ${ofSeries(start)} and event_at >= ${start} and event_at < ${end} and cancelled_at is null
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
  return occurrencesIn(termsOf(source));
}

function occurrencesIn(terms: Terms): RawBuilder<unknown> {
  const { period, hours } = terms;
  const eventsOf = (from: unknown, to: unknown) => sql`
    select series_id, event_at, payload ->> ${terms.valueKey} from meter_events
    where ${ofSeries(from)} and event_at >= ${from} and event_at < ${to} and cancelled_at is null
  `;
  return sql`${seriesIn(terms)}, occurrences as (
    select series_id, hour_at as part_at, value from usage_values
    where series_id = any (array(select id from series)) and hour_at >= ${hours.start} and hour_at < ${hours.end}
      and event_count > 0
    union all
    ${eventsOf(period.start, hours.start)}
    union all
    ${eventsOf(hours.end, period.end)}
  )`;
}

function unitsInside(period: Period): { readonly minutes: Period; readonly hours: Period; readonly days: Period } {
  const minutes = inside(period, startOfMinute, 60);
  const hours = inside(minutes, startOfHour, 3_600);
  return { minutes, hours, days: inside(hours, startOfDay, 86_400) };
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
