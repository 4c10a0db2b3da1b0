import { type RawBuilder, sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import type { Scope } from '../db/scope.ts';
import { deleteExpired } from '../db/sweep.ts';
import type { EventFilter } from './history.sql.ts';

/** An event of the stream that could not be counted. */
export type RejectedEvent = {
  readonly id: string;
  readonly receivedAt: Temporal.Instant;
  readonly eventName: string | null;
  readonly identifier: string | null;
  readonly meterId: string | null;
  readonly customerId: string | null;
  readonly eventAt: Temporal.Instant | null;
  readonly payload: Readonly<Record<string, string>> | null;
  readonly code: string;
  readonly message: string;
};

/**
 * The meter of a rejected event `r`, as the lateral `m`: the one it was checked by, else, until a report has settled it,
 * the one that its event name means (the active one, or the one deactivated last). So an entry of a wrong shape belongs to
 * the meter that it names; one that names none, or an unknown one, belongs to no meter.
 */
export const METER_OF_REJECTED: RawBuilder<unknown> = sql`
  left join lateral (
    select id, customer_key from meters
    where meters.account_id = r.account_id and (
      meters.id = r.meter_id
      or (r.meter_id is null and r.report_id is null and r.code <> 'no_meter' and meters.event_name = r.event_name)
    )
    order by meters.status, meters.deactivated_at desc
    limit 1
  ) m on true
`;

type Row = {
  id: string;
  received_at: Temporal.Instant;
  event_name: string | null;
  identifier: string | null;
  meter_id: string | null;
  customer_id: string | null;
  event_at: Temporal.Instant | null;
  payload: Record<string, string> | null;
  code: string;
  message: string;
};

const CUSTOMER = sql`coalesce(r.customer_id, r.payload ->> m.customer_key)`;

/** The first columns of a query of rejected events, up to its conditions. */
const SELECT = sql`
  select r.id, r.received_at, r.event_name, r.identifier, m.id as meter_id, ${CUSTOMER} as customer_id, r.event_at,
    r.payload, r.code, r.message
  from rejected_meter_events r ${METER_OF_REJECTED}
`;

export async function findRejectedEvent(scope: Scope, id: string): Promise<RejectedEvent | undefined> {
  const { rows } = await sql<Row>`
    ${SELECT} where r.account_id = ${scope.account.id} and r.id = ${id}
  `.execute(scope.db);
  return rows[0] && toRejectedEvent(rows[0]);
}

/**
 * Rejected events in the order of their receipt, newest first (or, with `newer`, oldest first), from a cursor on. Not by
 * event time as the counted ones: that time is often what is wrong with them.
 */
export async function findRejectedEvents(
  scope: Scope,
  filter: EventFilter,
  page: { readonly cursor: RejectedEvent | undefined; readonly newer: boolean; readonly limit: number },
): Promise<RejectedEvent[]> {
  const { identifier, meterId, customerId, from, before } = filter;
  const { cursor, newer, limit } = page;
  const conditions = [
    sql`r.account_id = ${scope.account.id}`,
    identifier === undefined ? undefined : sql`r.identifier = ${identifier}`,
    meterId === undefined ? undefined : isOfMeter(meterId),
    customerId === undefined ? undefined : isOfCustomer(customerId),
    from && sql`r.event_at >= ${from}`,
    before && sql`r.event_at < ${before}`,
    cursor && sql`(r.received_at, r.id) ${newer ? sql`>` : sql`<`} (${cursor.receivedAt}::timestamptz, ${cursor.id})`,
  ].filter((condition) => condition !== undefined);
  const direction = newer ? sql`asc` : sql`desc`;
  const { rows } = await sql<Row>`
    ${SELECT}
    where ${sql.join(conditions, sql` and `)}
    order by r.received_at ${direction}, r.id ${direction}
    limit ${limit}
  `.execute(scope.db);
  return rows.map(toRejectedEvent);
}

/** What the row alone can tell comes first, so that the meter is looked up for few rows. */
function isOfMeter(id: string): RawBuilder<unknown> {
  return sql`(r.meter_id = ${id} or (r.meter_id is null and r.report_id is null)) and m.id = ${id}`;
}

function isOfCustomer(id: string): RawBuilder<unknown> {
  const isNamed = sql`jsonb_path_exists(r.payload, '$.* ? (@ == $id)', jsonb_build_object('id', ${id}::text))`;
  return sql`(r.customer_id = ${id} or (r.customer_id is null and ${isNamed})) and ${CUSTOMER} = ${id}`;
}

function toRejectedEvent(row: Row): RejectedEvent {
  return {
    id: row.id,
    receivedAt: row.received_at,
    eventName: row.event_name,
    identifier: row.identifier,
    meterId: row.meter_id,
    customerId: row.customer_id,
    eventAt: row.event_at,
    payload: row.payload,
    code: row.code,
    message: row.message,
  };
}

/** Forgets the rejected events of all accounts that were received before `before`. Returns how many. */
export async function deleteExpiredRejected(db: Queryable, before: Temporal.Instant): Promise<bigint> {
  return await deleteExpired(db, 'rejected_meter_events', 'received_at', before);
}
