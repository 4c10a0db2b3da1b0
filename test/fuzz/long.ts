/**
 * `npm run fuzz -- --requests 100000 --seed 7`: the fuzz test for as long as one likes; `--only 123` sends one request of
 * it. Progress goes to standard error; standard output gets one line of JSON. Exits with 1 when anything was wrong.
 */
import { parseArgs } from 'node:util';
import { fuzzRun } from './run.ts';

const { values } = parseArgs({
  options: { requests: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
});
const requests = Number(values.requests ?? 100_000);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const only = values.only === undefined ? undefined : Number(values.only);

console.error(`seed ${seed}: ${requests} requests`);
const begin = performance.now();
try {
  const result = await fuzzRun({ requests, seed, only, progress: (line) => console.error(line) });
  console.log(JSON.stringify({ ...result, seconds: Math.round((performance.now() - begin) / 1000) }));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
