import { randomUUID } from 'node:crypto';
import { openDatabase } from '../../src/db/pool.ts';
import { testServer } from './test-server.ts';

/** A new, empty database beside that of the shared server, for what would touch the data of all accounts. */
export async function ownDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const { databaseUrl } = await testServer();
  const name = `own_${randomUUID().replaceAll('-', '')}`;
  const run = async (statement: string) => {
    const admin = openDatabase(databaseUrl, { maxConnections: 1 });
    await admin.pool.query(statement).finally(() => admin.close());
  };
  await run(`create database ${name}`);
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => run(`drop database ${name} with (force)`) };
}
