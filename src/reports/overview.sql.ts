import { sql } from 'kysely';
import type { Scope } from '../db/scope.ts';
import { onClock } from './invoice_totals.sql.ts';

export type Standing = 'draft' | 'open' | 'past_due' | 'payment_failed' | 'uncollectible';

/** Invoices of one currency that stand in one way: how many, and what is still to be paid of them. */
export type StandingSum = {
  readonly standing: Standing;
  readonly currency: string;
  readonly amount: bigint;
  readonly count: number;
};

/**
 * What is not settled. An open invoice whose day is over is also counted as past due, and one whose charge failed as
 * that.
 */
export async function sumUnsettled(
  scope: Scope,
  clockId: string | null,
  now: Temporal.Instant,
): Promise<StandingSum[]> {
  // The states are those of the index, as literals, so that the planner sees it.
  const { rows } = await sql<StandingSum>`
    with unsettled as (
      select status, currency, amount_due - amount_paid as remaining, due_at < ${now} as is_late,
        collection_method = 'charge_automatically' and attempted as has_failed
      from invoices
      where account_id = ${scope.account.id} and status in ('draft', 'open', 'uncollectible') and ${onClock(clockId)}
    )
    select standing, currency, sum(remaining)::bigint as amount, count(*)::int as count
    from unsettled, unnest(array[
      status, case when status = 'open' and is_late then 'past_due' end,
      case when status = 'open' and has_failed then 'payment_failed' end
    ]) as standing
    where standing is not null
    group by standing, currency
    order by currency, standing
  `.execute(scope.db);
  return rows;
}

/** How many subscriptions are in each state, without those that have ended. */
export async function countSubscriptions(
  scope: Scope,
  clockId: string | null,
): Promise<{ readonly status: string; readonly count: number }[]> {
  const { rows } = await sql<{ status: string; count: number }>`
    select status, count(*)::int as count from subscriptions
    where account_id = ${scope.account.id} and ended_at is null and ${onClock(clockId)}
    group by status order by status
  `.execute(scope.db);
  return rows;
}

/** Items that are alike: of one price and quantity (null for metered ones), in subscriptions of one currency. */
export type ItemGroup = {
  readonly priceId: string;
  readonly quantity: bigint | null;
  readonly currency: string;
  readonly count: number;
};

/** The items of subscriptions that are billed on and on. */
export async function groupItems(scope: Scope, clockId: string | null): Promise<ItemGroup[]> {
  const { rows } = await sql<ItemGroup>`
    select i.price_id as "priceId", i.quantity, s.currency, count(*)::int as count
    from (
      select id, currency from subscriptions
      where account_id = ${scope.account.id} and status in ('active', 'past_due') and ${onClock(clockId)}
    ) as s
    join subscription_items i on i.account_id = ${scope.account.id} and i.subscription_id = s.id
    group by i.price_id, i.quantity, s.currency
  `.execute(scope.db);
  return rows;
}
