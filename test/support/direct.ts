import { type Database, openDatabase } from '../../src/db/pool.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import type { Context } from '../../src/stripe/context.ts';
import { V1 } from '../../src/stripe/dialect.ts';
import { testServer } from './test-server.ts';

let database: Promise<Database> | undefined;

/**
 * Runs a verb that no route serves by itself, in a transaction of its own, as a request of that account would. Up to 8
 * run at once.
 */
export async function directly<T>(
  { accountId, livemode = false }: { accountId: string; livemode?: boolean },
  verb: (context: Context) => Promise<T>,
): Promise<T> {
  database ??= testServer().then(({ databaseUrl }) => openDatabase(databaseUrl, { maxConnections: 8 }));
  const { kysely } = await database;
  const account = {
    id: accountId,
    name: 'Test',
    livemode,
    country: 'US',
    defaultCurrency: 'usd',
    documentSecret: Buffer.alloc(32),
  };
  const now = Temporal.Now.instant().round({ smallestUnit: 'second', roundingMode: 'floor' });
  const request = { id: 'req_test', idempotencyKey: null, keys: V1.keys };
  return await inTransaction(
    kysely,
    async (db) => await verb({ db, account, now, baseUrl: 'http://usance.test', request }),
  );
}
