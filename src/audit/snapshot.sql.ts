import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';

/** Runs `work` on one state of the data that it can't change, however long it takes. */
export async function inSnapshot<T>(db: Queryable, work: (snapshot: Queryable) => Promise<T>): Promise<T> {
  return await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (snapshot) => {
      await sql`set local statement_timeout = 0`.execute(snapshot);
      return await work(snapshot);
    });
}
