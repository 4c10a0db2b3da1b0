import { sql } from 'kysely';
import type { Queryable } from './pool.ts';

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const MAX_ATTEMPTS = 4;

function isRetryable(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED;
}

/**
 * Runs `work` in one transaction and commits it. Serialization failures and deadlocks are PostgreSQL asking for another
 * try: `work` then runs again from the start, at most 4 times in all, so it must have no effect outside the transaction.
 */
export async function inTransaction<T>(db: Queryable, work: (transaction: Queryable) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS || !isRetryable(error)) throw error;
    }
  }
}

/** Savepoints so far: each has a name of its own, or one inside of another would be undone in its place. */
let savepoints = 0;

/** Runs `work` inside a savepoint: when it throws, only its own changes are undone and the error goes on. They can be nested. */
export async function inSavepoint<T>(transaction: Queryable, work: () => Promise<T>): Promise<T> {
  savepoints += 1;
  const name = sql.id(`work_${savepoints}`);
  await sql`savepoint ${name}`.execute(transaction);
  try {
    return await work();
  } catch (error) {
    // A deadlock or serialization failure is for the transaction's edge, which runs everything again.
    if (!isRetryable(error)) await sql`rollback to savepoint ${name}`.execute(transaction);
    throw error;
  }
}

/** Runs `work` and undoes all that it has changed: what it answers is what would be. */
export async function rehearse<T>(transaction: Queryable, work: () => Promise<T>): Promise<T> {
  await sql`savepoint rehearsal`.execute(transaction);
  const answer = await work();
  await sql`rollback to savepoint rehearsal`.execute(transaction);
  return answer;
}

/** The name of the constraint that a failed statement broke, to be turned into an error that the caller can act on. */
export function brokenConstraint(error: unknown): string | undefined {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return typeof code === 'string' && code.startsWith('23') && typeof constraint === 'string' ? constraint : undefined;
}

/** Waits for, and holds until the end of the transaction, the advisory lock of that number. */
export async function lockTransaction(transaction: Queryable, lock: bigint): Promise<void> {
  await sql`select pg_advisory_xact_lock(${lock})`.execute(transaction);
}
