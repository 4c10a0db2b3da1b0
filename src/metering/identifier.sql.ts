import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import type { Context } from '../stripe/context.ts';
import { IDENTIFIER_DAYS, MAX_EVENT_AGE_DAYS, SWEEP_PAGES } from '../limits.ts';

/** Identifiers are kept for so much longer than their events can be sent: clocks that run ahead, and slow retries. */
const MARGIN_DAYS = IDENTIFIER_DAYS - MAX_EVENT_AGE_DAYS;

/**
 * Puts back the identifiers of the account's events of the last `days` days that were forgotten: the account takes events
 * of that age from now on, and none of them may count twice. Some 100,000 a second. Must run in the transaction that
 * changes the settings, so that a sweep sees the one with the other.
 */
export async function restoreIdentifiers({ db, account, now }: Context, days: number): Promise<void> {
  await sql`set local statement_timeout = 0`.execute(db);
  await sql`
    insert into meter_event_identifiers (hash, received_at, series_id, event_at, sequence)
    select encode(substring(sha256(
        convert_to(${account.id}, 'UTF8') || '\\x00'::bytea || convert_to(e.identifier, 'UTF8')
      ) for 16), 'hex')::uuid, e.received_at, e.series_id, e.event_at, e.sequence
    from usage_series s join meter_events e on e.series_id = s.id
    where s.account_id = ${account.id} and e.event_at >= ${now.subtract({ hours: days * 24 })}
      and e.received_at < ${now.subtract({ hours: (IDENTIFIER_DAYS - 1) * 24 })}
    order by 1
    on conflict (hash) do nothing
  `.execute(db);
}

/** Forgets the identifiers that no account needs any more. Returns how many. */
export async function forgetIdentifiers(db: Queryable, now: Temporal.Instant): Promise<bigint> {
  const days = await identifierDays(db);
  return await deleteExpiredIdentifiers(db, now.subtract({ hours: days * 24 }), days);
}

/**
 * For how many days after receipt identifiers must be known: while any account takes events of that age, or lets them be
 * cancelled by identifier. One figure for all accounts, because a hash does not tell whose it is.
 */
// unscoped: the longest of all accounts' settings.
export async function identifierDays(db: Queryable): Promise<number> {
  const { rows } = await sql<{ days: number }>`${neededDays}`.execute(db);
  return rows[0]?.days ?? IDENTIFIER_DAYS;
}

const neededDays = sql`
  select greatest(
    ${IDENTIFIER_DAYS}::int4, max(max_event_age_days) + ${MARGIN_DAYS}::int4, max(correction_hours + 23) / 24 + 1
  )::int4 as days
  from metering_settings
`;

/**
 * Forgets the identifiers of all accounts that were received before `before`. Returns how many.
 * An identifier must be kept for as long as its event could be sent again: see IDENTIFIER_DAYS. Ends early when an account
 * begins to need more than `days`, since it has put identifiers back that are older.
 *
 * Reads the whole table in order, a slice of pages at a time: once a day that costs less than an index on the time of
 * receipt, which every event would pay for.
 */
// unscoped: the rule of expiry is the same for every account.
export async function deleteExpiredIdentifiers(
  db: Queryable,
  before: Temporal.Instant,
  days = Number.POSITIVE_INFINITY,
): Promise<bigint> {
  const { rows } = await sql<{ pages: number }>`
    select (pg_relation_size('meter_event_identifiers') / current_setting('block_size')::int)::float8 as pages
  `.execute(db);
  let deleted = 0n;
  for (let page = 0; page < (rows[0]?.pages ?? 0); page += SWEEP_PAGES) {
    const result = await sql`
      delete from meter_event_identifiers
      where ctid >= ${`(${page},0)`}::tid and ctid < ${`(${page + SWEEP_PAGES},0)`}::tid and received_at < ${before}
        and ${days}::float8 >= (${neededDays})
    `.execute(db);
    deleted += result.numAffectedRows ?? 0n;
  }
  return deleted;
}
