import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database, Queryable } from '../../db/pool.ts';
import { DROP_LOCK_PAUSE_MILLISECONDS, DROP_LOCK_TIMEOUT_MILLISECONDS, MAX_DROP_LOCK_ATTEMPTS } from '../../limits.ts';
import { invalidRequest } from '../../stripe/errors.ts';
import { DEFAULT_SETTINGS, type MeteringSettings } from '../settings.ts';

/** A point in time that cuts a unit of usage, of which the single events are needed. */
export type CutPoint = {
  readonly accountId: string;
  readonly meterId: string;
  readonly customerId: string;
  readonly at: Temporal.Instant;
};

/** What a month's partition holds: events that count, and cancelled ones. */
export type MonthCount = { readonly counted: bigint; readonly cancelled: bigint };

export type ArchivedMonth = MonthCount & {
  readonly month: Temporal.PlainYearMonth;
  /** Null: taken out of the events, but not yet compared with the export and dropped. */
  readonly droppedAt: Temporal.Instant | null;
};

export function monthStart(month: Temporal.PlainYearMonth): Temporal.Instant {
  return Temporal.Instant.from(`${month.toString()}-01T00:00:00Z`);
}

function partitionOf(month: Temporal.PlainYearMonth): string {
  return `meter_events_${month.toString().replace('-', '_')}`;
}

/** Where a month's rows lie between being taken out and being dropped. */
function detachedOf(month: Temporal.PlainYearMonth): string {
  return `${partitionOf(month)}_archived`;
}

function keptOf(month: Temporal.PlainYearMonth): string {
  return `${partitionOf(month)}_kept`;
}

/** The months that have a partition, oldest first. */
export async function findMonths(db: Queryable): Promise<Temporal.PlainYearMonth[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'meter_events'::regclass order by c.relname
  `.execute(db);
  return rows.map(({ name }) => Temporal.PlainYearMonth.from(name.slice('meter_events_'.length).replace('_', '-')));
}

/** The months whose raw events were taken out: what they held can't be recomputed any more. */
export async function findArchivedMonths(db: Queryable): Promise<ArchivedMonth[]> {
  // unscoped: a partition holds the events of all accounts.
  const rows = await db.selectFrom('archived_event_months').selectAll().orderBy('month_at').execute();
  return rows.map((row) => ({
    month: row.month_at.toZonedDateTimeISO('UTC').toPlainDate().toPlainYearMonth(),
    counted: row.event_count,
    cancelled: row.cancelled_count,
    droppedAt: row.dropped_at,
  }));
}

/**
 * The oldest time of which any account still takes events or corrections: nothing before it can change. `now` less the
 * longest age of an event and the longest window of corrections.
 */
export async function oldestChange(db: Queryable, now: Temporal.Instant): Promise<Temporal.Instant> {
  // unscoped: months are dropped for all accounts at once.
  const longest = await db
    .selectFrom('metering_settings')
    .select((eb) => [eb.fn.max('max_event_age_days').as('days'), eb.fn.max('correction_hours').as('hours')])
    .executeTakeFirst();
  return changesSince(now, {
    maxEventAgeDays: Math.max(DEFAULT_SETTINGS.maxEventAgeDays, longest?.days ?? 0),
    correctionHours: Math.max(DEFAULT_SETTINGS.correctionHours, longest?.hours ?? 0),
  });
}

type Ages = Pick<MeteringSettings, 'maxEventAgeDays' | 'correctionHours'>;

function changesSince(now: Temporal.Instant, { maxEventAgeDays, correctionHours }: Ages): Temporal.Instant {
  return now.subtract({ hours: 24 * maxEventAgeDays + correctionHours });
}

/**
 * Throws when an account with these settings would take events or corrections of a month that was taken out: its buckets
 * could not be computed anew. To be called after the settings are stored, in their transaction.
 */
export async function refuseArchivedAges(db: Queryable, settings: Ages, now: Temporal.Instant): Promise<void> {
  const last = (await findArchivedMonths(db)).at(-1);
  if (last === undefined) return;
  const end = monthStart(last.month.add({ months: 1 }));
  if (Temporal.Instant.compare(end, changesSince(now, settings)) <= 0) return;
  const hours = Math.floor(now.since(end).total('hours'));
  throw invalidRequest(
    `The events up to ${last.month.toString()} were exported and dropped, so max_event_age_days and correction_hours can be ` +
      `${hours} hours together at most.`,
    'max_event_age_days',
    'meter_events_archived',
  );
}

/**
 * Takes a month out of the raw events, but for what the cut points need, and notes what it held. One short transaction:
 * readers see either all of the month or its note, and ingest waits for milliseconds.
 */
export async function takeOut(
  { kysely: db }: Database,
  month: Temporal.PlainYearMonth,
  held: MonthCount,
  cuts: readonly CutPoint[],
  now: Temporal.Instant,
): Promise<void> {
  const isKept = await copyKept(db, month, cuts);
  await withAllIngestWaiting(db, async (transaction) => {
    const partition = sql.table(partitionOf(month));
    await requireUnchangeable(transaction, month, now);
    await sql`alter table meter_events detach partition ${partition}`.execute(transaction);
    await sql`alter table ${partition} rename to ${sql.id(detachedOf(month))}`.execute(transaction);
    if (isKept) {
      await sql`alter table ${sql.table(keptOf(month))} rename to ${sql.id(partitionOf(month))}`.execute(transaction);
      await attach(transaction, month);
    }
    await transaction
      .insertInto('archived_event_months')
      .values({
        month_at: monthStart(month),
        event_count: held.counted,
        cancelled_count: held.cancelled,
        archived_at: now,
        dropped_at: null,
      })
      .execute();
  });
}

/** Settings can't change from here to the end of the transaction, and later changes see the note. */
async function requireUnchangeable(transaction: Queryable, month: Temporal.PlainYearMonth, now: Temporal.Instant) {
  await sql`lock table metering_settings in share mode`.execute(transaction);
  const oldest = await oldestChange(transaction, now);
  if (Temporal.Instant.compare(monthStart(month.add({ months: 1 })), oldest) <= 0) return;
  throw new Error(`${month.toString()} can't be dropped: events or corrections of it are still taken.`);
}

