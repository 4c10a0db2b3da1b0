import { type RawBuilder, sql } from 'kysely';
import { uuidArray } from '../db/binary.ts';
import type { Queryable } from '../db/pool.ts';
import { formatDecimal, decimal } from '../money/decimal.ts';

/** Where an event stands in the store: its primary key. The sequence alone is unique as well. */
export type EventPlace = { readonly seriesId: bigint; readonly eventAtMs: number; readonly sequence: bigint };

/** A counted event as it is stored, with its series spelled out. It may have been cancelled since. */
export type StoredEvent = EventPlace & {
  readonly meterId: string;
  readonly customerId: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly identifier: string;
  /** The shortest notation. */
  readonly value: string;
  /** Null: nothing but customer and value. */
  readonly payload: Readonly<Record<string, string>> | null;
  readonly receivedAtMs: number;
  readonly cancelledAt: Temporal.Instant | null;
};

/** A row of STORED_COLUMNS. */
export type StoredEventRow = {
  meter_id: string;
  customer_id: string;
  dimensions: Record<string, string>;
  series_id: bigint;
  sequence: bigint;
  identifier: string;
  value: string;
  payload: Record<string, string> | null;
  event_at: Temporal.Instant;
  received_at: Temporal.Instant;
  cancelled_at: Temporal.Instant | null;
};

/** What a query of events selects, from `meter_events e` and `usage_series s`. */
export const STORED_COLUMNS: RawBuilder<StoredEventRow> = sql`
  s.meter_id, s.customer_id, s.dimensions, e.series_id, e.sequence, e.identifier, e.value, e.payload, e.event_at,
  e.received_at, e.cancelled_at
`;

/**
 * The events `e` at the places that rows of `name` tell. A look-up by primary key for each, whatever the planner believes:
 * one busy customer has a thousand times as many events as it expects of a series.
 */
export function eventsAt(name: string): RawBuilder<unknown> {
  const column = (id: string) => sql.ref(`${name}.${id}`);
  return sql`cross join lateral (
    select * from meter_events e
    where e.series_id = ${column('series_id')} and e.event_at = ${column('event_at')}
      and e.sequence = ${column('sequence')}
    limit 1
  ) e`;
}

/** The counted events of these identifier hashes, in no order. */
// unscoped: a hash contains its account.
export async function findEventsByHash(
  db: Queryable,
  hashes: readonly string[],
): Promise<(StoredEvent & { readonly hash: string })[]> {
  const { rows } = await sql<StoredEventRow & { hash: string }>`
    select replace(i.hash::text, '-', '') as hash, ${STORED_COLUMNS}
    from unnest(${uuidArray(hashes, (hash) => hash)}::uuid[]) as w(hash)
    join meter_event_identifiers i using (hash)
    ${eventsAt('i')}
    join usage_series s on s.id = e.series_id
  `.execute(db);
  return rows.map((row) => ({ hash: row.hash, ...toStoredEvent(row) }));
}

export function toStoredEvent(row: StoredEventRow): StoredEvent {
  return {
    meterId: row.meter_id,
    customerId: row.customer_id,
    dimensions: row.dimensions,
    seriesId: row.series_id,
    sequence: row.sequence,
    identifier: row.identifier,
    value: formatDecimal(decimal(row.value)),
    payload: row.payload,
    eventAtMs: row.event_at.epochMilliseconds,
    receivedAtMs: row.received_at.epochMilliseconds,
    cancelledAt: row.cancelled_at,
  };
}
