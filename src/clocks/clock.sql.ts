import type { Insertable, Selectable } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { TestClocks } from '../db/tables.generated.ts';
import type { TestClock } from './clock.ts';

export function toClock(row: Selectable<TestClocks>): TestClock {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    frozenAt: row.frozen_at,
    targetAt: row.target_at,
    deletesAfter: row.deletes_after,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
  };
}

function toRow(scope: Scope, clock: TestClock): Insertable<TestClocks> {
  return {
    account_id: scope.account.id,
    id: clock.id,
    name: clock.name,
    status: clock.status,
    frozen_at: clock.frozenAt,
    target_at: clock.targetAt,
    deletes_after: clock.deletesAfter,
    created_at: clock.createdAt,
    deleted_at: clock.deletedAt,
  };
}

export async function insertClock(scope: Scope, clock: TestClock): Promise<void> {
  await scope.db.insertInto('test_clocks').values(toRow(scope, clock)).execute();
}

export async function updateClock(scope: Scope, clock: TestClock): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, clock);
  await updateTable(scope, 'test_clocks').set(columns).where('id', '=', clock.id).execute();
}

/** Clocks that are not deleted. */
export async function findClocks(scope: Scope, ids: readonly string[]): Promise<TestClock[]> {
  if (ids.length === 0) return [];
  const rows = await livingClocks(scope).where('id', 'in', ids).execute();
  return rows.map(toClock);
}

/**
 * A clock that is not deleted, held against everybody who moves it, deletes it or puts customers on it. Verbs about its
 * customers go on, so whoever holds it may wait for their locks.
 */
export async function lockClock(scope: Scope, id: string): Promise<TestClock | undefined> {
  const row = await livingClocks(scope).where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
  return row && toClock(row);
}

/** The same, held against verbs about its customers, too; waits for those in hand. Take no other lock after it. */
export async function lockClockAlone(scope: Scope, id: string): Promise<TestClock | undefined> {
  const row = await livingClocks(scope).where('id', '=', id).forUpdate().executeTakeFirst();
  return row && toClock(row);
}

/** A clock, deleted or not, held against setting out until the end of the transaction. */
export async function holdClock(scope: Scope, id: string): Promise<TestClock> {
  const row = await selectFrom(scope, 'test_clocks')
    .selectAll()
    .where('id', '=', id)
    .forKeyShare()
    .executeTakeFirstOrThrow();
  return toClock(row);
}

function livingClocks(scope: Scope) {
  return selectFrom(scope, 'test_clocks').selectAll().where('deleted_at', 'is', null);
}

/** A clock by itself, whosever it is. */
export type ClockKey = { readonly accountId: string; readonly clockId: string };

/** The clocks of all accounts that are on their way. */
export async function findAdvancing(db: Queryable): Promise<ClockKey[]> {
  const rows = await db
    // unscoped: a process advances the clocks of all accounts
    .selectFrom('test_clocks')
    .select(['account_id', 'id'])
    .where('status', '=', 'advancing')
    .orderBy('account_id')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ accountId: row.account_id, clockId: row.id }));
}

/** The clocks of all accounts whose days are over. */
export async function findOutlived(db: Queryable, now: Temporal.Instant): Promise<ClockKey[]> {
  const rows = await db
    // unscoped: expiry is the same for every account
    .selectFrom('test_clocks')
    .select(['account_id', 'id'])
    .where('deleted_at', 'is', null)
    .where('deletes_after', '<=', now)
    .execute();
  return rows.map((row) => ({ accountId: row.account_id, clockId: row.id }));
}
