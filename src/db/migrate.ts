import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';

/** Any constant: all processes of one database must agree on it, so that one migrates while the others wait. */
const MIGRATION_LOCK = 8_264_263;

const MIGRATIONS_DIRECTORY = new URL('../../migrations/', import.meta.url);
const MIGRATION_FILE = /^\d{4}_[a-z0-9_]+\.sql$/;

/**
 * Brings the schema up to date: runs every file of `migrations/` that this database has not seen, in order, each in a
 * transaction of its own. Any number of processes may call it at once. Returns the names that were run.
 * Throws when the database knows a migration that this program does not: it belongs to a newer version.
 */
export async function migrate(pool: pg.Pool): Promise<string[]> {
  const client = await pool.connect();
  try {
    // A migration may take long, and so may waiting for the process that runs it.
    await client.query('set statement_timeout = 0; set lock_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      return await runPending(client);
    } finally {
      await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      await client.query('reset statement_timeout; reset lock_timeout');
    }
  } finally {
    client.release();
  }
}

async function runPending(client: pg.PoolClient): Promise<string[]> {
  await client.query(
    'create table if not exists migrations (name text primary key, run_at timestamptz not null default now())',
  );
  const files = (await readdir(MIGRATIONS_DIRECTORY)).filter((name) => MIGRATION_FILE.test(name)).sort();
  const rows = await client.query<{ name: string }>('select name from migrations');
  const done = new Set(rows.rows.map((row) => row.name));
  const unknown = [...done].filter((name) => !files.includes(name));
  if (unknown.length > 0) {
    throw new Error(
      `This database was migrated by a newer Usance (it has ${unknown.join(', ')}). Start that version or a newer one.`,
    );
  }
  const pending = files.filter((name) => !done.has(name));
  for (const name of pending) await runOne(client, name);
  return pending;
}

async function runOne(client: pg.PoolClient, name: string): Promise<void> {
  const text = await readFile(new URL(name, MIGRATIONS_DIRECTORY), 'utf8');
  await client.query('begin');
  try {
    await client.query(text);
    await client.query('insert into migrations (name) values ($1)', [name]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`Migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
}
