import type { Generator } from './generator.ts';
import type { LoadJob, LoadResult } from './load.ts';
import { readCpu, watchMemory } from './processes.ts';
import { round } from './results.ts';
import type { BenchServer } from './server.ts';

/** A run of load with what it cost: CPU microseconds an event (or request) in each process, and memory. */
export type Measured = LoadResult & {
  readonly cpuMicroseconds: { readonly generator: number; readonly server: number; readonly postgres: number };
  readonly peakMegabytes: number;
};

/** Runs a job against a server and reads who used the cores meanwhile. */
export async function measure(server: BenchServer, generator: Generator, job: LoadJob): Promise<Measured> {
  const before = readCpu(server.pid);
  const memory = watchMemory(server.pid);
  const result = await generator.run(job);
  const peakMegabytes = memory.stop();
  const after = readCpu(server.pid);
  const each = (seconds: number) => round((seconds * 1e6) / Math.max(result.events || result.requests, 1));
  return {
    ...result,
    peakMegabytes,
    cpuMicroseconds: {
      generator: each(result.cpuSeconds),
      server: each(after.server - before.server),
      postgres: each(after.postgres - before.postgres),
    },
  };
}

/** Two runs of the same job, taken as one: rates are averaged, of latencies and memory the worse one counts. */
export function together(first: Measured, second: Measured): Measured {
  const mean = (a: number, b: number) => round((a + b) / 2);
  return {
    ...second,
    requests: first.requests + second.requests,
    events: first.events + second.events,
    seconds: round(first.seconds + second.seconds),
    requestsPerSecond: Math.round(mean(first.requestsPerSecond, second.requestsPerSecond)),
    eventsPerSecond: Math.round(mean(first.eventsPerSecond, second.eventsPerSecond)),
    p50Ms: Math.max(first.p50Ms, second.p50Ms),
    p99Ms: Math.max(first.p99Ms, second.p99Ms),
    maxMs: Math.max(first.maxMs, second.maxMs),
    peakMegabytes: Math.max(first.peakMegabytes, second.peakMegabytes),
    cpuMicroseconds: {
      generator: mean(first.cpuMicroseconds.generator, second.cpuMicroseconds.generator),
      server: mean(first.cpuMicroseconds.server, second.cpuMicroseconds.server),
      postgres: mean(first.cpuMicroseconds.postgres, second.cpuMicroseconds.postgres),
    },
  };
}
