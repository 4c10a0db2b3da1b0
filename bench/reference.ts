import { randomBytes, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { type Database, openDatabase } from '../src/db/pool.ts';
import { openIngestDatabase } from '../src/main.ts';
import { loadAccounts } from '../src/metering/account_cache.sql.ts';
import { addUp, type PlacedEvent } from '../src/metering/bucket.ts';
import { type Batch, ensureMinutes, write } from '../src/metering/ingest.sql.ts';
import type { Meter } from '../src/metering/meter.ts';
import { findMetersByEventName } from '../src/metering/meter.sql.ts';
import { ensurePartition, monthOf } from '../src/metering/partition.sql.ts';
import { ensureSeries } from '../src/metering/series.sql.ts';
import { type Child, startChild } from './child.ts';
import { STREAM_EVENTS } from './requests.ts';
import { round } from './results.ts';
import { zipfDraws } from './zipf.ts';

/** Writes for so long; plain data, so that it reaches the reference's process. */
export type ReferenceJob = {
  readonly databaseUrl: string;
  readonly accountId: string;
  readonly customers: readonly string[];
  readonly seconds: number;
  /** Batches are prepared for this rate; at a higher one the run ends early. */
  readonly mostEventsPerSecond: number;
};

export type ReferenceResult = {
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly cpuSeconds: number;
};

export type Reference = Child<ReferenceJob, ReferenceResult>;

/** Events of one statement; larger ones are not faster. */
const BATCH_EVENTS = 2_000;

const CONNECTIONS = 2;

/** Starts the reference in a process of its own. */
export function startReference(): Reference {
  return startChild(new URL('./refer.ts', import.meta.url));
}

/**
 * The best that a client can do with our tables: ingest's own statement for each batch, every parameter encoded before the
 * clock starts, on two connections and nothing else. What is missing to it is HTTP, JSON, checks, and the gathering of batches.
 */
export async function runReference(job: ReferenceJob): Promise<ReferenceResult> {
  const batches = await prepare(job);
  const database = openIngestDatabase(job.databaseUrl);
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => database.pool.connect()));
  // The statements are planned before the clock starts.
  for (const client of clients) await client.query(batches.pop() as pg.QueryConfig);
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let written = 0;
  const drive = async (client: pg.PoolClient) => {
    while (performance.now() - startedAt < job.seconds * 1000) {
      const batch = batches.pop();
      if (batch === undefined) return;
      await client.query(batch);
      written++;
    }
  };
  await Promise.all(clients.map(drive));
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  for (const client of clients) client.release();
  await database.close();
  const events = written * BATCH_EVENTS;
  return {
    events,
    eventsPerSecond: Math.round(events / seconds),
    cpuSeconds: round((cpu.user + cpu.system) / 1e6),
  };
}

async function prepare(job: ReferenceJob): Promise<pg.QueryConfig[]> {
  const database = openDatabase(job.databaseUrl, { maxConnections: 1 });
  try {
    const { meter, series } = await prepareSeries(database, job);
    const epochs = new Map(
      (await loadAccounts(database.kysely, [job.accountId])).map((row) => [row.accountId, row.epoch]),
    );
    const count = Math.ceil((job.seconds * job.mostEventsPerSecond) / BATCH_EVENTS) + CONNECTIONS;
    const draws = zipfDraws(series.length);
    const maker = { meter, series, draws, customers: job.customers, accountId: job.accountId, epochs };
    const batches = Array.from({ length: count }, (_, index) => newBatch(maker, index));
    await ensureMinutes(database.pool, oncePerMinute(batches));
    return await Promise.all(batches.map((batch) => capture((pool) => write(pool, batch))));
  } finally {
    await database.close();
  }
}

async function prepareSeries(database: Database, { accountId, customers }: ReferenceJob) {
  const db = database.kysely;
  const now = Temporal.Now.instant();
  const [meter] = await findMetersByEventName(db, [{ accountId, eventName: 'tokens' }]);
  if (meter === undefined) throw new Error('The reference database has no meter');
  await ensurePartition(db, monthOf(now.epochMilliseconds));
  const keys = customers.map((customerId) => ({ accountId, meterId: meter.id, customerId, dimensions: '{}' }));
  return { meter, series: (await ensureSeries(db, keys, now)).filter((id) => id !== undefined) };
}

type BatchMaker = {
  readonly meter: Meter;
  readonly series: readonly number[];
  readonly draws: Uint32Array;
  readonly customers: readonly string[];
  readonly accountId: string;
  readonly epochs: Batch['epochs'];
};

/** The minutes that batches add to, as ingest makes them once a minute. */
function oncePerMinute(batches: readonly Batch[]): Batch['minutes'] {
  const minutes = batches.flatMap((batch) => batch.minutes);
  return [...new Map(minutes.map((minute) => [`${minute.seriesId} ${minute.minuteMs}`, minute])).values()];
}

function newBatch(maker: BatchMaker, number: number): Batch {
  const nowMs = Date.now();
  const hashes =
    randomBytes(BATCH_EVENTS * 16)
      .toString('hex')
      .match(/.{32}/g) ?? [];
  const events = hashes.map((hash, place): PlacedEvent => {
    const draw = maker.draws[(number * BATCH_EVENTS + place) % maker.draws.length] ?? 0;
    return { event: newEvent(maker, draw, hash, nowMs), seriesId: maker.series[draw] ?? 0, place };
  });
  const keys = Array.from({ length: BATCH_EVENTS / STREAM_EVENTS }, () => `stripe-node-retry-${randomUUID()}`);
  return {
    epochs: maker.epochs,
    events,
    minutes: addUp(events),
    newMinutes: new Set(),
    values: [],
    answers: keys.map((key) => newAnswer(maker.accountId, key, nowMs)),
    rejected: [],
  };
}

function newEvent({ meter, customers }: BatchMaker, draw: number, hash: string, nowMs: number): PlacedEvent['event'] {
  const customerId = customers[draw] ?? '';
  const amount = 10 + (draw % 90);
  return {
    meter,
    customerId,
    identifier: randomUUID(),
    hash,
    eventAtMs: nowMs,
    receivedAtMs: nowMs,
    amount,
    payload: { stripe_customer_id: customerId, value: String(amount) },
    dimensions: '{}',
  };
}

function newAnswer(accountId: string, key: string, nowMs: number): Batch['answers'][number] {
  const requestId = `req_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
  const expiresAtMs = nowMs + 30 * 86_400_000;
  return { accountId, key, requestHash: randomBytes(32), status: 200, body: '{}', requestId, expiresAtMs };
}

/** The statement that a function of ingest would send, with its parameters as they go over the wire. */
async function capture(send: (pool: pg.Pool) => Promise<unknown>): Promise<pg.QueryConfig> {
  let captured: pg.QueryConfig | undefined;
  const query = async (config: pg.QueryConfig) => {
    captured = config;
    return { rows: [] };
  };
  await send({ query } as unknown as pg.Pool);
  if (captured === undefined) throw new Error('Ingest sent no statement');
  return captured;
}
