import { migrate } from '../src/db/migrate.ts';
import { openDatabase } from '../src/db/pool.ts';
import { type Bench, runBench } from './bench.ts';
import { type Measured, measure, together } from './measure.ts';
import { readCpu } from './processes.ts';
import { type ReferenceResult, startReference } from './reference.ts';
import { STREAM_EVENTS } from './requests.ts';
import { report, round, SECONDS } from './results.ts';
import type { BenchServer } from './server.ts';
import { onDatabase, openSession, prepareSubject, siblingUrl } from './subject.ts';
import { countEvents, createDatabase, readReferred, testAccount, writeReferred } from './subject.sql.ts';

const CONNECTION_COUNTS = [4, 8, 16];

/** A stretch of the reference, with the CPU microseconds of each event. */
type ReferenceTurn = ReferenceResult & {
  readonly cpuMicroseconds: { readonly client: number; readonly postgres: number };
};

/**
 * `npm run bench:ingest`: the event stream in batches of 100, and in turns with it the same statements driven by a bare
 * client on a second database of the same PostgreSQL. Ends by counting: what was acknowledged is what is stored.
 */
await runBench(async (bench) => {
  const { server, generator, calibration } = bench;
  const { customers } = await prepareSubject(server);
  const referenceTurn = await prepareReference(bench, customers);
  let acknowledged = 0;
  const turn = async (connections: number, seconds: number): Promise<Measured> => {
    const plan = { kind: 'stream', token: await openSession(server), customers } as const;
    const measured = await measure(server, generator, { port: server.port, plan, connections, seconds });
    acknowledged += measured.events;
    return measured;
  };

  // The first seconds compile the code and make a series for each customer, on both sides.
  await turn(16, 4);
  await referenceTurn(1);
  for (const connections of CONNECTION_COUNTS) {
    const first = await turn(connections, SECONDS / 2);
    const firstReference = await referenceTurn(SECONDS / 2);
    const ours = together(first, await turn(connections, SECONDS / 2));
    const reference = [firstReference, await referenceTurn(SECONDS / 2)] as const;
    report('ingest', calibration, figures(connections, ours, reference));
  }
  await checkCount(server, acknowledged);
});

function figures(connections: number, ours: Measured, [first, second]: readonly [ReferenceTurn, ReferenceTurn]) {
  const mean = (read: (turn: ReferenceTurn) => number) => round((read(first) + read(second)) / 2);
  const reference = Math.round(mean(({ eventsPerSecond }) => eventsPerSecond));
  const referenceCpu = {
    client: mean(({ cpuMicroseconds }) => cpuMicroseconds.client),
    postgres: mean(({ cpuMicroseconds }) => cpuMicroseconds.postgres),
  };
  const { generator, server, postgres } = ours.cpuMicroseconds;
  return {
    connections,
    events_per_request: STREAM_EVENTS,
    events_per_second: ours.eventsPerSecond,
    p50_ms: ours.p50Ms,
    p99_ms: ours.p99Ms,
    cpu_us_per_event: ours.cpuMicroseconds,
    server_peak_rss_mb: ours.peakMegabytes,
    reference: 'the same statements by a bare client with two connections, events per second',
    reference_per_second: reference,
    reference_cpu_us_per_event: referenceCpu,
    ratio: round(ours.eventsPerSecond / reference),
    cpu_ratio: round((referenceCpu.client + referenceCpu.postgres) / (generator + server + postgres)),
  };
}

/** A second database with our schema and the same account, meter and customers; answers what runs the reference on it. */
async function prepareReference({ server, calibration, defer }: Bench, customers: readonly string[]) {
  const databaseUrl = siblingUrl(server.databaseUrl, 'bench_reference');
  const referred = await onDatabase(server.databaseUrl, async (db) => {
    await createDatabase(db, 'bench_reference');
    return await readReferred(db);
  });
  const database = openDatabase(databaseUrl, { maxConnections: 1 });
  await migrate(database.pool);
  await database.close();
  const accountId = await onDatabase(databaseUrl, async (db) => {
    await writeReferred(db, referred);
    return await testAccount(db);
  });
  const reference = startReference();
  // It does more than the calibration, and so is slower.
  const mostEventsPerSecond = calibration.twoConnections;
  defer(() => reference.stop());
  return async (seconds: number): Promise<ReferenceTurn> => {
    const before = readCpu(server.pid).postgres;
    const result = await reference.run({ databaseUrl, accountId, customers, seconds, mostEventsPerSecond });
    const used = readCpu(server.pid).postgres - before;
    const each = (cpuSeconds: number) => round((cpuSeconds * 1e6) / result.events);
    return { ...result, cpuMicroseconds: { client: each(result.cpuSeconds), postgres: each(used) } };
  };
}

/** A fast answer to an event that is not stored is worth nothing. */
async function checkCount(server: BenchServer, acknowledged: number): Promise<void> {
  const { raw, inMinutes } = await onDatabase(server.databaseUrl, countEvents);
  if (raw === acknowledged && inMinutes === acknowledged) return;
  throw new Error(`${acknowledged} events were acknowledged, ${raw} are stored and ${inMinutes} are in the minutes`);
}
