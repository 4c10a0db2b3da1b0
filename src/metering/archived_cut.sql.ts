import { type RawBuilder, sql } from 'kysely';
import { invalidRequest, type StripeError } from '../stripe/errors.ts';
import { startOfHour, startOfMinute } from '../time/instant.ts';
import type { UsageSource } from './usage.sql.ts';

/**
 * True when an edge of the source's period cuts a minute (an hour, where different values are counted) whose events
 * were dropped after their export: what lies on its near side is then not known. Needs the CTE `series`. The events of
 * such a unit are there if they are as many as its bucket has counted; most edges lie in months that are there, which
 * costs a look into a table of few rows.
 */
export function isCutArchived(source: UsageSource): RawBuilder<boolean> {
  const edges = cutEdges(source);
  if (edges.length === 0) return sql<boolean>`false`;
  const unit = unitOf(source);
  return sql<boolean>`(${sql.join(
    edges.map((edge) => isMissing(FLOOR[unit](edge), unit)),
    sql` or `,
  )})`;
}

const FLOOR = { hour: startOfHour, minute: startOfMinute } as const;

function unitOf({ meter }: UsageSource): 'hour' | 'minute' {
  return meter.formula === 'unique_count' ? 'hour' : 'minute';
}

/** The edges of the source's period that cut a minute or hour whose single events are then needed. */
export function cutEdges(source: UsageSource): Temporal.Instant[] {
  const floor = FLOOR[unitOf(source)];
  return [source.period.start, source.period.end].filter((edge) => !floor(edge).equals(edge));
}

function isMissing(start: Temporal.Instant, unit: 'hour' | 'minute'): RawBuilder<unknown> {
  const end = start.add(unit === 'hour' ? { hours: 1 } : { minutes: 1 });
  const bucket =
    unit === 'hour' ? { table: 'usage_values', column: 'hour_at' } : { table: 'usage_minutes', column: 'minute_at' };
  // `case`, because PostgreSQL may evaluate the sides of `and` in any order.
  return sql`case when exists (
      select from archived_event_months where month_at = date_trunc('month', ${start}::timestamptz, 'UTC')
    ) then (
      select coalesce(sum(event_count), 0) from ${sql.table(bucket.table)}
      where series_id in (select id from series) and ${sql.ref(bucket.column)} = ${start}
    ) <> (
      select count(*) from meter_events
      where series_id in (select id from series) and event_at >= ${start} and event_at < ${end} and cancelled_at is null
    ) else false end`;
}

/** The refusal of a figure that can't be told exactly any more. */
export function archivedCut({ start, end }: UsageSource['period']): StripeError {
  return invalidRequest(
    `The usage from ${start.toString()} to ${end.toString()} can't be told exactly: the single events at an edge of it ` +
      'were exported and dropped. Ask for whole minutes (whole hours of a meter that counts different values).',
    undefined,
    'meter_events_archived',
  );
}
