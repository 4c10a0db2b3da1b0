import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/pool.ts';
import { startPostgres15 } from './postgres15.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const SCHEMA_FILE: string = join(ROOT, 'migrations/schema.sql');
export const TABLES_FILE: string = join(ROOT, 'src/db/tables.generated.ts');

export type GoldenSchema = {
  /** What `pg_dump --schema-only` says of a database made by the migrations alone, normalised. */
  readonly schema: string;
  /** What kysely-codegen makes of that same database under `.kysely-codegenrc.json`. */
  readonly tables: string;
};

/** Rebuilds a PostgreSQL 15 database from `migrations/` and describes it in SQL and in TypeScript. Takes about 5 s. */
export async function goldenSchema(): Promise<GoldenSchema> {
  const cluster = await startPostgres15();
  try {
    const database = openDatabase(cluster.url, { maxConnections: 1 });
    await migrate(database.pool);
    await database.close();
    const dump = await cluster.run('pg_dump', [
      '--schema-only',
      '--no-owner',
      '--no-privileges',
      '--exclude-schema=graphile_worker',
    ]);
    return { schema: normaliseDump(dump), tables: await generateTables(cluster.url) };
  } finally {
    await cluster.stop();
  }
}

/**
 * Leaves the definitions alone: without comments, session settings, psql's commands (recent `pg_dump` prints a random
 * `\restrict` token) and runs of blank lines, which differ between minor versions and say nothing of the schema.
 */
export function normaliseDump(dump: string): string {
  const noise = /^(--.*|SET .*;|SELECT pg_catalog\.set_config\(.*;|\\.*)$/;
  const lines = dump.split('\n').filter((line) => !noise.test(line));
  return `${lines
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

async function generateTables(url: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'usance-codegen-'));
  try {
    const outFile = join(folder, 'tables.ts');
    const program = join(ROOT, 'node_modules/kysely-codegen/dist/cli/bin.js');
    await promisify(execFile)(process.execPath, [program, '--url', url, '--out-file', outFile], { cwd: ROOT });
    return await readFile(outFile, 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
