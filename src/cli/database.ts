import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readConfig } from '../config.ts';
import { startEmbedded } from '../db/embedded/start.ts';
import { migrate } from '../db/migrate.ts';
import { type Database, openDatabase } from '../db/pool.ts';
import { explainDatabase } from './explain.ts';
import { readServerInfo } from './runtime.ts';

/**
 * Runs `work` on the database that a server here uses or would use: that of the running server, else DATABASE_URL,
 * else the embedded one, which is then started just for this. It is told the address too, which may hold a password.
 * Throws where there is none.
 */
export async function withDatabase<T>(work: (database: Database, url: string) => Promise<T>): Promise<T> {
  const config = readConfig(process.env);
  const url = config.databaseUrl ?? (await readServerInfo(config.dataDir))?.databaseUrl;
  if (url === undefined) requireData(config.dataDir);
  const embedded = url === undefined ? await startEmbedded({ dataDir: config.dataDir }) : undefined;
  try {
    return await withOpen(url ?? embedded?.connectionString ?? '', work);
  } finally {
    await embedded?.stop();
  }
}

/** A command asks about data that is there, and makes none in a folder that somebody mistook. */
function requireData(dataDir: string): void {
  if (existsSync(join(dataDir, 'postgres'))) return;
  const folder = resolve(dataDir);
  throw new Error(
    `There is no data in ${folder}: start the server once with \`npm start\`, or say with USANCE_DATA_DIR or DATABASE_URL where it is.`,
  );
}

async function withOpen<T>(url: string, work: (database: Database, url: string) => Promise<T>): Promise<T> {
  const database = openDatabase(url, { maxConnections: 2 });
  try {
    await migrate(database.pool);
    return await work(database, url);
  } catch (error) {
    throw explainDatabase(error, url) ?? error;
  } finally {
    await database.close();
  }
}
