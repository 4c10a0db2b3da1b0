import assert from 'node:assert/strict';
import type pg from 'pg';
import { byteaArray, int8Array, textArray, timestamptzArray, uuidArray } from '../db/binary.ts';
import type { MinuteDelta, PlacedEvent, ValueDelta } from './bucket.ts';
import { amountText, keptPayload } from './meter_event.ts';
import type { Exact } from './total.ts';

/** A request's idempotency key, looked up before its events are written. */
export type KeyToLook = { readonly accountId: string; readonly key: string };

export type KnownAnswer = {
  readonly requestHash: Buffer;
  readonly status: number;
  readonly body: string;
  readonly requestId: string;
};

export type Look = {
  /** Sequence numbers from `block * 16,384` on are this batch's own. */
  readonly block: number;
  readonly epochs: ReadonlyMap<string, bigint>;
  /** The hashes that are taken. */
  readonly known: ReadonlySet<string>;
  /** The stored answers, by place in `keys`. */
  readonly answers: ReadonlyMap<number, KnownAnswer>;
};

const LOOK = `
select nextval('meter_event_blocks')::float8 as block,
  (select json_object_agg(id, cache_epoch::text) from accounts where id = any ($1::text[])) as epochs,
  array(
    select t.place::int4
    from unnest($2::uuid[]) with ordinality as t(hash, place)
    join meter_event_identifiers i using (hash)
  ) as known,
  (
    select json_agg(json_build_object(
      'place', t.place, 'hash', encode(k.request_hash, 'hex'), 'status', k.status, 'body', k.body, 'id', k.request_id
    ))
    from unnest($3::text[], $4::text[]) with ordinality as t(account_id, key, place)
    join idempotency_keys k on k.account_id = t.account_id and k.key = t.key
  ) as answers
`;

type LookRow = {
  block: number;
  epochs: Record<string, string> | null;
  known: number[];
  answers: { place: number; hash: string; status: number; body: string; id: string }[] | null;
};

/**
 * What must be known before a batch is written: what its accounts remember is still valid, which identifiers and keys
 * are taken. It also draws the batch's sequence numbers, after the commit of everything that was acknowledged before.
 */
export async function look(
  pool: pg.Pool,
  accountIds: readonly string[],
  hashes: readonly string[],
  keys: readonly KeyToLook[],
): Promise<Look> {
  const values = [
    textArray(accountIds, (id) => id),
    uuidArray(hashes, (hash) => hash),
    textArray(keys, ({ accountId }) => accountId),
    textArray(keys, ({ key }) => key),
  ];
  const { rows } = await pool.query<LookRow>({ name: 'ingest-look', text: LOOK, values });
  const [row] = rows as [LookRow];
  return {
    block: row.block,
    epochs: new Map(Object.entries(row.epochs ?? {}).map(([id, epoch]) => [id, BigInt(epoch)])),
    known: new Set(row.known.map((place) => hashes[place - 1] as string)),
    answers: new Map((row.answers ?? []).map((answer) => [answer.place - 1, toAnswer(answer)])),
  };
}

function toAnswer(answer: NonNullable<LookRow['answers']>[number]): KnownAnswer {
  const { hash, status, body, id } = answer;
  return { requestHash: Buffer.from(hash, 'hex'), status, body, requestId: id };
}

/** An answer to store under its request's key. */
export type AnswerToStore = KeyToLook & {
  readonly requestHash: Buffer;
  readonly status: number;
  readonly body: string;
  readonly requestId: string;
  readonly expiresAtMs: number;
};

/** An event that was not counted, as it is kept. */
export type RejectedRow = {
  readonly accountId: string;
  readonly id: string;
  readonly receivedAt: string;
  readonly eventName: string | null;
  readonly identifier: string | null;
  readonly meterId: string | null;
  readonly customerId: string | null;
  readonly eventAt: string | null;
  readonly payload: Readonly<Record<string, string>> | null;
  readonly code: string;
  readonly message: string;
};

