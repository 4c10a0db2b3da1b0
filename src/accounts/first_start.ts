import type { Database, Queryable } from '../db/pool.ts';
import { inTransaction, lockTransaction } from '../db/transaction.ts';
import { listAccounts } from './account.sql.ts';
import { createAccount, createKeylessAccount } from './create.ts';
import { createKey, hashKey } from './key.ts';
import { findAccountByHash } from './key.sql.ts';

/** Any constant: processes that start at once take turns, so that one of them creates the accounts. */
const FIRST_START_LOCK = 8_264_264n;

/**
 * Makes sure that there are a live and a test account, and that `wantedKey` (when given) opens the default test
 * account, which is the oldest one. `firstKey` is what that account gets when it is made now and no key is wanted.
 * Returns the secret key that was created now, if one was.
 * Throws when the wanted key was revoked or opens another account.
 */
export async function ensureAccounts(
  database: Database,
  wantedKey: string | undefined,
  now: Temporal.Instant,
  firstKey?: string,
): Promise<{ createdKey: string | undefined }> {
  return await inTransaction(database.kysely, async (db) => {
    await lockTransaction(db, FIRST_START_LOCK);
    const accounts = await listAccounts(db);
    if (accounts.length === 0) return await createFirstAccounts(db, wantedKey ?? firstKey, now);
    if (wantedKey === undefined) return { createdKey: undefined };
    const test = accounts.find((account) => !account.livemode);
    if (test === undefined) throw new Error('USANCE_SECRET_KEY is set, but this database has no test account.');
    return await ensureKey(db, test.id, wantedKey, now);
  });
}

async function createFirstAccounts(db: Queryable, wantedKey: string | undefined, now: Temporal.Instant) {
  // The live account gets no key: nobody should hold one who has not asked for it.
  await createKeylessAccount(db, { name: 'Live', livemode: true, now });
  const test = await createAccount(db, { name: 'Test', livemode: false, now, secretKey: wantedKey });
  return { createdKey: test.secretKey };
}

async function ensureKey(db: Queryable, accountId: string, secretKey: string, now: Temporal.Instant) {
  const known = await findAccountByHash(db, hashKey(secretKey));
  if (known?.revoked === true) throw new Error('USANCE_SECRET_KEY was revoked; choose another key.');
  if (known !== undefined && known.account.id !== accountId) {
    throw new Error(`USANCE_SECRET_KEY opens the account ${known.account.id}, not the default test account.`);
  }
  if (known !== undefined) return { createdKey: undefined };
  await createKey(db, { accountId, secretKey, name: 'USANCE_SECRET_KEY', now });
  return { createdKey: secretKey };
}
