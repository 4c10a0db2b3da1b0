import type { Selectable } from 'kysely';
import { deleteExpired } from '../db/sweep.ts';
import type { Queryable } from '../db/pool.ts';
import { type Scope, selectFrom } from '../db/scope.ts';
import type { RequestLogs } from '../db/tables.generated.ts';

export type RequestLogRow = Selectable<RequestLogs>;

/** Stores entries of any accounts; one that is there stays. */
export async function insertRequestLogs(db: Queryable, rows: readonly RequestLogRow[]): Promise<void> {
  if (rows.length === 0) return;
  await db
    .insertInto('request_logs')
    .values([...rows])
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function findRequestLog(scope: Scope, id: string): Promise<RequestLogRow | undefined> {
  return await selectFrom(scope, 'request_logs').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Removes what is older. */
export async function deleteExpiredRequestLogs(db: Queryable, before: Temporal.Instant): Promise<bigint> {
  return await deleteExpired(db, 'request_logs', 'created_at', before);
}
