/**
 * `npm run simulate -- --seeds 1000`: simulated accounts for as long as one likes; `--seed 7` runs one and tells its steps;
 * `--jumps` flies the clocks of each in several ways and compares these; `--bail` stops at the first that fails.
 * Progress goes to standard error, a line of JSON to standard output. Ctrl-C ends it after the seeds that are running.
 * Exits with 1 when anything was wrong.
 */
import { parseArgs } from 'node:util';
import { startServer } from '../support/server-process.ts';
import { compareFlights } from './jumps.ts';
import { LIFTED, openPlace, type Place } from './place.ts';
import { simulate } from './run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string' },
    lanes: { type: 'string' },
    jumps: { type: 'boolean' },
    bail: { type: 'boolean' },
  },
});
const only = values.seed === undefined ? undefined : Number(values.seed);
const first = only ?? Number(values.from ?? Date.now() % 1_000_000);
const count = only === undefined ? Number(values.seeds ?? 1_000) : 1;
const lanes = Math.min(count, Number(values.lanes ?? 3));

const begin = performance.now();
const sums = { seeds: 0, failed: 0, steps: 0, invoices: 0, usage: 0, days: 0 };
const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort());

const server = await startServer({ name: 'simulate', env: LIFTED });
const place = await openPlace(server.databaseUrl, () => server);
try {
  let next = first;
  const lane = async () => {
    while (!stopping.signal.aborted && next < first + count) await run(place, next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
} finally {
  await place.close();
  await server.stop();
}
const seconds = Math.round((performance.now() - begin) / 1000);
console.log(JSON.stringify({ first, ...sums, seconds }));
if (sums.failed > 0) process.exitCode = 1;

async function run(at: Place, seed: number): Promise<void> {
  const subject = await at.newSubject();
  try {
    const trace = only === undefined ? undefined : (line: string) => console.error(line);
    const done =
      values.jumps === true
        ? await compareFlights(at, seed, { hourly: true })
        : await simulate(subject, seed, { trace });
    for (const key of ['steps', 'invoices', 'usage', 'days'] as const) sums[key] += done[key];
  } catch (error) {
    sums.failed++;
    if (values.bail === true) stopping.abort();
    console.error((error as Error).message);
    if (only !== undefined) console.error(((error as Error).cause as Error | undefined)?.stack);
  } finally {
    subject.close();
    sums.seeds++;
  }
  if (sums.seeds % 25 === 0)
    console.error(`${sums.seeds}/${count} seeds, ${sums.invoices} invoices, ${sums.failed} failed`);
}
