import { sql } from 'kysely';
import { SWEEP_ROWS } from '../limits.ts';
import type { Queryable } from './pool.ts';

/**
 * Deletes the rows of all accounts whose `column` lies before `before`, 10,000 a statement, oldest index entries first.
 * Returns how many there were. Expiry is the same for every account, so this is not scoped.
 */
export async function deleteExpired(
  db: Queryable,
  table: 'idempotency_keys' | 'invoice_previews' | 'meter_event_sessions' | 'rejected_meter_events' | 'request_logs',
  column: 'created_at' | 'expires_at' | 'received_at',
  before: Temporal.Instant,
): Promise<bigint> {
  for (let total = 0n; ;) {
    const result = await sql`
      delete from ${sql.table(table)} where ctid = any (array(
        select ctid from ${sql.table(table)} where ${sql.ref(column)} < ${before} limit ${SWEEP_ROWS}
      ))
    `.execute(db);
    const deleted = result.numAffectedRows ?? 0n;
    total += deleted;
    if (deleted < BigInt(SWEEP_ROWS)) return total;
  }
}
