import type { Selectable } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { ApiKeys } from '../db/tables.generated.ts';
import type { Account } from '../stripe/context.ts';
import { toAccount } from './account.sql.ts';

export type ApiKey = {
  readonly id: string;
  readonly accountId: string;
  readonly name: string | null;
  /** The key with its middle hidden. */
  readonly redacted: string;
  readonly createdAt: Temporal.Instant;
  readonly revokedAt: Temporal.Instant | null;
};

export async function insertKey(db: Queryable, key: ApiKey, secretHash: Buffer): Promise<void> {
  await db
    .insertInto('api_keys')
    .values({
      id: key.id,
      account_id: key.accountId,
      name: key.name,
      secret_hash: secretHash,
      redacted: key.redacted,
      created_at: key.createdAt,
    })
    .execute();
}

/** The account that a key opens, by the hash of the key. */
export async function findAccountByHash(
  db: Queryable,
  hash: Buffer,
): Promise<{ account: Account; revoked: boolean } | undefined> {
  const row = await db
    .selectFrom('api_keys') // unscoped: the key tells which account it is
    .innerJoin('accounts', 'accounts.id', 'api_keys.account_id')
    .selectAll('accounts')
    .select('api_keys.revoked_at')
    .where('secret_hash', '=', hash)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { account: toAccount(row), revoked: row.revoked_at !== null };
}

/** All keys, oldest first. */
export async function listKeys(db: Queryable): Promise<ApiKey[]> {
  // unscoped: the operator's list over all accounts
  const rows = await db.selectFrom('api_keys').selectAll().orderBy('created_at').orderBy('id').execute();
  return rows.map(toKey);
}

/** The keys of an account, newest first. */
export async function listKeysOf(scope: Scope): Promise<ApiKey[]> {
  const query = selectFrom(scope, 'api_keys').selectAll().orderBy('created_at', 'desc').orderBy('id', 'desc');
  return (await query.execute()).map(toKey);
}

function toKey(row: Selectable<ApiKeys>): ApiKey {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    redacted: row.redacted,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  };
}

/** Revokes a key of an account, if it is not revoked. */
export async function markRevokedOf(scope: Scope, id: string, now: Temporal.Instant): Promise<void> {
  await updateTable(scope, 'api_keys')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute();
}

/** Revokes a key; false when there is no such key or it was revoked before. */
export async function markRevoked(db: Queryable, id: string, now: Temporal.Instant): Promise<boolean> {
  const result = await db
    .updateTable('api_keys') // unscoped: the operator revokes keys of any account
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