/** Everything that a batch changes. */
export type Batch = {
  readonly events: readonly PlacedEvent[];
  readonly minutes: readonly MinuteDelta[];
  readonly values: readonly ValueDelta[];
  readonly answers: readonly AnswerToStore[];
  readonly rejected: readonly RejectedRow[];
};

/**
 * The whole of a batch in one statement, and so in one transaction and one round trip.
 *
 * Plain inserts: an identifier or key that another process stored since the look breaks a primary key, and the batch
 * looks again. (`on conflict do nothing` costs twice the plain insert, for every event.) The minutes are there already,
 * see `ensureMinutes`, and an update costs half of `on conflict do update`.
 *
 * The update waits for the inserts by its last conditions: the minutes, whose hottest rows all writers want, are taken
 * last and held for the shortest time. All writers take rows in the same order (identifiers by hash, values, minutes by
 * series and time), so they don't wait in circles.
 */
const WRITE = `
with event as materialized (
  select * from unnest(
    $1::int8[], $2::timestamptz[], $3::int8[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::uuid[]
  ) as e(series_id, event_at, sequence, received_at, identifier, value, payload, hash)
), identified as (
  insert into meter_event_identifiers (hash, received_at, series_id, event_at, sequence)
  select hash, received_at, series_id, event_at, sequence from event
  returning 1
), counted as (
  insert into meter_events (series_id, event_at, sequence, received_at, identifier, value, payload)
  select series_id, event_at, sequence, received_at, identifier, value::numeric, payload::jsonb from event
  returning 1
), valued as (
  insert into usage_values as u (series_id, hour_at, value, event_count)
  select * from unnest($18::int8[], $19::timestamptz[], $20::text[], $21::int8[])
  on conflict (series_id, hour_at, value) do update set event_count = u.event_count + excluded.event_count
  returning 1
), answered as (
  insert into idempotency_keys (account_id, key, request_hash, status, body, request_id, expires_at)
  select * from unnest($22::text[], $23::text[], $24::bytea[], $25::int8[], $26::text[], $27::text[], $28::timestamptz[])
  returning 1
), refused as (
  insert into rejected_meter_events (
    account_id, id, received_at, event_name, identifier, meter_id, customer_id, event_at, payload, code, message
  )
  select "accountId", id, "receivedAt", "eventName", identifier, "meterId", "customerId", "eventAt", payload, code, message
  from json_to_recordset($29::json) as r(
    "accountId" text, id text, "receivedAt" timestamptz, "eventName" text, identifier text, "meterId" text,
    "customerId" text, "eventAt" timestamptz, payload jsonb, code text, message text
  )
  returning 1
)
update usage_minutes u set
  event_count = u.event_count + d.event_count,
  value_sum = u.value_sum + d.value_sum,
  value_min = least(u.value_min, d.value_min),
  value_max = greatest(u.value_max, d.value_max),
  last_value = case when (d.last_rank_at, d.last_sequence) > (u.last_rank_at, u.last_sequence)
    then d.last_value else u.last_value end,
  last_sequence = case when (d.last_rank_at, d.last_sequence) > (u.last_rank_at, u.last_sequence)
    then d.last_sequence else u.last_sequence end,
  last_rank_at = greatest(u.last_rank_at, d.last_rank_at),
  folded = false
from unnest(
  $9::int8[], $10::timestamptz[], $11::int8[], $12::text[]::numeric[], $13::text[]::numeric[], $14::text[]::numeric[],
  $15::text[]::numeric[], $16::timestamptz[], $17::int8[]
) as d(
  series_id, minute_at, event_count, value_sum, value_min, value_max, last_value, last_rank_at, last_sequence
)
where u.series_id = d.series_id and u.minute_at = d.minute_at
  and (select count(*) from identified) is not null and (select count(*) from counted) is not null
  and (select count(*) from valued) is not null and (select count(*) from answered) is not null
  and (select count(*) from refused) is not null
`;

