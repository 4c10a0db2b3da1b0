import { sql } from 'kysely';
import type { Scope } from '../db/scope.ts';
import { type Decimal, decimal, ZERO } from '../money/decimal.ts';
import { startOfMinute } from '../time/instant.ts';
import type { Period } from '../time/period.ts';
import type { Meter } from './meter.ts';

/**
 * What a customer used of a meter in `[start, end)`: the meter's formula over the events whose own timestamp lies
 * there. May be negative; no events are 0. One statement, so that it sees one state of the data, and everything that
 * was acknowledged before it was sent.
 */
export async function usageOf(scope: Scope, meter: Meter, customerId: string, period: Period): Promise<Decimal> {
  if (Temporal.Instant.compare(period.start, period.end) >= 0) return ZERO;
  const source = { scope, meter, customerId, period };
  const query = meter.eventTimeWindow === null ? fromBuckets(source) : fromWindows(source);
  const { rows } = await query.execute(scope.db);
  return decimal(rows[0]?.value ?? '0');
}

type Source = { scope: Scope; meter: Meter; customerId: string; period: Period };

/**
 * Whole minutes come from the buckets and the two cut minutes at the edges from the events themselves. An hour of
 * events is 60 rows to read, whatever their number.
 */
function fromBuckets({ scope, meter, customerId, period: { start, end } }: Source) {
  const whole = wholeMinutes({ start, end });
  const key = sql`account_id = ${scope.account.id} and meter_id = ${meter.id} and customer_id = ${customerId}`;
  return sql<{ value: string }>`
    with parts as (
      select event_count, value_sum, last_value, last_event_at, last_sequence
      from usage_minutes
      where ${key} and minute_at >= ${whole.start} and minute_at < ${whole.end}
      union all
      select 1, value, value, event_at, sequence
      from meter_events
      where ${key} and event_at >= ${start} and event_at < ${end}
        and (event_at < ${whole.start} or event_at >= ${whole.end})
    )
    select ${BUCKET_FORMULAS[meter.formula]}::text as value from parts
  `;
}

/** Formulas over minute buckets (`event_count`, `value_sum`, `last_…`). */
export const BUCKET_FORMULAS = {
  sum: sql`coalesce(sum(value_sum), 0)`,
  count: sql`coalesce(sum(event_count), 0)`,
  last: sql`coalesce((array_agg(last_value order by last_event_at desc, last_sequence desc))[1], 0)`,
} as const;

/** The whole minutes inside a period; empty (at its start) when it holds none. */
function wholeMinutes({ start, end }: Period): Period {
  const floor = startOfMinute(start);
  const from = floor.equals(start) ? start : floor.add({ minutes: 1 });
  const to = startOfMinute(end);
  return Temporal.Instant.compare(from, to) < 0 ? { start: from, end: to } : { start, end: start };
}

/**
 * Pre-aggregated meters: of each UTC hour or day only the event received last counts, then the formula runs over those.
 * A window cut by the period's edge counts by the events on the near side of the edge.
 */
function fromWindows({ scope, meter, customerId, period }: Source) {
  return sql<{ value: string }>`
    with windows as (
      select distinct on (1) date_trunc(${meter.eventTimeWindow}, event_at, 'UTC'), value, event_at, sequence
      from meter_events
      where account_id = ${scope.account.id} and meter_id = ${meter.id} and customer_id = ${customerId}
        and event_at >= ${period.start} and event_at < ${period.end}
      order by 1, sequence desc
    )
    select ${EVENT_FORMULAS[meter.formula]}::text as value from windows
  `;
}

/** Formulas over single events (`value`, `event_at`, `sequence`). */
export const EVENT_FORMULAS = {
  sum: sql`coalesce(sum(value), 0)`,
  count: sql`count(*)`,
  last: sql`coalesce((array_agg(value order by event_at desc, sequence desc))[1], 0)`,
} as const;
