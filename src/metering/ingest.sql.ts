import type pg from 'pg';
import { byteaArray, int8Array, textArray, timestamptzArray, uuidArray } from '../db/binary.ts';
import { INGEST_BLOCK_EVENTS } from '../limits.ts';
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
  readonly epochs: ReadonlyMap<string, bigint>;
  /** The hashes that are taken. */
  readonly known: ReadonlySet<string>;
  /** The stored answers, by place in `keys`. */
  readonly answers: ReadonlyMap<number, KnownAnswer>;
};

const LOOK = `
select
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
  epochs: Record<string, string> | null;
  known: number[];
  answers: { place: number; hash: string; status: number; body: string; id: string }[] | null;
};

/**
 * Looks up what a batch met, or may meet: the epochs of its accounts, and which identifiers and keys are taken. Most
 * batches do without, see `write`.
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

/** Everything that a batch changes, and what it was decided by. */
export type Batch = {
  /** The epoch of each account at which its events were checked. */
  readonly epochs: ReadonlyMap<string, bigint>;
  readonly events: readonly PlacedEvent[];
  /** In the order of series and time. */
  readonly minutes: readonly MinuteDelta[];
  /** Those of the minutes that are not there yet. */
  readonly newMinutes: ReadonlySet<MinuteDelta>;
  readonly values: readonly ValueDelta[];
  readonly answers: readonly AnswerToStore[];
  readonly rejected: readonly RejectedRow[];
};

/**
 * The whole of a batch in one statement, and so in one transaction and one round trip.
 *
 * `valid` compares the epochs: when an account has changed since its events were checked, nothing is written. Sequence
 * numbers are drawn here, after the commit of everything that was acknowledged before.
 *
 * Plain inserts: an identifier or key that is taken breaks a primary key, and so does a minute that somebody else makes
 * at this moment; then nothing is written, and the batch looks. (`on conflict do nothing` costs twice the plain insert,
 * for every event; an update of a minute costs half of `on conflict do update`.) A minute that is neither new nor there
 * divides by zero.
 *
 * The update waits for the inserts by its last conditions: the minutes, whose hottest rows all writers want, are taken
 * last and held for the shortest time. All writers take rows in the same order (identifiers by hash, values, minutes by
 * series and time), and an update can't see what another batch inserts, so they don't wait in circles.
 */
const WRITE = `
with valid as materialized (
  select count(*) = cardinality($1::text[]) as yes
  from unnest($1::text[], $2::int8[]) as c(id, epoch) join accounts a on a.id = c.id and a.cache_epoch = c.epoch
), block as materialized (
  select nextval('meter_event_blocks') * ${INGEST_BLOCK_EVENTS} as start
), event as materialized (
  select series_id, event_at, (select start from block) + place as sequence, received_at, identifier, value, payload, hash
  from unnest(
    $3::int8[], $4::timestamptz[], $5::int8[], $6::timestamptz[], $7::text[], $8::text[], $9::text[], $10::uuid[]
  ) as e(series_id, event_at, place, received_at, identifier, value, payload, hash)
  where (select yes from valid)
), delta as materialized (
  select series_id, minute_at, is_new, event_count, value_sum, value_min, value_max, last_value, last_rank_at,
    (select start from block) + last_place as last_sequence
  from unnest(
    $11::int8[], $12::timestamptz[], $13::int8[], $14::int8[], $15::text[]::numeric[], $16::text[]::numeric[],
    $17::text[]::numeric[], $18::text[]::numeric[], $19::timestamptz[], $20::int8[]
  ) as d(
    series_id, minute_at, is_new, event_count, value_sum, value_min, value_max, last_value, last_rank_at, last_place
  )
  where (select yes from valid)
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
  select * from unnest($21::int8[], $22::timestamptz[], $23::text[], $24::int8[]) where (select yes from valid)
  on conflict (series_id, hour_at, value) do update set event_count = u.event_count + excluded.event_count
  returning 1
), answered as (
  insert into idempotency_keys (account_id, key, request_hash, status, body, request_id, expires_at)
  select * from unnest($25::text[], $26::text[], $27::bytea[], $28::int8[], $29::text[], $30::text[], $31::timestamptz[])
  where (select yes from valid)
  returning 1
), refused as (
  insert into rejected_meter_events (
    account_id, id, received_at, event_name, identifier, meter_id, customer_id, event_at, payload, code, message
  )
  select "accountId", id, "receivedAt", "eventName", identifier, "meterId", "customerId", "eventAt", payload, code, message
  from json_to_recordset($32::json) as r(
    "accountId" text, id text, "receivedAt" timestamptz, "eventName" text, identifier text, "meterId" text,
    "customerId" text, "eventAt" timestamptz, payload jsonb, code text, message text
  )
  where (select yes from valid)
  returning 1
), made as (
  insert into usage_minutes (
    series_id, minute_at, event_count, value_sum, value_min, value_max, last_value, last_rank_at, last_sequence
  )
  select series_id, minute_at, event_count, value_sum, value_min, value_max, last_value, last_rank_at, last_sequence
  from delta where is_new = 1
  returning 1
), updated as (
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
  from delta d
  where u.series_id = d.series_id and u.minute_at = d.minute_at and d.is_new = 0
    and (select count(*) from identified) is not null and (select count(*) from counted) is not null
    and (select count(*) from valued) is not null and (select count(*) from answered) is not null
    and (select count(*) from refused) is not null and (select count(*) from made) is not null
  returning 1
)
select (select yes from valid) as valid,
  1 / ((select count(*) from updated) + (select count(*) from made) = (select count(*) from delta))::int as complete
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
 * Makes minutes, still without events, that another batch makes at this moment, or may: it waits for that batch. A
 * transaction of its own, so that no batch waits for one that adds minutes.
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
 * Writes a batch durably. False, and nothing is written, when an account is no longer at the epoch of the batch. Throws, and
 * nothing is written: a unique violation (23505) when an identifier, a key or a new minute is taken; a division by zero
 * (22012) when a minute that is not new is missing; a check violation (23514) when a partition of the events is.
 */
