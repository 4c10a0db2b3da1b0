import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import { IDENTIFIER_DAYS, MAX_EVENT_AGE_DAYS, SWEEP_PAGES } from '../limits.ts';

/** Identifiers are kept for so much longer than their events can be sent: clocks that run ahead, and slow retries. */
const MARGIN_DAYS = IDENTIFIER_DAYS - MAX_EVENT_AGE_DAYS;

/** Forgets the identifiers that no account needs any more. Returns how many. */
export async function forgetIdentifiers(db: Queryable, now: Temporal.Instant): Promise<bigint> {
  const days = await identifierDays(db);
  return await deleteExpiredIdentifiers(db, now.subtract({ hours: days * 24 }));
}

/**
 * For how many days after receipt identifiers must be known: while any account takes events of that age, or lets them be
 * cancelled by identifier. One figure for all accounts, because a hash does not tell whose it is.
 */
// unscoped: the longest of all accounts' settings.
export async function identifierDays(db: Queryable): Promise<number> {
  const { rows } = await sql<{ days: number }>`
    select greatest(
      ${IDENTIFIER_DAYS}::int4, max(max_event_age_days) + ${MARGIN_DAYS}::int4, max(correction_hours + 23) / 24 + 1
    )::int4 as days
    from metering_settings
  `.execute(db);
  return rows[0]?.days ?? IDENTIFIER_DAYS;
}

/**
 * Forgets the identifiers of all accounts that were received before `before`. Returns how many.
 * An identifier must be kept for as long as its event could be sent again: see IDENTIFIER_DAYS.
 *
 * Reads the whole table in order, a slice of pages at a time: once a day that costs less than an index on the time of
 * receipt, which every event would pay for.
 */
// unscoped: the rule of expiry is the same for every account.
export async function deleteExpiredIdentifiers(db: Queryable, before: Temporal.Instant): Promise<bigint> {
  const { rows } = await sql<{ pages: number }>`
    select (pg_relation_size('meter_event_identifiers') / current_setting('block_size')::int)::float8 as pages
  `.execute(db);
  let deleted = 0n;
  for (let page = 0; page < (rows[0]?.pages ?? 0); page += SWEEP_PAGES) {
    const result = await sql`
      delete from meter_event_identifiers
      where ctid >= ${`(${page},0)`}::tid and ctid < ${`(${page + SWEEP_PAGES},0)`}::tid and received_at < ${before}
    `.execute(db);
    deleted += result.numAffectedRows ?? 0n;
  }
  return deleted;
}
