import { type Calibration, calibrate } from './calibrate.ts';
import { type Generator, startGenerator } from './generator.ts';
import { type BenchServer, startUsance } from './server.ts';

/** What every benchmark starts with. */
export type Bench = {
  readonly server: BenchServer;
  readonly generator: Generator;
  readonly calibration: Calibration;
  /** Runs at the end, last first, also when the benchmark fails. */
  defer(end: () => Promise<unknown>): void;
};

/**
 * Starts a server with these environment variables and a load generator, measures the machine, runs the benchmark, and
 * stops everything.
 */
export async function runBench(
  work: (bench: Bench) => Promise<void>,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const defer = (end: () => Promise<unknown>) => {
    resources.defer(async () => {
      await end();
    });
  };
  const server = await startUsance(variables);
  defer(() => server.stop());
  const generator = startGenerator();
  defer(() => generator.stop());
  await work({ server, generator, calibration: await calibrate(server.databaseUrl), defer });
}
