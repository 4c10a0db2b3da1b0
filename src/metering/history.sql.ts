import { type RawBuilder, sql } from 'kysely';
import type { Scope } from '../db/scope.ts';
import {
  type EventPlace,
  eventsAt,
  STORED_COLUMNS,
  type StoredEvent,
  type StoredEventRow,
  toStoredEvent,
} from './stored_event.sql.ts';

/** Which events are asked for; the time is the event's own, half-open. */
export type EventFilter = {
  readonly identifier?: string | undefined;
  readonly meterId?: string | undefined;
  readonly customerId?: string | undefined;
  /** Values that dimensions must have. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined;
  readonly from?: Temporal.Instant | undefined;
  readonly before?: Temporal.Instant | undefined;
};

/** A page of counted events: newest first, or, with `newer`, oldest first; in both cases from the cursor on. */
export type EventQuery = {
  readonly filter: EventFilter;
  readonly status: 'counted' | 'cancelled' | undefined;
  readonly cursor: EventPlace | undefined;
  readonly newer: boolean;
  readonly limit: number;
};

/** The event at a place, if it is of this account: one look-up by primary key. */
export async function findEventAt(scope: Scope, place: EventPlace): Promise<StoredEvent | undefined> {
  const { rows } = await sql<StoredEventRow>`
    select ${STORED_COLUMNS}
    from meter_events e join usage_series s on s.id = e.series_id
    where e.series_id = ${place.seriesId} and e.event_at = ${instant(place.eventAtMs)} and e.sequence = ${place.sequence}
      and s.account_id = ${scope.account.id}
  `.execute(scope.db);
  return rows[0] && toStoredEvent(rows[0]);
}

/** The event that an identifier stands for, while the identifier is known (IDENTIFIER_DAYS). */
export async function findByIdentifier(scope: Scope, hash: string, query: EventQuery): Promise<StoredEvent[]> {
  const source = sql`(select * from meter_event_identifiers where hash = ${hash}::uuid) i ${eventsAt('i')}`;
  return await findFrom(scope, source, query);
}

/**
 * Cancelled events, found by their corrections, which are as few as the requests that made them. The page is chosen from
 * the corrections alone, which know the places of their events.
 */
export async function findCancelled(scope: Scope, query: EventQuery): Promise<StoredEvent[]> {
  const { rows } = await sql<StoredEventRow>`
    with page as materialized (
      select e.series_id, e.event_at, e.sequence
      from meter_event_adjustments e join usage_series s on s.id = e.series_id
      where e.account_id = ${scope.account.id} and ${seriesConditions(scope, query.filter)} and ${eventConditions(query)}
      ${ordered(query)}
    )
    select ${STORED_COLUMNS}
    from page
    ${eventsAt('page')}
    join usage_series s on s.id = e.series_id
    ${ordered(query)}
  `.execute(scope.db);
  return rows.map(toStoredEvent);
}

/**
 * Events of a stretch of time, whatever their series. The BRIN index finds the blocks of that time, which are those of all
 * accounts: for stretches that hold about a page.
 */
export async function findInTime(scope: Scope, query: EventQuery): Promise<StoredEvent[]> {
  return await findFrom(scope, sql`meter_events e`, query);
}

async function findFrom(scope: Scope, source: RawBuilder<unknown>, query: EventQuery): Promise<StoredEvent[]> {
  const { rows } = await sql<StoredEventRow>`
    select ${STORED_COLUMNS}
    from ${source} join usage_series s on s.id = e.series_id
    where ${seriesConditions(scope, query.filter)} and ${eventConditions(query)}
    ${ordered(query)}
  `.execute(scope.db);
  return rows.map(toStoredEvent);
}

/**
 * Events by series. The newest event of each is one step into the primary key; a page of n events can only come from the n
 * series with the newest ones, and of those n events each are read.
 */
export async function findInSeries(scope: Scope, query: EventQuery): Promise<StoredEvent[]> {
  return await scope.db.transaction().execute(async (transaction) => {
    // A series with more events than expected would be read whole and sorted, instead of a page in the order of the key.
    await sql`set local enable_bitmapscan = off`.execute(transaction);
    return await findPageInSeries({ ...scope, db: transaction }, query);
  });
}

async function findPageInSeries(scope: Scope, query: EventQuery): Promise<StoredEvent[]> {
  const { rows } = await sql<StoredEventRow>`
    with series as materialized (${seriesOf(scope, query.filter)}), heads as materialized (
      select e.series_id, e.event_at, e.sequence
      from series
      cross join lateral (
        select e.series_id, e.event_at, e.sequence from meter_events e
        where e.series_id = series.id and ${eventConditions(query)}
        ${ordered({ ...query, limit: 1 })}
      ) e
      ${ordered(query)}
    )
    select ${STORED_COLUMNS}
    from heads
    cross join lateral (
      select * from meter_events e where e.series_id = heads.series_id and ${eventConditions(query)} ${ordered(query)}
    ) e
    join usage_series s on s.id = e.series_id
    ${ordered(query)}
  `.execute(scope.db);
  return rows.map(toStoredEvent);
}

/** How many series a filter leaves, up to `most`. */
export async function countSeries(scope: Scope, filter: EventFilter, most: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int4 as count from (${seriesOf(scope, filter)} limit ${most}) s
  `.execute(scope.db);
  return rows[0]?.count ?? 0;
}

/** By the meters of the account, so that one customer's series are found by the key (account, meter, customer). */
function seriesOf(scope: Scope, { meterId, customerId, dimensions }: EventFilter): RawBuilder<unknown> {
  const { id } = scope.account;
  return sql`
    select s.id
    from meters m join usage_series s on s.account_id = m.account_id and s.meter_id = m.id
    where m.account_id = ${id} and s.account_id = ${id}
      ${meterId === undefined ? sql`` : sql`and m.id = ${meterId}`}
      ${customerId === undefined ? sql`` : sql`and s.customer_id = ${customerId}`}
      ${dimensions === undefined ? sql`` : sql`and s.dimensions @> ${JSON.stringify(dimensions)}::jsonb`}
  `;
}

function seriesConditions(scope: Scope, { meterId, customerId, dimensions }: EventFilter): RawBuilder<unknown> {
  return sql`s.account_id = ${scope.account.id}
    ${meterId === undefined ? sql`` : sql`and s.meter_id = ${meterId}`}
    ${customerId === undefined ? sql`` : sql`and s.customer_id = ${customerId}`}
    ${dimensions === undefined ? sql`` : sql`and s.dimensions @> ${JSON.stringify(dimensions)}::jsonb`}`;
}

/** What `meter_events e`, or a correction of one, must fulfil. The cursor's time is told alone as well: partitions are chosen by it. */
function eventConditions({ filter, status, cursor, newer }: EventQuery): RawBuilder<unknown> {
  const { from, before, identifier } = filter;
  const conditions = [
    from && sql`e.event_at >= ${from}`,
    before && sql`e.event_at < ${before}`,
    identifier === undefined ? undefined : sql`e.identifier = ${identifier}`,
    status === 'counted' ? sql`e.cancelled_at is null` : undefined,
    cursor && (newer ? after(cursor) : until(cursor)),
  ].filter((condition) => condition !== undefined);
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

function until({ eventAtMs, sequence }: EventPlace): RawBuilder<unknown> {
  const at = instant(eventAtMs);
  return sql`e.event_at <= ${at} and (e.event_at, e.sequence) < (${at}::timestamptz, ${sequence}::int8)`;
}

function after({ eventAtMs, sequence }: EventPlace): RawBuilder<unknown> {
  const at = instant(eventAtMs);
  return sql`e.event_at >= ${at} and (e.event_at, e.sequence) > (${at}::timestamptz, ${sequence}::int8)`;
}

function ordered({ newer, limit }: EventQuery): RawBuilder<unknown> {
  const direction = newer ? sql`asc` : sql`desc`;
  return sql`order by e.event_at ${direction}, e.sequence ${direction} limit ${limit}`;
}

function instant(milliseconds: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(milliseconds);
}
