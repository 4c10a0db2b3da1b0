import { type RawBuilder, sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import { ERROR_REPORT_WINDOW_SECONDS, MAX_REPORTED_EVENTS, MAX_SAMPLE_ERRORS } from '../limits.ts';
import type { ErrorGroup, ErrorType } from './error_report.ts';
import { METER_OF_REJECTED } from './rejected_event.sql.ts';

/** "error reports" in hexadecimal; of any number of processes one makes reports at a time. */
const REPORT_LOCK = 0x6572726f7272n;

/** Keeps other processes from making reports until the end of the transaction; false when one is at it. */
export async function tryLockReports(transaction: Queryable): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(${REPORT_LOCK}) as locked
  `.execute(transaction);
  return rows[0]?.locked === true;
}

/** Whether something received before `before` is unreported: a look into a partial index that is mostly empty. */
// unscoped: reports are made for all accounts.
export async function hasUnreported(db: Queryable, before: Temporal.Instant): Promise<boolean> {
  const { rows } = await sql`
    select from rejected_meter_events where report_id is null and received_at < ${before} limit 1
  `.execute(db);
  return rows.length > 0;
}

type GroupRow = {
  account_id: string;
  livemode: boolean;
  window_at: Temporal.Instant;
  meter_id: string | null;
  event_names: string[];
};

/**
 * The groups of unreported events that were received before `before`, at most `most`: oldest windows first, and of a window
 * those without a meter last.
 */
// unscoped: as above.
export async function findGroups(db: Queryable, before: Temporal.Instant, most: number): Promise<ErrorGroup[]> {
  const { rows } = await sql<GroupRow>`
    with r as materialized (
      select distinct account_id, ${windowOf(sql`received_at`)} as window_at, meter_id, report_id, event_name,
        case when code = 'no_meter' then code else '' end as code
      from rejected_meter_events
      where report_id is null and received_at < ${before}
    )
    select r.account_id, a.livemode, r.window_at, m.id as meter_id,
      array_agg(distinct r.event_name) filter (where r.event_name is not null) as event_names
    from r
    join accounts a on a.id = r.account_id
    ${METER_OF_REJECTED}
    group by 1, 2, 3, 4
    order by r.window_at, r.account_id, m.id
    limit ${most}
  `.execute(db);
  return rows.map((row) => ({
    account: { id: row.account_id, livemode: row.livemode },
    start: row.window_at,
    meterId: row.meter_id,
    eventNames: row.event_names ?? [],
  }));
}

function windowOf(time: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`date_bin(make_interval(secs => ${ERROR_REPORT_WINDOW_SECONDS}), ${time}, timestamptz 'epoch')`;
}

type TypeRow = { code: string; count: number; samples: { message: string; identifier: string | null }[] };

/**
 * Marks the unreported events of a group as told by a report, settles which meter they belong to, and tells them by code,
 * the most frequent first. What is too much for one report, or came after the group was found, stays for another one.
 */
export async function takeGroup(db: Queryable, group: ErrorGroup, reportId: string): Promise<ErrorType[]> {
  const { account, start, meterId } = group;
  const { rows } = await sql<TypeRow>`
    with taken as (
      update rejected_meter_events set report_id = ${reportId}, meter_id = ${meterId}
      where account_id = ${account.id} and id in (
        select id from rejected_meter_events
        where account_id = ${account.id} and report_id is null
          and received_at >= ${start} and received_at < ${start.add({ seconds: ERROR_REPORT_WINDOW_SECONDS })}
          and ${belongsTo(group)}
        order by received_at, id
        limit ${MAX_REPORTED_EVENTS}
      )
      returning id, code, message, identifier
    ), numbered as (
      select *, row_number() over (partition by code order by id) as place from taken
    )
    select code, count(*)::int4 as count,
      json_agg(json_build_object('message', message, 'identifier', identifier) order by id)
        filter (where place <= ${MAX_SAMPLE_ERRORS}) as samples
    from numbered
    group by code
    order by count(*) desc, code
  `.execute(db);
  return rows;
}

/** The events that METER_OF_REJECTED gives to the group's meter. */
function belongsTo({ meterId, eventNames }: ErrorGroup): RawBuilder<unknown> {
  const named = sql`event_name = any (${[...eventNames]}::text[])`;
  if (meterId !== null) return sql`(meter_id = ${meterId} or (meter_id is null and code <> 'no_meter' and ${named}))`;
  return sql`meter_id is null and (event_name is null or ${named})`;
}
