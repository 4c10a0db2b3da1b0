import type { Selectable } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import type { Accounts } from '../db/tables.generated.ts';
import type { Account } from '../stripe/context.ts';

// Accounts and keys are what the scope is made of, so their own queries come before it.

export function toAccount(row: Selectable<Accounts>): Account {
  return {
    id: row.id,
    name: row.name,
    livemode: row.livemode,
    country: row.country,
    defaultCurrency: row.default_currency,
    documentSecret: row.document_secret,
  };
}

/** An account before it is stored: the database makes its secret. */
export type NewAccountRow = Omit<Account, 'documentSecret'>;

export async function insertAccount(db: Queryable, account: NewAccountRow, now: Temporal.Instant): Promise<void> {
  await db
    .insertInto('accounts')
    .values({
      id: account.id,
      name: account.name,
      livemode: account.livemode,
      country: account.country,
      default_currency: account.defaultCurrency,
      created_at: now,
    })
    .execute();
}

/** The account of an id, for those who come without a key. */
export async function findAccount(db: Queryable, id: string): Promise<Account | undefined> {
  // unscoped: this reads the account itself
  const row = await db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toAccount(row);
}

/** All accounts, oldest first. */
export async function listAccounts(db: Queryable): Promise<Account[]> {
  // unscoped: this lists the accounts themselves
  const rows = await db.selectFrom('accounts').selectAll().orderBy('created_at').orderBy('id').execute();
  return rows.map(toAccount);
}

/** Accounts by id. */
export async function findAccounts(db: Queryable, ids: readonly string[]): Promise<Map<string, Account>> {
  if (ids.length === 0) return new Map();
  // unscoped: this finds the accounts themselves
  const rows = await db.selectFrom('accounts').selectAll().where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, toAccount(row)]));
}
