import { sql } from 'kysely';
import type { Scope } from '../db/scope.ts';
import { startOfHour, startOfMinute } from '../time/instant.ts';
import type { Adjustment } from './adjustment.ts';
import { keepsLast, type Meter } from './meter.ts';
import type { EventPlace, StoredEvent } from './stored_event.sql.ts';

// Events and usage have the account in their series; whoever calls has found the event by a hash that contains the account.

/** Sequences of events are positive, so that any event wins against an empty minute. */
const NO_SEQUENCE = -1;

/**
 * Holds what an event was added to, until the end of the transaction: for `unique_count` first its value's row, then its
 * minute. Ingest takes them in this order as well, so the two don't wait in circles.
 */
export async function lockUsage(scope: Scope, meter: Meter, event: StoredEvent): Promise<void> {
  const eventAt = eventTime(event);
  if (meter.formula === 'unique_count') {
    await sql`
      select from usage_values
      where series_id = ${event.seriesId} and hour_at = ${startOfHour(eventAt)} and value = ${valueOf(meter, event)}
      for update
    `.execute(scope.db);
  }
  await sql`
    select from usage_minutes where series_id = ${event.seriesId} and minute_at = ${startOfMinute(eventAt)} for update
  `.execute(scope.db);
}

/** Marks an event as cancelled; false when it is already. */
export async function markCancelled(scope: Scope, event: EventPlace, at: Temporal.Instant): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update meter_events set cancelled_at = ${at}
    where series_id = ${event.seriesId} and event_at = ${eventTime(event)} and sequence = ${event.sequence}
      and cancelled_at is null
  `.execute(scope.db);
  return numAffectedRows === 1n;
}

/**
 * Computes the minute of an event anew from the events that count in it. The columns are those of bucket.ts, with the same
 * ranks; an emptied minute stays, so that readers don't take its hour for folded, and its rank is below that of any event.
 * Needs the lock of `lockUsage`.
 */
export async function recountMinute(scope: Scope, meter: Meter, event: EventPlace): Promise<void> {
  const minute = startOfMinute(eventTime(event));
  const rank = meter.eventTimeWindow === null ? sql`event_at` : sql`${minute}::timestamptz`;
  const bounded = sql.lit(meter.formula === 'min' || meter.formula === 'max');
  const last = sql.lit(keepsLast(meter));
  await sql`
    update usage_minutes u set
      event_count = e.event_count,
      value_sum = e.value_sum,
      value_min = case when ${bounded} then e.value_min end,
      value_max = case when ${bounded} then e.value_max end,
      last_value = case when ${last} then e.last_value end,
      last_rank_at = case when ${last} then coalesce(e.last_rank_at, u.minute_at) end,
      last_sequence = case when ${last} then coalesce(e.last_sequence, ${NO_SEQUENCE}::int8) end,
      folded = false
    from (
      select count(*) as event_count, coalesce(sum(value), 0) as value_sum, min(value) as value_min,
        max(value) as value_max,
        (array_agg(value order by rank_at desc, sequence desc))[1] as last_value,
        max(rank_at) as last_rank_at,
        (array_agg(sequence order by rank_at desc, sequence desc))[1] as last_sequence
      from (
        select value, sequence, ${rank} as rank_at from meter_events
        where series_id = ${event.seriesId} and event_at >= ${minute} and event_at < ${minute.add({ minutes: 1 })}
          and cancelled_at is null
      ) counted
    ) e
    where u.series_id = ${event.seriesId} and u.minute_at = ${minute}
  `.execute(scope.db);
}

/** One event less with this value in its hour. Needs the lock of `lockUsage`. */
export async function releaseValue(scope: Scope, meter: Meter, event: StoredEvent): Promise<void> {
  await sql`
    update usage_values set event_count = event_count - 1
    where series_id = ${event.seriesId} and hour_at = ${startOfHour(eventTime(event))}
      and value = ${valueOf(meter, event)}
  `.execute(scope.db);
}

export async function insertAdjustment(scope: Scope, adjustment: Adjustment, event: EventPlace): Promise<void> {
  await scope.db
    .insertInto('meter_event_adjustments')
    .values({
      account_id: scope.account.id,
      id: adjustment.id,
      event_name: adjustment.eventName,
      identifier: adjustment.identifier,
      series_id: event.seriesId,
      event_at: eventTime(event),
      sequence: event.sequence,
      created_at: adjustment.createdAt,
    })
    .execute();
}

function eventTime({ eventAtMs }: EventPlace): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(eventAtMs);
}

/** The value that `unique_count` counted: always in the kept payload, see `keptPayload`. */
function valueOf(meter: Meter, { payload }: StoredEvent): string {
  return payload?.[meter.valueKey] ?? '';
}
