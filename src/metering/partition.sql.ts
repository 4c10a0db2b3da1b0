import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';

/** The month (UTC) of unix milliseconds, as `2026_11`: the name of its partition. */
export function monthOf(milliseconds: number): string {
  return Temporal.Instant.fromEpochMilliseconds(milliseconds).toString().slice(0, 7).replace('-', '_');
}

/**
 * Makes the partition of raw events for a month unless it is there. A table of its own is made first and then attached,
 * which takes no lock that readers or other writers wait for.
 */
// unscoped: a partition holds the events of all accounts.
export async function ensurePartition(db: Queryable, month: string): Promise<void> {
  const name = `meter_events_${month}`;
  const from = `${month.replace('_', '-')}-01T00:00:00Z`;
  const to = Temporal.Instant.from(from).toZonedDateTimeISO('UTC').add({ months: 1 }).toInstant().toString();
  await db.transaction().execute(async (transaction) => {
    // One process makes it; the others wait here and then find it.
    await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction);
    const { rows } = await sql`select from pg_class where oid = to_regclass(${name})`.execute(transaction);
    if (rows.length > 0) return;
    await sql`create table ${sql.table(name)} (like meter_events including defaults)`.execute(transaction);
    await sql`
      alter table meter_events attach partition ${sql.table(name)} for values from (${sql.lit(from)}) to (${sql.lit(to)})
    `.execute(transaction);
  });
}
