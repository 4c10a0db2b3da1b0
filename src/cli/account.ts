import { listAccounts } from '../accounts/account.sql.ts';
import type { Database } from '../db/pool.ts';
import type { Account } from '../stripe/context.ts';

/** How a command names an account: by its id, else the live or the test one. */
export type AccountChoice = { live?: boolean; account?: string };

/** The account that a command is about. Throws with the ids of those there are. */
export async function chooseAccount(database: Database, options: AccountChoice): Promise<Account> {
  const accounts = await listAccounts(database.kysely);
  const wanted = options.account;
  const found = accounts.find((account) =>
    wanted === undefined ? account.livemode === (options.live ?? false) : account.id === wanted,
  );
  if (found !== undefined) return found;
  if (accounts.length === 0) throw new Error('There are no accounts yet: start the server once with `npm start`.');
  throw new Error(
    `No such account: ${wanted ?? 'none of that mode'}. There are: ${accounts.map((account) => account.id).join(', ')}`,
  );
}
