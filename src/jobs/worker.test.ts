import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type EmbeddedPostgres, startEmbedded } from '../db/embedded/start.ts';
import { type Database, openDatabase } from '../db/pool.ts';
import { startWorker } from './worker.ts';

let dataDir: string;
let postgres: EmbeddedPostgres;
let database: Database;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'usance-worker-'));
  await chmod(dataDir, 0o755);
  postgres = await startEmbedded({ dataDir });
  database = openDatabase(postgres.connectionString);
});
afterEach(async () => {
  await database.close();
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function killPostgres(): Promise<void> {
  const pid = Number.parseInt(await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(async () => expect(await database.isReachable()).toBe(false));
}

const untilBack = () => vi.waitFor(async () => expect(await database.isReachable()).toBe(true), { timeout: 20_000 });

test('a job that is in hand while PostgreSQL dies ends neither the process nor the jobs after it', async () => {
  const job = Promise.withResolvers<void>();
  const run = vi
    .fn<() => Promise<void>>()
    .mockImplementationOnce(() => job.promise)
    .mockResolvedValue();
  const worker = await startWorker(database.pool, [{ name: 'work', cron: '0 0 1 1 *', run }], pino({ enabled: false }));
  const unhandled: unknown[] = [];
  const listen = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', listen);
  try {
    await database.pool.query(`select graphile_worker.add_job('work')`);
    await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(1), { timeout: 10_000 });
    await killPostgres();
    job.resolve();
    await untilBack();
    await database.pool.query(`select graphile_worker.add_job('work')`);
    await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(2), { timeout: 20_000 });
    expect(unhandled).toEqual([]);
  } finally {
    process.off('unhandledRejection', listen);
    await worker.stop();
  }
});

test('an idle runner finds the jobs that come after an outage, and stops', async () => {
  const run = vi.fn<() => Promise<void>>().mockResolvedValue();
  const worker = await startWorker(database.pool, [{ name: 'work', cron: '0 0 1 1 *', run }], pino({ enabled: false }));
  await killPostgres();
  await untilBack();
  await database.pool.query(`select graphile_worker.add_job('work')`);
  await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(1), { timeout: 20_000 });
  await worker.stop();
});