/** Makes the table of the events that stay; false when there are none. */
async function copyKept(db: Queryable, month: Temporal.PlainYearMonth, cuts: readonly CutPoint[]): Promise<boolean> {
  const table = sql.table(keptOf(month));
  // An earlier run may have been ended in between.
  await sql`drop table if exists ${table}`.execute(db);
  if (cuts.length === 0) return false;
  await sql`create table ${table} (like meter_events including defaults)`.execute(db);
  const column = (read: (cut: CutPoint) => unknown) => sql.val(cuts.map(read));
  const { numAffectedRows: kept = 0n } = await sql`
    insert into ${table}
    select distinct on (e.series_id, e.event_at, e.sequence) e.*
    from unnest(
      ${column((cut) => cut.accountId)}::text[], ${column((cut) => cut.meterId)}::text[],
      ${column((cut) => cut.customerId)}::text[], ${column((cut) => cut.at.toString())}::timestamptz[]
    ) as c(account_id, meter_id, customer_id, at)
    join meters m on m.account_id = c.account_id and m.id = c.meter_id
    join usage_series s on s.account_id = c.account_id and s.meter_id = c.meter_id and s.customer_id = c.customer_id
    cross join lateral (
      -- Different values are counted by the hour, all else by the minute.
      select case when m.formula = 'unique_count' then 'hour' else 'minute' end as unit
    ) u
    join ${sql.table(partitionOf(month))} e
      on e.series_id = s.id and e.event_at >= date_trunc(u.unit, c.at, 'UTC')
      and e.event_at < date_trunc(u.unit, c.at, 'UTC') + ('1 ' || u.unit)::interval
  `.execute(db);
  if (kept === 0n) await sql`drop table ${table}`.execute(db);
  return kept > 0n;
}

