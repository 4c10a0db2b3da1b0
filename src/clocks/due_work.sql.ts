import { type Selectable, sql } from 'kysely';
import { textArray, timestamptzArray } from '../db/binary.ts';
import type { Queryable } from '../db/pool.ts';
import { PREPARED } from '../db/prepared.ts';
import { deleteFrom, type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { DueWork as Row } from '../db/tables.generated.ts';
import { DUE_RANKS, type DueKind, type DueWork, nextAttempt } from './due_work.ts';

/** Work of some account, with the number of attempts that failed. */
export type ClaimedWork = { readonly accountId: string; readonly failures: number; readonly work: DueWork };

function toWork(row: Selectable<Row>): DueWork {
  return {
    kind: row.kind,
    objectId: row.object_id,
    customerId: row.customer_id,
    testClockId: row.test_clock_id,
    dueAt: row.due_at,
  };
}

type Scheduled = Omit<DueWork, 'dueAt'> & { readonly dueAt: Temporal.Instant | null };

/** Sets, moves or (with `dueAt` null) removes the work of a kind on an object. */
export async function setDue(scope: Scope, work: Scheduled): Promise<void> {
  await setAllDue(scope, [work]);
}

/** The same for any number of objects, by a statement or two. */
export async function setAllDue(scope: Scope, all: readonly Scheduled[]): Promise<void> {
  await removeAllDue(
    scope,
    all.filter(({ dueAt }) => dueAt === null),
  );
  const set = all.filter(({ dueAt }) => dueAt !== null);
  if (set.length === 0) return;
  const texts = (read: (work: Scheduled) => string | null) => sql`${textArray(set, read)}::text[]`;
  const dueAt = timestamptzArray(set, (work) => work.dueAt?.epochMilliseconds ?? null);
  await sql`${PREPARED}
    insert into due_work
      (account_id, object_id, kind, customer_id, test_clock_id, rank, due_at, attempt_at, failure_count)
    select ${scope.account.id}, w.object_id, w.kind, w.customer_id, w.test_clock_id, w.rank::int2, w.due_at, w.due_at, 0
    from unnest(
      ${texts(({ objectId }) => objectId)}, ${texts(({ kind }) => kind)}, ${texts(({ customerId }) => customerId)},
      ${texts(({ testClockId }) => testClockId)}, ${texts(({ kind }) => String(DUE_RANKS[kind]))}, ${dueAt}::timestamptz[]
    ) as w(object_id, kind, customer_id, test_clock_id, rank, due_at)
    on conflict (account_id, object_id, kind) do update
      set due_at = excluded.due_at, attempt_at = excluded.attempt_at, failure_count = 0
  `.execute(scope.db);
}

/** Sets work of any accounts unless it waits already: what waits is never put off by this. */
// unscoped: each work is of its own account
export async function armDue(
  db: Queryable,
  all: readonly { readonly accountId: string; readonly work: DueWork }[],
): Promise<void> {
  if (all.length === 0) return;
  type One = (typeof all)[number];
  const texts = (read: (one: One) => string | null) => sql`${textArray(all, read)}::text[]`;
  const dueAt = timestamptzArray(all, ({ work }) => work.dueAt.epochMilliseconds);
  await sql`
    insert into due_work
      (account_id, object_id, kind, customer_id, test_clock_id, rank, due_at, attempt_at, failure_count)
    select w.account_id, w.object_id, w.kind, w.customer_id, w.test_clock_id, w.rank::int2, w.due_at, w.due_at, 0
    from unnest(
      ${texts(({ accountId }) => accountId)}, ${texts(({ work }) => work.objectId)}, ${texts(({ work }) => work.kind)},
      ${texts(({ work }) => work.customerId)}, ${texts(({ work }) => work.testClockId)},
      ${texts(({ work }) => String(DUE_RANKS[work.kind]))}, ${dueAt}::timestamptz[]
    ) as w(account_id, object_id, kind, customer_id, test_clock_id, rank, due_at)
    order by w.account_id, w.object_id
    on conflict (account_id, object_id, kind) do nothing
  `.execute(db);
}

export async function removeDue(scope: Scope, work: Pick<DueWork, 'objectId' | 'kind'>): Promise<void> {
  await removeAllDue(scope, [work]);
}

export async function removeAllDue(scope: Scope, all: readonly Pick<DueWork, 'objectId' | 'kind'>[]): Promise<void> {
  if (all.length === 0) return;
  await sql`
    delete from due_work d
    using unnest(
      ${textArray(all, ({ objectId }) => objectId)}::text[], ${textArray(all, ({ kind }) => kind)}::text[]
    ) as w(object_id, kind)
    where d.account_id = ${scope.account.id} and d.object_id = w.object_id and d.kind = w.kind
  `.execute(scope.db);
}

/** Removes work that was done, unless that has set it anew for later. */
export async function removeDone(scope: Scope, { objectId, kind, dueAt }: DueWork): Promise<void> {
  await deleteFrom(scope, 'due_work')
    .where('object_id', '=', objectId)
    .where('kind', '=', kind)
    .where('due_at', '<=', dueAt)
    .execute();
}

/** Puts failed work off, by more each time. */
export async function postponeDue(
  scope: Scope,
  { objectId, kind }: DueWork,
  failures: number,
  now: Temporal.Instant,
): Promise<void> {
  await updateTable(scope, 'due_work')
    .set({ attempt_at: nextAttempt(failures, now), failure_count: failures })
    .where('object_id', '=', objectId)
    .where('kind', '=', kind)
    .execute();
}

/**
 * The first work on a clock that is due until then, in the order in which it is done: at most `limit` pieces of one kind
 * and one instant.
 */
export async function nextOnClock(
  scope: Scope,
  clockId: string,
  until: Temporal.Instant,
  limit: number,
): Promise<DueWork[]> {
  const { rows } = await sql<Selectable<Row>>`${PREPARED}
    with first as materialized (
      select due_at, rank, kind from due_work
      where account_id = ${scope.account.id} and test_clock_id = ${clockId} and due_at <= ${until}
      order by due_at, rank, object_id limit 1
    )
    select d.* from first
    join due_work d on d.due_at = first.due_at and d.rank = first.rank and d.kind = first.kind
    where d.account_id = ${scope.account.id} and d.test_clock_id = ${clockId}
    order by d.object_id limit ${limit}
  `.execute(scope.db);
  return rows.map(toWork);
}

/**
 * Work in wall time of all accounts that is due, oldest first, with its customers locked: those that somebody else is
 * changing are left for later, so any number of processes share the work. The lock comes after the look, so what a row
 * asks for may have been done by then.
 */
export async function claimDue(
  db: Queryable,
  kinds: readonly DueKind[],
  now: Temporal.Instant,
  limit: number,
): Promise<ClaimedWork[]> {
  const rows = await dueInWallTime(db, kinds, now, limit)
    .innerJoin('customers', (join) =>
      join.onRef('customers.account_id', '=', 'due_work.account_id').onRef('customers.id', '=', 'due_work.customer_id'),
    )
    .forUpdate('customers')
    .skipLocked()
    .execute();
  return rows.map(toClaimed);
}

/** The same without any lock. */
export async function findDue(
  db: Queryable,
  kinds: readonly DueKind[],
  now: Temporal.Instant,
  limit: number,
): Promise<ClaimedWork[]> {
  return (await dueInWallTime(db, kinds, now, limit).execute()).map(toClaimed);
}

function dueInWallTime(db: Queryable, kinds: readonly DueKind[], now: Temporal.Instant, limit: number) {
  return (
    db
      // unscoped: a process does the work of all accounts
      .selectFrom('due_work')
      .selectAll('due_work')
      .where('due_work.test_clock_id', 'is', null)
      .where('due_work.kind', 'in', kinds)
      .where('due_work.attempt_at', '<=', now)
      .orderBy('due_work.attempt_at')
      .orderBy('due_work.rank')
      .orderBy('due_work.object_id')
      .limit(limit)
  );
}

function toClaimed(row: Selectable<Row>): ClaimedWork {
  return { accountId: row.account_id, failures: row.failure_count, work: toWork(row) };
}

/** Whether work is still to be done. */
export async function isDue(scope: Scope, { objectId, kind }: Pick<DueWork, 'objectId' | 'kind'>): Promise<boolean> {
  const row = await selectFrom(scope, 'due_work')
    .select('object_id')
    .where('object_id', '=', objectId)
    .where('kind', '=', kind)
    .executeTakeFirst();
  return row !== undefined;
}

/** Forgets all work on a clock. */
export async function removeAllOnClock(scope: Scope, clockId: string): Promise<void> {
  await deleteFrom(scope, 'due_work').where('test_clock_id', '=', clockId).execute();
}
