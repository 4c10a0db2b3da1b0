import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBench } from './bench.ts';
import { copyFile } from './import.sql.ts';
import { report, round } from './results.ts';
import { runCommand } from './server.ts';
import { onDatabase, prepareSubject } from './subject.ts';
import { countEvents } from './subject.sql.ts';
import { zipfDraws } from './zipf.ts';

const ROWS = Number(process.env['BENCH_IMPORT_ROWS'] ?? 2_000_000);

const DAY_MS = 86_400_000;
const ROWS_PER_WRITE = 10_000;

/**
 * `npm run bench:import`: `usance events import` of a CSV file with the events of one day, beside a running server. The
 * reference is PostgreSQL's own COPY of the same file into a table without any index, before and after.
 */
await runBench(async ({ server, calibration, defer }) => {
  const { customers } = await prepareSubject(server);
  const folder = await mkdtemp(join(tmpdir(), 'usance-import-'));
  defer(() => rm(folder, { recursive: true }));
  const file = join(folder, 'events.csv');
  await writeCsv(file, customers);
  // The embedded PostgreSQL reads the file itself, and runs as another user when we are root.
  await chmod(folder, 0o755);

  const copy = () => timed(() => onDatabase(server.databaseUrl, (db) => copyFile(db, file)));
  const firstCopy = await copy();
  const ours = await timed(() => runCommand(server, ['events', 'import', file]));
  const reference = (firstCopy + (await copy())) / 2;
  const { raw, inMinutes } = await onDatabase(server.databaseUrl, countEvents);
  if (raw !== ROWS || inMinutes !== ROWS) throw new Error(`Of ${ROWS} rows ${raw} are stored, ${inMinutes} in minutes`);
  report('import', calibration, {
    rows: ROWS,
    seconds_taken: round(ours),
    events_per_second: Math.round(ROWS / ours),
    reference: 'COPY of the same file into a table without indexes, rows per second',
    reference_per_second: Math.round(ROWS / reference),
    ratio: round(reference / ours),
  });
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

/** The events of the last 24 hours in their order, each with an identifier of its own. */
async function writeCsv(file: string, customers: readonly string[]): Promise<void> {
  const draws = zipfDraws(customers.length);
  const from = Date.now() - DAY_MS;
  const out = createWriteStream(file);
  out.write('identifier,timestamp,event_name,payload_stripe_customer_id,payload_value\n');
  for (let row = 0; row < ROWS; row += ROWS_PER_WRITE) {
    const lines = Array.from({ length: Math.min(ROWS_PER_WRITE, ROWS - row) }, (_, index) => {
      const at = Math.floor((from + ((row + index) / ROWS) * DAY_MS) / 1000);
      const customer = customers[draws[(row + index) % draws.length] ?? 0] ?? '';
      return `${randomUUID()},${at},tokens,${customer},${1 + (index % 99)}\n`;
    });
    if (!out.write(lines.join(''))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}
