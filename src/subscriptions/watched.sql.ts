import { sql } from 'kysely';
import { textArray } from '../db/binary.ts';
import type { Queryable } from '../db/pool.ts';

/** A subscription that may be invoiced before its period ends. */
export type Watched = {
  readonly accountId: string;
  readonly subscriptionId: string;
  readonly customerId: string;
  readonly testClockId: string | null;
};

const COLUMNS = sql`
  s.account_id as "accountId", s.id as "subscriptionId", s.customer_id as "customerId", s.test_clock_id as "testClockId"
`;

/** Those of some customers in wall time; null: of all. */
// unscoped: usage of all accounts is looked at together.
export async function findWatched(
  db: Queryable,
  customers: readonly { readonly accountId: string; readonly customerId: string }[] | null,
): Promise<Watched[]> {
  const of =
    customers === null
      ? sql``
      : sql`join unnest(
          ${textArray(customers, ({ accountId }) => accountId)}::text[],
          ${textArray(customers, ({ customerId }) => customerId)}::text[]
        ) as c(account_id, customer_id) on c.account_id = s.account_id and c.customer_id = s.customer_id`;
  const { rows } = await sql<Watched>`
    select ${COLUMNS} from subscriptions s ${of}
    where s.has_thresholds and s.ended_at is null and s.test_clock_id is null
  `.execute(db);
  return rows;
}

/** Those that live on a clock. */
// unscoped: an account's clock
export async function findWatchedOnClock(db: Queryable, accountId: string, clockId: string): Promise<Watched[]> {
  const { rows } = await sql<Watched>`
    select ${COLUMNS} from subscriptions s
    where s.account_id = ${accountId} and s.test_clock_id = ${clockId} and s.has_thresholds and s.ended_at is null
  `.execute(db);
  return rows;
}
