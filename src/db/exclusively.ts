import { sql } from 'kysely';
import type { Queryable } from './pool.ts';

/**
 * Does `work` unless another process, or another part of this one, is doing what has the same name; answers whether it
 * did. The lock belongs to a connection of its own, so PostgreSQL frees it when this process dies, and `work` may have
 * any number of transactions. While the database fails over two may hold it: what `work` writes must be safe by itself.
 */
export async function tryExclusively(db: Queryable, name: string, work: () => Promise<void>): Promise<boolean> {
  return await db.connection().execute(async (connection) => {
    const { rows } = await sql<{ held: boolean }>`
      select pg_try_advisory_lock(hashtextextended(${name}, 0)) as held
    `.execute(connection);
    if (rows[0]?.held !== true) return false;
    try {
      await work();
      return true;
    } finally {
      await sql`select pg_advisory_unlock(hashtextextended(${name}, 0))`.execute(connection);
    }
  });
}
