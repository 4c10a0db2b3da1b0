import { type RawBuilder, sql } from 'kysely';
import { invalidRequest, type StripeError } from '../stripe/errors.ts';
import { startOfHour, startOfMinute } from '../time/instant.ts';
import type { Meter } from './meter.ts';
import type { UsageSource } from './usage.sql.ts';

/**
 * True when an edge of the source's period cuts a minute (an hour, where different values are counted) whose events
 * were dropped after their export: what lies on its near side is then not known. Needs the CTE `series`. The events of
 * such a unit are there if they are as many as its bucket has counted; most edges lie in months that are there, which
 * costs a look into a table of few rows.
 */
export function isCutArchived(source: UsageSource): RawBuilder<boolean> {
  const { first, last } = cutsOf(source);
  const starts = [first, last].filter((start) => start !== null).map((start) => sql`${start}::timestamptz`);
  return starts.length === 0 ? sql<boolean>`false` : isCutArchivedAt(source.meter, starts);
}

/** The same, of the starts of units that stand in the statement; null where an edge cuts none. */
export function isCutArchivedAt(meter: Meter, starts: readonly RawBuilder<unknown>[]): RawBuilder<boolean> {
  const missing = starts.map((start) => isMissing(start, unitOf({ meter })));
  return sql<boolean>`(${sql.join(missing, sql` or `)})`;
}

/** The starts of the minutes or hours that the edges of a source's period cut. */
export function cutsOf(source: Pick<UsageSource, 'meter' | 'period'>): {
  readonly first: Temporal.Instant | null;
  readonly last: Temporal.Instant | null;
} {
  const floor = FLOOR[unitOf(source)];
  const cutAt = (edge: Temporal.Instant) => (floor(edge).equals(edge) ? null : floor(edge));
  return { first: cutAt(source.period.start), last: cutAt(source.period.end) };
}

const FLOOR = { hour: startOfHour, minute: startOfMinute } as const;

function unitOf({ meter }: Pick<UsageSource, 'meter'>): 'hour' | 'minute' {
  return meter.formula === 'unique_count' ? 'hour' : 'minute';
}

/** The edges of the source's period that cut a minute or hour whose single events are then needed. */
export function cutEdges(source: UsageSource): Temporal.Instant[] {
  const floor = FLOOR[unitOf(source)];
  return [source.period.start, source.period.end].filter((edge) => !floor(edge).equals(edge));
}

function isMissing(start: RawBuilder<unknown>, unit: 'hour' | 'minute'): RawBuilder<unknown> {
  const end = sql`${start} + ${sql.lit(`1 ${unit}`)}::interval`;
  const bucket =
    unit === 'hour' ? { table: 'usage_values', column: 'hour_at' } : { table: 'usage_minutes', column: 'minute_at' };
  // `case`, because PostgreSQL may evaluate the sides of `and` in any order.
  return sql`case when exists (
      select from archived_event_months where month_at = date_trunc('month', ${start}, 'UTC')
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
