/**
 * `npm run crash -- --kills 200 --seed 7 --servers 2`: the crash test for as long as one likes; with `--of clock` that of a
 * simulated account on a clock, with `--of months` that of month ends in wall time, which always have two servers. Progress
 * goes to standard error; standard output gets one line of JSON. Exits with 1, and says how to choose the same again, when a
 * figure is wrong.
 */
import { parseArgs } from 'node:util';
import { flyThroughKills } from './flight.ts';
import { endMonths } from './month_end.ts';
import { crashRun } from './run.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string' },
    seed: { type: 'string' },
    servers: { type: 'string' },
    of: { type: 'string', default: 'metering' },
  },
});
const kills = Number(values.kills ?? 200);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const servers = Number(values.servers ?? 1);

/** Of the servers and PostgreSQL, by what they are doing meanwhile. */
const RUNS: Readonly<Record<string, () => Promise<object>>> = {
  metering: () => crashRun({ kills, seed, servers, progress: (line) => console.error(line) }),
  clock: () => flyThroughKills(seed, kills),
  // A month has two kills.
  months: () => endMonths({ seed, subscriptions: 300, months: Math.ceil(kills / 2) }),
};

console.error(`seed ${seed}: ${kills} kills, of ${values.of}`);
const begin = performance.now();
try {
  const run = RUNS[values.of];
  if (run === undefined) throw new Error(`--of must be one of ${Object.keys(RUNS).join(', ')}`);
  console.log(JSON.stringify({ ...(await run()), seconds: Math.round((performance.now() - begin) / 1000) }));
} catch (error) {
  console.error(error);
  console.log(JSON.stringify({ seed, servers, of: values.of, error: (error as Error).message }));
  process.exitCode = 1;
}