const ENSURE_MINUTES = `
insert into usage_minutes (series_id, minute_at, event_count, value_sum, last_rank_at, last_sequence)
select series_id, minute_at, 0, 0, last_rank_at, last_sequence
from unnest($1::int8[], $2::timestamptz[], $3::timestamptz[], $4::int8[])
  as d(series_id, minute_at, last_rank_at, last_sequence)
on conflict (series_id, minute_at) do nothing
`;

/** Below that of any event, so that the first one wins. */
const NO_SEQUENCE = -1;

/**
 * Makes minutes, still without events, that are not there yet. A transaction of its own, so that no batch waits for one
 * that adds minutes; and an update of rows that exist can't meet another batch's insert of them.
 */
export async function ensureMinutes(pool: pg.Pool, minutes: readonly MinuteDelta[]): Promise<void> {
  const values = [
    int8Array(minutes, ({ seriesId }) => seriesId),
    timestamptzArray(minutes, ({ minuteMs }) => minuteMs),
    timestamptzArray(minutes, ({ minuteMs, lastRankMs }) => (lastRankMs === null ? null : minuteMs)),
    int8Array(minutes, ({ lastRankMs }) => (lastRankMs === null ? null : NO_SEQUENCE)),
  ];
  await pool.query({ name: 'ingest-minutes', text: ENSURE_MINUTES, values });
}

/**
 * Writes a batch durably; its minutes must be there. Throws a unique violation (23505) when an identifier or a key was
 * taken since the look, and a check violation (23514) when a partition of the events is missing; nothing is written then.
 */
export async function write(pool: pg.Pool, batch: Batch): Promise<void> {
  const events = [...batch.events].sort((a, b) => (a.event.hash < b.event.hash ? -1 : 1));
  const { minutes, values, answers } = batch;
  const { rowCount } = await pool.query({
    name: 'ingest-write',
    text: WRITE,
    values: [
      int8Array(events, ({ seriesId }) => seriesId),
      timestamptzArray(events, ({ event }) => event.eventAtMs),
      int8Array(events, ({ sequence }) => sequence),
      timestamptzArray(events, ({ event }) => event.receivedAtMs),
      textArray(events, ({ event }) => event.identifier),
      textArray(events, ({ event }) => amountText(event.amount)),
      textArray(events, ({ event }) => keptPayload(event)),
      uuidArray(events, ({ event }) => event.hash),
      ...minuteColumns(minutes),
      int8Array(values, ({ seriesId }) => seriesId),
      timestamptzArray(values, ({ hourMs }) => hourMs),
      textArray(values, ({ value }) => value),
      int8Array(values, ({ count }) => count),
      textArray(answers, ({ accountId }) => accountId),
      textArray(answers, ({ key }) => key),
      byteaArray(answers, ({ requestHash }) => requestHash),
      int8Array(answers, ({ status }) => status),
      textArray(answers, ({ body }) => body),
      textArray(answers, ({ requestId }) => requestId),
      timestamptzArray(answers, ({ expiresAtMs }) => expiresAtMs),
      JSON.stringify(batch.rejected),
    ],
  });
  assert(rowCount === minutes.length, `of ${minutes.length} minutes ${rowCount} were there: run usance verify usage`);
}

function minuteColumns(minutes: readonly MinuteDelta[]): Buffer[] {
  const text = (value: Exact | null) => (value === null ? null : amountText(value));
  return [
    int8Array(minutes, ({ seriesId }) => seriesId),
    timestamptzArray(minutes, ({ minuteMs }) => minuteMs),
    int8Array(minutes, ({ count }) => count),
    textArray(minutes, ({ sum }) => amountText(sum)),
    textArray(minutes, ({ min }) => text(min)),
    textArray(minutes, ({ max }) => text(max)),
    textArray(minutes, ({ last }) => text(last)),
    timestamptzArray(minutes, ({ lastRankMs }) => lastRankMs),
    int8Array(minutes, ({ lastSequence }) => lastSequence),
  ];
}
