import { createLoginLink } from '../../src/accounts/session.ts';
import { openDatabase } from '../../src/db/pool.ts';
import { wallTime } from '../../src/main.ts';

/** A link token for a server, as `usance login` prints one. */
export async function newLink(databaseUrl: string, now = wallTime()): Promise<string> {
  const database = openDatabase(databaseUrl, { maxConnections: 1 });
  try {
    return await createLoginLink(database.kysely, now);
  } finally {
    await database.close();
  }
}
