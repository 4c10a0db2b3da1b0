import type { Queryable } from '../db/pool.ts';
import { newId } from '../stripe/ids.ts';
import { insertAccount, type NewAccountRow } from './account.sql.ts';
import { createKey, newSecretKey } from './key.ts';

type NewAccount = { name: string; livemode: boolean; now: Temporal.Instant; secretKey?: string | undefined };

/** Creates an account with one key. The secret key is returned once and stored only as a hash. */
export async function createAccount(
  db: Queryable,
  options: NewAccount,
): Promise<{ accountId: string; secretKey: string }> {
  const accountId = await createKeylessAccount(db, options);
  const secretKey = options.secretKey ?? newSecretKey(options.livemode);
  await createKey(db, { accountId, secretKey, name: 'default', now: options.now });
  return { accountId, secretKey };
}

/** Creates an account that nobody can open until it gets a key. Returns its id. */
export async function createKeylessAccount(db: Queryable, options: NewAccount): Promise<string> {
  const account: NewAccountRow = {
    id: newId('account'),
    name: options.name,
    livemode: options.livemode,
    country: 'US',
    defaultCurrency: 'usd',
  };
  await insertAccount(db, account, options.now);
  return account.id;
}
