import { type RawBuilder, sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import type { Period } from '../time/period.ts';
import { NOUGHT, type Rational, rational, rounded, times, whole } from './rational.ts';
import type { StoredMeter } from './stored.sql.ts';

/** Whose raw events: of which meter, when, and with which dimension values. */
export type UsageQuestion = {
  readonly accountId: string;
  readonly meter: StoredMeter;
  readonly customerId: string;
  readonly period: Period;
  readonly filter: Readonly<Record<string, string>>;
  /** Only what was received by then, and not cancelled by then; undefined: what counts now. */
  readonly asOf?: Temporal.Instant;
  /** The same of cancellations, whose times are whole seconds; as `asOf` where nothing is said. */
  readonly cancelledBy?: Temporal.Instant;
};

type Figures = {
  readonly event_count: bigint;
  readonly value_sum: string | null;
  readonly value_min: string | null;
  readonly value_max: string | null;
  readonly value_last: string | null;
  readonly value_kinds: bigint;
};

/** What one UTC day brought of one combination of dimension values. */
export type UsageGroup = {
  readonly day: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly eventCount: bigint;
  readonly quantity: Rational;
};

/** The usage of a period, by the meter's formula over the raw events. */
export async function usageFromEvents(db: Queryable, question: UsageQuestion): Promise<Rational> {
  const { rows } = await sql<Figures>`with ${eventsOf(question)} select ${FIGURES} from events`.execute(db);
  return byFormula(question.meter, rows[0]);
}

/** The same by UTC day and combination, in order. Of sums and counts the groups add up to the whole. */
export async function usageByDay(db: Queryable, question: UsageQuestion): Promise<UsageGroup[]> {
  const { rows } = await sql<Figures & { day: string; dimensions: Readonly<Record<string, string>> }>`
    with ${eventsOf(question)}
    select to_char(event_at at time zone 'UTC', 'YYYY-MM-DD') as day, dimensions, ${FIGURES}
    from events group by 1, 2 order by 1, 2
  `.execute(db);
  return rows.map((row) => ({
    day: row.day,
    dimensions: row.dimensions,
    eventCount: row.event_count,
    quantity: byFormula(question.meter, row),
  }));
}

/** True where raw events of the period were exported and dropped, so that it can no longer be recomputed from them. */
export async function isArchived(db: Queryable, { start, end }: Period): Promise<boolean> {
  const { rows } = await sql<{ archived: boolean }>`
    select exists (
      select from archived_event_months
      where month_at < ${end} and (month_at at time zone 'UTC' + interval '1 month') at time zone 'UTC' > ${start}
    ) as archived
  `.execute(db);
  return rows[0]?.archived === true;
}

/** The events that count, one by one. Of a pre-aggregated meter each window of a series has only its last received. */
function eventsOf({
  accountId,
  meter,
  customerId,
  period,
  filter,
  asOf,
  cancelledBy = asOf,
}: UsageQuestion): RawBuilder<unknown> {
  const counts =
    asOf === undefined
      ? sql`e.cancelled_at is null`
      : sql`e.received_at <= ${asOf} and (e.cancelled_at is null or e.cancelled_at > ${cancelledBy ?? asOf})`;
  const rank = meter.event_time_window === null ? sql`e.event_at` : windowOf(meter.event_time_window);
  const first = meter.event_time_window === null ? sql`` : sql`distinct on (e.series_id, ${rank})`;
  const order = meter.event_time_window === null ? sql`` : sql`order by e.series_id, ${rank}, e.sequence desc`;
  return sql`events as (
    select ${first} s.dimensions, e.event_at, ${rank} as rank_at, e.sequence, e.value,
      e.payload ->> ${meter.value_key} as kind
    from usage_series s join meter_events e on e.series_id = s.id
    where s.account_id = ${accountId} and s.meter_id = ${meter.id} and s.customer_id = ${customerId}
      and s.dimensions @> ${JSON.stringify(filter)}::jsonb
      and e.event_at >= ${period.start} and e.event_at < ${period.end} and ${counts}
    ${order}
  )`;
}

function windowOf(window: 'hour' | 'day'): RawBuilder<unknown> {
  return sql`date_trunc(${sql.lit(window)}, e.event_at, 'UTC')`;
}

const FIGURES = sql`
  count(*) as event_count, sum(value)::text as value_sum, min(value)::text as value_min, max(value)::text as value_max,
  ((array_agg(value order by rank_at desc, sequence desc))[1])::text as value_last, count(distinct kind) as value_kinds
`;

function byFormula({ formula }: StoredMeter, figures: Figures | undefined): Rational {
  if (figures === undefined || figures.event_count === 0n) return NOUGHT;
  const { event_count: count, value_sum: sum } = figures;
  switch (formula) {
    case 'sum':
      return rational(sum ?? '0');
    case 'count':
      return whole(count);
    case 'last':
      return rational(figures.value_last ?? '0');
    case 'max':
      return rational(figures.value_max ?? '0');
    case 'min':
      return rational(figures.value_min ?? '0');
    case 'unique_count':
      return whole(figures.value_kinds);
    case 'average':
      return average(rational(sum ?? '0'), count);
    default:
      throw new Error(`a meter of the formula ${formula}`);
  }
}

const TRILLION = 10n ** 12n;

/** An average is rounded at the twelfth decimal, half away from zero. */
function average(sum: Rational, count: bigint): Rational {
  const exact = times(sum, { numerator: 1n, denominator: count });
  return { numerator: rounded(times(exact, whole(TRILLION))), denominator: TRILLION };
}
