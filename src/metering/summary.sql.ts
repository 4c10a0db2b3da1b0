import { sql } from 'kysely';
import type { Scope } from '../db/scope.ts';
import { type Decimal, decimal } from '../money/decimal.ts';
import { toUnix } from '../time/instant.ts';
import type { Period } from '../time/period.ts';
import type { Meter } from './meter.ts';
import { BUCKET_FORMULAS, EVENT_FORMULAS } from './usage.sql.ts';

type Row = { window_at: Temporal.Instant; value: string };

/**
 * Usage by UTC hour or day, for the windows that have any; the key is the window's start in unix seconds. The range
 * must begin and end on window boundaries, so that the minute buckets tell all of it.
 */
export async function usageByWindow(
  scope: Scope,
  meter: Meter,
  customerId: string,
  range: Period,
  window: 'hour' | 'day',
): Promise<ReadonlyMap<number, Decimal>> {
  const key = sql`account_id = ${scope.account.id} and meter_id = ${meter.id} and customer_id = ${customerId}`;
  const query =
    meter.eventTimeWindow === null
      ? sql<Row>`
          select date_trunc(${window}, minute_at, 'UTC') as window_at, ${BUCKET_FORMULAS[meter.formula]}::text as value
          from usage_minutes
          where ${key} and minute_at >= ${range.start} and minute_at < ${range.end}
          group by 1`
      : sql<Row>`
          with kept as (
            select distinct on (1, 2)
              date_trunc(${window}, event_at, 'UTC') as window_at,
              date_trunc(${meter.eventTimeWindow}, event_at, 'UTC') as bucket_at,
              value, event_at, sequence
            from meter_events
            where ${key} and event_at >= ${range.start} and event_at < ${range.end}
            order by 1, 2, sequence desc
          )
          select window_at, ${EVENT_FORMULAS[meter.formula]}::text as value from kept group by 1`;
  const { rows } = await query.execute(scope.db);
  return new Map(rows.map((row) => [toUnix(row.window_at), decimal(row.value)]));
}
