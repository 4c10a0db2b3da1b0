import { type Bench, runBench } from './bench.ts';
import type { LoadJob } from './load.ts';
import { measure, together } from './measure.ts';
import type { RequestPlan } from './requests.ts';
import { report, round, SECONDS } from './results.ts';
import { startBareServer } from './server.ts';
import { openSession, prepareSubject } from './subject.ts';

const CONNECTIONS = 64;

/** Requests a second of an idle server's only client. */
const IDLE_PER_SECOND = 20;

/**
 * `npm run bench:single`: single v1 events as the official client sends them, the bare HTTP server in turns; then the
 * latency of one request at a time.
 */
await runBench(async (bench) => {
  const { server, generator, calibration } = bench;
  const bare = await startBareServer();
  bench.defer(() => bare.stop());
  const { customers } = await prepareSubject(server);
  const plan = { kind: 'single', secretKey: server.secretKey, customers } as const;
  const job = (port: number, seconds: number): LoadJob => ({ port, plan, connections: CONNECTIONS, seconds });

  // The stream makes a series for each customer within seconds: what is measured is not their first event.
  const token = await openSession(server);
  await generator.run({ port: server.port, plan: { kind: 'stream', token, customers }, connections: 8, seconds: 3 });
  // The first seconds compile the code on both sides.
  await generator.run(job(server.port, 3));
  await generator.run(job(bare.port, 1));
  const turn = () => measure(server, generator, job(server.port, SECONDS / 2));
  const bareTurn = () => generator.run(job(bare.port, SECONDS / 4));
  const first = await turn();
  const firstBare = await bareTurn();
  const loaded = together(first, await turn());
  const reference = Math.round((firstBare.requestsPerSecond + (await bareTurn()).requestsPerSecond) / 2);
  const idle = await measureIdle(bench, plan);
  report('single', calibration, {
    connections: CONNECTIONS,
    requests_per_second: loaded.requestsPerSecond,
    p50_ms: loaded.p50Ms,
    p99_ms: loaded.p99Ms,
    reference: 'bare node:http server, requests per second',
    reference_per_second: reference,
    ratio: round(loaded.requestsPerSecond / reference),
    idle_p50_ms: idle.p50Ms,
    idle_p99_ms: idle.p99Ms,
    cpu_us_per_event: loaded.cpuMicroseconds,
    server_peak_rss_mb: loaded.peakMegabytes,
  });
});

async function measureIdle({ server, generator }: Bench, plan: RequestPlan) {
  const idle = { port: server.port, plan, connections: 1, perSecond: IDLE_PER_SECOND } as const;
  return await generator.run({ ...idle, seconds: Math.max(SECONDS, 2) });
}
