import { randomFillSync } from 'node:crypto';
import { createTable, dropTable, insertKeys } from './calibrate.sql.ts';
import { onDatabase } from './subject.ts';

/** Rows a second that this machine's PostgreSQL takes into a bare table of UUIDs: tells how fast a machine is. */
export type Calibration = { readonly oneConnection: number; readonly twoConnections: number };

const BATCH = 2_000;
const SECONDS = 2;

/**
 * Measures the machine on the server's PostgreSQL: random UUIDs into a table with nothing but their primary key, 2,000 a
 * statement, each durable.
 */
export async function calibrate(databaseUrl: string): Promise<Calibration> {
  return await onDatabase(databaseUrl, async (db) => {
    await createTable(db);
    try {
      const oneConnection = await insertRate(databaseUrl, 1);
      return { oneConnection, twoConnections: await insertRate(databaseUrl, 2) };
    } finally {
      await dropTable(db);
    }
  });
}

async function insertRate(databaseUrl: string, connections: number): Promise<number> {
  const startedAt = performance.now();
  const until = startedAt + SECONDS * 1000;
  const fill = () =>
    onDatabase(databaseUrl, async (db) => {
      let batches = 0;
      for (; performance.now() < until; batches++) await insertKeys(db, randomUuids());
      return batches;
    });
  const batches = await Promise.all(Array.from({ length: connections }, fill));
  const rows = batches.reduce((sum, count) => sum + count, 0) * BATCH;
  return Math.round((rows * 1000) / (performance.now() - startedAt));
}

const bytes = Buffer.alloc(BATCH * 16);

/** The text of a `uuid[]`; 32 digits without hyphens are a UUID for PostgreSQL. */
function randomUuids(): string {
  const hex = randomFillSync(bytes).toString('hex');
  return `{${(hex.match(/.{32}/g) ?? []).join(',')}}`;
}