export async function write(pool: pg.Pool, batch: Batch): Promise<boolean> {
  const events = [...batch.events].sort((a, b) => (a.event.hash < b.event.hash ? -1 : 1));
  const { values, answers } = batch;
  const epochs = [...batch.epochs];
  const { rows } = await pool.query<{ valid: boolean }>({
    name: 'ingest-write',
    text: WRITE,
    values: [
      textArray(epochs, ([id]) => id),
      int8Array(epochs, ([, epoch]) => Number(epoch)),
      int8Array(events, ({ seriesId }) => seriesId),
      timestamptzArray(events, ({ event }) => event.eventAtMs),
      int8Array(events, ({ place }) => place),
      timestamptzArray(events, ({ event }) => event.receivedAtMs),
      textArray(events, ({ event }) => event.identifier),
      textArray(events, ({ event }) => amountText(event.amount)),
      textArray(events, ({ event }) => keptPayload(event)),
      uuidArray(events, ({ event }) => event.hash),
      ...minuteColumns(batch),
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
  return rows[0]?.valid === true;
}

function minuteColumns({ minutes, newMinutes }: Batch): Buffer[] {
  const text = (value: Exact | null) => (value === null ? null : amountText(value));
  return [
    int8Array(minutes, ({ seriesId }) => seriesId),
    timestamptzArray(minutes, ({ minuteMs }) => minuteMs),
    int8Array(minutes, (minute) => (newMinutes.has(minute) ? 1 : 0)),
    int8Array(minutes, ({ count }) => count),
    textArray(minutes, ({ sum }) => amountText(sum)),
    textArray(minutes, ({ min }) => text(min)),
    textArray(minutes, ({ max }) => text(max)),
    textArray(minutes, ({ last }) => text(last)),
    timestamptzArray(minutes, ({ lastRankMs }) => lastRankMs),
    int8Array(minutes, ({ lastPlace }) => lastPlace),
  ];
}
