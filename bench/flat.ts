import { runBench } from './bench.ts';
import { fillEvents } from './fill.ts';
import { type Measured, measure, together } from './measure.ts';
import { report, round, SECONDS } from './results.ts';
import { type BenchServer, startUsance } from './server.ts';
import { openSession, prepareSubject, type Subject } from './subject.ts';

/** Events that the full database holds before. */
const STORED = Number(process.env['BENCH_STORED_EVENTS'] ?? 20_000_000);

const DAYS = 35;
const DAY_MS = 86_400_000;
const CONNECTIONS = 8;

/**
 * `npm run bench:flat`: the rate of `bench:ingest` on a database that holds 20 million events, and on an empty one, two
 * servers in turns.
 */
await runBench(async ({ server: empty, generator, calibration, defer }) => {
  const full = await startUsance();
  defer(() => full.stop());
  const emptySubject = await prepareSubject(empty);
  const fullSubject = await prepareSubject(full);
  const fillStartedAt = performance.now();
  await fill(full, fullSubject);
  const fillSeconds = Math.round((performance.now() - fillStartedAt) / 1000);

  const turn = async (server: BenchServer, { customers }: Subject, seconds: number): Promise<Measured> => {
    const plan = { kind: 'stream', token: await openSession(server), customers } as const;
    return await measure(server, generator, { port: server.port, plan, connections: CONNECTIONS, seconds });
  };
  const emptyTurn = (seconds: number) => turn(empty, emptySubject, seconds);
  const fullTurn = (seconds: number) => turn(full, fullSubject, seconds);
  await emptyTurn(3);
  await fullTurn(3);
  const firstEmpty = await emptyTurn(SECONDS / 2);
  const firstFull = await fullTurn(SECONDS / 2);
  const ofEmpty = together(firstEmpty, await emptyTurn(SECONDS / 2));
  const ofFull = together(firstFull, await fullTurn(SECONDS / 2));
  report('flat', calibration, {
    connections: CONNECTIONS,
    stored_events: STORED,
    fill_seconds: fillSeconds,
    events_per_second: ofFull.eventsPerSecond,
    p99_ms: ofFull.p99Ms,
    cpu_us_per_event: ofFull.cpuMicroseconds,
    reference: 'the same on an empty database, events per second',
    reference_per_second: ofEmpty.eventsPerSecond,
    reference_cpu_us_per_event: ofEmpty.cpuMicroseconds,
    ratio: round(ofFull.eventsPerSecond / ofEmpty.eventsPerSecond),
  });
});

async function fill(server: BenchServer, subject: Subject): Promise<void> {
  const to = new Date();
  const from = new Date(to.getTime() - DAYS * DAY_MS);
  await fillEvents(server, { ...subject, events: STORED, from, to });
}
