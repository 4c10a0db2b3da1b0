/**
 * `npm run crash -- --kills 200 --seed 7 --servers 2`: the crash test for as long as one likes. Progress goes to
 * standard error; standard output gets one line of JSON. Exits with 1, and says how to choose the same again, when a
 * figure is wrong.
 */
import { parseArgs } from 'node:util';
import { crashRun } from './run.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string' }, seed: { type: 'string' }, servers: { type: 'string' } },
});
const kills = Number(values.kills ?? 200);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const servers = Number(values.servers ?? 1);

console.error(`seed ${seed}: ${kills} kills, ${servers} ${servers === 1 ? 'server' : 'servers'}`);
const begin = performance.now();
try {
  const result = await crashRun({ kills, seed, servers, progress: (line) => console.error(line) });
  console.log(JSON.stringify({ ...result, seconds: Math.round((performance.now() - begin) / 1000) }));
} catch (error) {
  console.error(error);
  console.log(JSON.stringify({ seed, servers, error: (error as Error).message }));
  process.exitCode = 1;
}
