import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_INGEST_QUEUE_EVENTS } from '../src/limits.ts';
import { type Bench, runBench } from './bench.ts';
import { type Measured, measure } from './measure.ts';
import { residentMegabytes } from './processes.ts';
import { STREAM_EVENTS } from './requests.ts';
import { report, round, SECONDS } from './results.ts';
import { onDatabase, openSession, prepareSubject, type Subject } from './subject.ts';
import { activeBackends, countEvents } from './subject.sql.ts';

const CONNECTIONS = 64;
const LIMIT_MEGABYTES = 300;
const STALL_MS = 2_000;

/** Twice what the queue holds wants in, one request a connection. */
const FLOOD_CONNECTIONS = Math.ceil((2 * MAX_INGEST_QUEUE_EVENTS) / STREAM_EVENTS);

/**
 * `npm run bench:memory`: resident memory under the full load of 64 connections, then with a database that stands still
 * for two seconds while twice as many events want in as the queue holds. Who is refused is told to try again, and what
 * was acknowledged is stored, no more and no less.
 */
await runBench(async (bench) => {
  const { server, calibration } = bench;
  const subject = await prepareSubject(server);
  const idleMegabytes = residentMegabytes(server.pid);
  const loaded = await stream(bench, subject, CONNECTIONS, SECONDS);
  const [flooded] = await Promise.all([flood(bench, subject), stall(bench)]);
  check(flooded);
  const acknowledged = loaded.events + flooded.events;
  const { raw, inMinutes } = await onDatabase(server.databaseUrl, countEvents);
  if (raw !== acknowledged || inMinutes !== acknowledged) {
    throw new Error(`${acknowledged} events were acknowledged, ${raw} are stored and ${inMinutes} are in the minutes`);
  }
  const peak = Math.max(loaded.peakMegabytes, flooded.peakMegabytes);
  report('memory', calibration, {
    idle_rss_mb: Math.round(idleMegabytes),
    loaded_connections: CONNECTIONS,
    loaded_events_per_second: loaded.eventsPerSecond,
    loaded_peak_rss_mb: loaded.peakMegabytes,
    stalled_connections: FLOOD_CONNECTIONS,
    stalled_peak_rss_mb: flooded.peakMegabytes,
    stalled_max_ms: flooded.maxMs,
    refused_with_429: flooded.refused[429] ?? 0,
    acknowledged_events: acknowledged,
    stored_events: raw,
    reference: 'the limit of resident memory, MB',
    reference_mb: LIMIT_MEGABYTES,
    ratio: round(LIMIT_MEGABYTES / peak),
  });
});

async function stream({ server, generator }: Bench, subject: Subject, connections: number, seconds: number) {
  const plan = { kind: 'stream', token: await openSession(server), customers: subject.customers } as const;
  return await measure(server, generator, { port: server.port, plan, connections, seconds, expected: [429] });
}

function flood(bench: Bench, subject: Subject): Promise<Measured> {
  return stream(bench, subject, FLOOD_CONNECTIONS, STALL_MS / 1000 + 4);
}

/** Stops the database's processes that serve connections, as a disk that hangs would, and lets them go on. */
async function stall({ server }: Bench): Promise<void> {
  await sleep(2_000);
  const backends = await onDatabase(server.databaseUrl, activeBackends);
  for (const pid of backends) process.kill(pid, 'SIGSTOP');
  try {
    await sleep(STALL_MS);
  } finally {
    for (const pid of backends) process.kill(pid, 'SIGCONT');
  }
}

function check({ refused, toldToRetry }: Measured): void {
  const refusals = refused[429] ?? 0;
  if (refusals === 0) throw new Error('The queue was never full');
  if (toldToRetry !== refusals) throw new Error(`Of ${refusals} refusals only ${toldToRetry} say stripe-should-retry`);
}
