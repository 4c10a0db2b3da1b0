import { Client, DatabaseError } from 'pg';

/** SQLSTATE 3D000: the server is up, but has no such database. */
export const DATABASE_MISSING = '3D000';

/** SQLSTATE 57P03: the server is there, but starts, recovers or stops. */
export const CANNOT_CONNECT_NOW = '57P03';

/** True when the server answered with an error that waiting does not change, such as a wrong password. */
export function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError && error.code !== DATABASE_MISSING && error.code !== CANNOT_CONNECT_NOW;
}

/** Opens one connection and closes it again; throws what `pg` throws. */
export async function tryConnection(connectionString: string): Promise<void> {
  await withClient(connectionString, () => Promise.resolve());
}

/** Creates the database `usance`; `connectionString` leads to another database of the server. */
export async function createDatabase(connectionString: string): Promise<void> {
  await withClient(connectionString, (client) => client.query('create database usance'));
}

async function withClient(connectionString: string, use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString });
  // A connection that breaks rejects what waits for it and also emits an event, which unheard would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
