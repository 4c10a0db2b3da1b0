import type pg from 'pg';
import { formatDecimal } from '../money/decimal.ts';
import type { StoredAnswer } from '../stripe/idempotency.sql.ts';
import type { MeterEvent } from './meter_event.ts';

/** One event on its way into the store, with what its request needs to be answered once. */
export type IngestEntry = {
  readonly accountId: string;
  readonly hash: string;
  readonly event: MeterEvent;
  readonly receivedAt: Temporal.Instant;
  readonly requestId: string;
  /** Null: the request has no Idempotency-Key. */
  readonly idempotencyKey: string | null;
  readonly requestHash: Buffer | null;
  /** The answers to store under the key: for a counted event, and for one whose identifier was known. */
  readonly countedBody: string | null;
  readonly duplicateBody: string | null;
};

export type IngestOutcome =
  | { readonly kind: 'counted' | 'duplicate' | 'archived_meter' | 'no_customer' }
  | { readonly kind: 'replay'; readonly stored: StoredAnswer };

/**
 * The whole of ingest in one statement, and so in one transaction and one round trip: look up idempotency keys, the
 * meter's state and the customer; claim the identifiers; append the events; add them to their minute buckets; store the
 * answers. Of entries with one identifier the first counts. Identifiers, buckets and keys are each taken in sorted
 * order, which keeps two writers from waiting for each other; a deadlock that arises all the same is run again.
 * An idempotency key that another process stores at the same time breaks the primary key; the batch then runs again.
 */
const INGEST = `
with input as materialized (
  select * from unnest(
    $1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::timestamptz[], $7::numeric[], $8::jsonb[],
    $9::timestamptz[], $10::text[], $11::bytea[], $12::text[], $13::text[], $14::text[]
  ) with ordinality as t(
    account_id, meter_id, customer_id, hash, identifier, event_at, value, payload,
    received_at, key, request_hash, request_id, counted_body, duplicate_body, place
  )
), checked as materialized (
  select i.*,
    k.status as known_status, k.body as known_body, k.request_hash as known_hash, k.request_id as known_request,
    m.id is not null as meter_active,
    c.id is not null as customer_exists,
    k.status is null and m.id is not null and c.id is not null as accepted,
    row_number() over (
      partition by i.hash, k.status is null and m.id is not null and c.id is not null order by place
    ) as turn
  from input i
  left join idempotency_keys k on k.account_id = i.account_id and k.key = i.key
  left join meters m on m.account_id = i.account_id and m.id = i.meter_id and m.status = 'active'
  left join customers c on c.account_id = i.account_id and c.id = i.customer_id and c.deleted_at is null
), fresh as (
  insert into meter_event_identifiers (hash, received_at)
  select hash, received_at from checked where accepted and turn = 1 order by hash
  on conflict (hash) do nothing
  returning hash
), counted as (
  insert into meter_events
    (account_id, meter_id, customer_id, event_at, identifier, value, payload, received_at)
  select account_id, meter_id, customer_id, event_at, identifier, value, payload, c.received_at
  from checked c join fresh using (hash)
  where accepted and turn = 1
  order by place
  returning account_id, meter_id, customer_id, event_at, sequence, value
), bucketed as (
  insert into usage_minutes as u
    (account_id, meter_id, customer_id, minute_at, event_count, value_sum, last_value, last_event_at, last_sequence)
  select account_id, meter_id, customer_id, date_trunc('minute', event_at, 'UTC'), count(*), sum(value),
    (array_agg(value order by event_at desc, sequence desc))[1], max(event_at),
    (array_agg(sequence order by event_at desc, sequence desc))[1]
  from counted
  group by 1, 2, 3, 4
  order by 1, 2, 3, 4
  on conflict (account_id, meter_id, customer_id, minute_at) do update set
    event_count = u.event_count + excluded.event_count,
    value_sum = u.value_sum + excluded.value_sum,
    last_value = case when (excluded.last_event_at, excluded.last_sequence) > (u.last_event_at, u.last_sequence)
      then excluded.last_value else u.last_value end,
    last_sequence = case when (excluded.last_event_at, excluded.last_sequence) > (u.last_event_at, u.last_sequence)
      then excluded.last_sequence else u.last_sequence end,
    last_event_at = greatest(u.last_event_at, excluded.last_event_at)
), stored as (
  insert into idempotency_keys (account_id, key, request_hash, status, body, request_id, created_at)
  select account_id, key, request_hash,
    case when f.hash is not null and turn = 1 then 200 else 400 end,
    case when f.hash is not null and turn = 1 then counted_body else duplicate_body end,
    request_id, received_at
  from checked left join fresh f using (hash)
  where accepted and key is not null
  order by account_id, key
)
select known_status, known_body, known_hash, known_request, meter_active, customer_exists,
  accepted and turn = 1 and f.hash is not null as counted
from checked left join fresh f using (hash)
order by place
`;

type Row = {
  known_status: number | null;
  known_body: string;
  known_hash: Buffer;
  known_request: string;
  meter_active: boolean;
  customer_exists: boolean;
  counted: boolean;
};

/**
 * Writes a batch durably and tells what became of each entry, in order. Idempotency keys must be unique in the batch.
 */
export async function ingestBatch(pool: pg.Pool, entries: readonly IngestEntry[]): Promise<IngestOutcome[]> {
  const column = <T>(read: (entry: IngestEntry) => T) => entries.map(read);
  const values = [
    column((entry) => entry.accountId),
    column((entry) => entry.event.meterId),
    column((entry) => entry.event.customerId),
    column((entry) => entry.hash),
    column((entry) => entry.event.identifier),
    column((entry) => entry.event.eventAt.toString()),
    column((entry) => formatDecimal(entry.event.value)),
    column((entry) => JSON.stringify(Object.fromEntries(entry.event.payload))),
    column((entry) => entry.receivedAt.toString()),
    column((entry) => entry.idempotencyKey),
    column((entry) => entry.requestHash),
    column((entry) => entry.requestId),
    column((entry) => entry.countedBody),
    column((entry) => entry.duplicateBody),
  ];
  // A named statement is parsed once a connection.
  const { rows } = await pool.query<Row>({ name: 'ingest', text: INGEST, values });
  return rows.map(toOutcome);
}

function toOutcome(row: Row): IngestOutcome {
  if (row.known_status !== null) {
    const stored = {
      requestHash: row.known_hash,
      status: row.known_status,
      body: row.known_body,
      requestId: row.known_request,
    };
    return { kind: 'replay', stored };
  }
  if (!row.meter_active) return { kind: 'archived_meter' };
  if (!row.customer_exists) return { kind: 'no_customer' };
  return { kind: row.counted ? 'counted' : 'duplicate' };
}