async function attach(transaction: Queryable, month: Temporal.PlainYearMonth): Promise<void> {
  const [from, to] = [monthStart(month), monthStart(month.add({ months: 1 }))];
  await sql`
    alter table meter_events attach partition ${sql.table(partitionOf(month))}
    for values from (${sql.lit(from.toString())}) to (${sql.lit(to.toString())})
  `.execute(transaction);
}

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Runs `work` in a transaction that nobody reads or writes raw events beside. Whoever comes while it waits for its turn
 * waits behind it, so it gives up soon, lets them pass, and tries again.
 */
async function withAllIngestWaiting(db: Queryable, work: (transaction: Queryable) => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await db.transaction().execute(async (transaction) => {
        await sql`set local lock_timeout = ${sql.lit(DROP_LOCK_TIMEOUT_MILLISECONDS)}`.execute(transaction);
        await sql`lock table meter_events in access exclusive mode`.execute(transaction);
        await work(transaction);
      });
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE || attempt >= MAX_DROP_LOCK_ATTEMPTS) throw error;
      await sleep(DROP_LOCK_PAUSE_MILLISECONDS);
    }
  }
}

/** What lies in the table of a month that was taken out; undefined when it was dropped. */
export async function countTakenOut(
  database: Database,
  month: Temporal.PlainYearMonth,
): Promise<MonthCount | undefined> {
  const table = detachedOf(month);
  const found = await sql`select from pg_class where oid = to_regclass(${table})`.execute(database.kysely);
  if (found.rows.length === 0) return undefined;
  return await database.kysely.transaction().execute(async (transaction) => {
    await sql`set local statement_timeout = 0`.execute(transaction);
    const { rows } = await sql<MonthCount>`
      select count(*) - count(cancelled_at) as counted, count(cancelled_at) as cancelled from ${sql.table(table)}
    `.execute(transaction);
    return rows[0];
  });
}

/** Drops what was taken out of a month, for good. */
export async function dropTakenOut(
  { kysely: db }: Database,
  month: Temporal.PlainYearMonth,
  now: Temporal.Instant,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`drop table if exists ${sql.table(detachedOf(month))}`.execute(transaction);
    // unscoped: as in findArchivedMonths.
    await transaction
      .updateTable('archived_event_months')
      .set({ dropped_at: now })
      .where('month_at', '=', monthStart(month))
      .execute();
  });
}

/** Undoes `takeOut`: the month is whole again, with what came into it meanwhile. */
export async function putBack({ kysely: db }: Database, month: Temporal.PlainYearMonth): Promise<void> {
  const [partition, detached] = [sql.table(partitionOf(month)), sql.table(detachedOf(month))];
  const [from, to] = [monthStart(month).toString(), monthStart(month.add({ months: 1 })).toString()];
  // Proven before the lock is taken, so that attaching reads no row. An earlier try may have left its own.
  await db.transaction().execute(async (transaction) => {
    await sql`set local statement_timeout = 0`.execute(transaction);
    await sql`
      alter table ${detached} drop constraint if exists month_of_event_at, add constraint month_of_event_at
        check (event_at >= ${sql.lit(from)} and event_at < ${sql.lit(to)})
    `.execute(transaction);
  });
  await withAllIngestWaiting(db, async (transaction) => {
    const found = await sql`select from pg_class where oid = to_regclass(${partitionOf(month)})`.execute(transaction);
    if (found.rows.length > 0) {
      await sql`
        insert into ${detached} select * from ${partition}
        on conflict (series_id, event_at, sequence) do update set cancelled_at = excluded.cancelled_at
      `.execute(transaction);
      await sql`drop table ${partition}`.execute(transaction);
    }
    await sql`alter table ${detached} rename to ${sql.id(partitionOf(month))}`.execute(transaction);
    await attach(transaction, month);
    // unscoped: as in findArchivedMonths.
    await transaction.deleteFrom('archived_event_months').where('month_at', '=', monthStart(month)).execute();
  });
  await sql`alter table ${partition} drop constraint if exists month_of_event_at`.execute(db);
}
