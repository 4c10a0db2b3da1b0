import { sql } from 'kysely';
import type { Scope } from '../db/scope.ts';

/**
 * Tells every process that something of the account which it may have cached is not so any more: call it in the
 * transaction of the change, as its last write, because it holds the account's row until the commit.
 */
export async function raiseCacheEpoch(scope: Scope): Promise<void> {
  await sql`update accounts set cache_epoch = cache_epoch + 1 where id = ${scope.account.id}`.execute(scope.db);
}
