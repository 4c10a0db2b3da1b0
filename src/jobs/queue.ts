import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';

/**
 * Asks for a job of that name, in the transaction at hand: a worker of any process does it right after the commit. Jobs
 * of one name that wait are one.
 */
export async function queueJob(db: Queryable, name: string): Promise<void> {
  await sql`select graphile_worker.add_job(${name}, job_key := ${name})`.execute(db);
}
