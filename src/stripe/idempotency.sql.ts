import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import { PREPARED } from '../db/prepared.ts';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import { deleteExpired } from '../db/sweep.ts';

/** The status of a stepped request that is between its transactions: the body then tells how to go on. */
export const BEGUN = 0;

export type StoredAnswer = {
  readonly requestHash: Buffer;
  /** Of HTTP, or `BEGUN`. */
  readonly status: number;
  readonly body: string;
  readonly requestId: string;
};

/** True when this transaction now owns the key; false, at once, when another transaction does. */
export async function tryLockKey(scope: Scope, key: string): Promise<boolean> {
  const result = await sql<{ locked: boolean }>`${PREPARED}
    select pg_try_advisory_xact_lock(hashtextextended(${scope.account.id} || ' ' || ${key}, 0)) as locked
  `.execute(scope.db);
  return result.rows[0]?.locked === true;
}

/** Waits until this transaction owns the key. */
export async function lockKey(scope: Scope, key: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${scope.account.id} || ' ' || ${key}, 0))`.execute(scope.db);
}

export async function findAnswer(scope: Scope, key: string): Promise<StoredAnswer | undefined> {
  const row = await selectFrom(scope, 'idempotency_keys')
    .select(['request_hash', 'status', 'body', 'request_id'])
    .where('key', '=', key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return { requestHash: row.request_hash, status: row.status, body: row.body, requestId: row.request_id };
}

export async function storeAnswer(
  scope: Scope,
  key: string,
  answer: StoredAnswer,
  expiresAt: Temporal.Instant,
): Promise<void> {
  await scope.db
    .insertInto('idempotency_keys')
    .values({
      account_id: scope.account.id,
      key,
      request_hash: answer.requestHash,
      status: answer.status,
      body: answer.body,
      request_id: answer.requestId,
      expires_at: expiresAt,
    })
    .execute();
}

/** Puts the answer in the place of what was begun. */
export async function storeEnd(
  scope: Scope,
  key: string,
  answer: Pick<StoredAnswer, 'status' | 'body'>,
): Promise<void> {
  await updateTable(scope, 'idempotency_keys')
    .set({ status: answer.status, body: answer.body })
    .where('key', '=', key)
    .where('status', '=', BEGUN)
    .execute();
}

/** Forgets the answers of all accounts whose time was over before `now`. Returns how many. */
export async function deleteExpiredAnswers(db: Queryable, now: Temporal.Instant): Promise<bigint> {
  return await deleteExpired(db, 'idempotency_keys', 'expires_at', now);
}
