import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import { type Scope, selectFrom } from '../db/scope.ts';
import { GATEWAY_RECOVERY_SECONDS, MAX_RECOVERED_PAYMENTS } from '../limits.ts';

export type Due = { readonly accountId: string; readonly id: string };

/** Whose time tells what is due: everybody's, or that of the customers of one test clock. */
export type Waiting = 'wall_time' | { readonly accountId: string; readonly clockId: string };

/**
 * Takes what is due, and with it the right to go on with it: nobody else is given the same until the time that a gateway
 * may take is over.
 */
export async function claimDueAttempts(db: Queryable, now: Temporal.Instant, waiting: Waiting): Promise<Due[]> {
  const { rows } = await sql<Due>`
    update payment_attempts set ask_again_at = ${leaseOf(now)}
    where (account_id, id) in (
      select account_id, id from payment_attempts
      where status <> 'settled' and ask_again_at <= ${now} and ${ofClock(waiting)}
      order by ask_again_at limit ${MAX_RECOVERED_PAYMENTS} for update skip locked
    )
    returning account_id as "accountId", id
  `.execute(db);
  return rows;
}

/** The same of refunds. */
export async function claimDueRefunds(db: Queryable, now: Temporal.Instant, waiting: Waiting): Promise<Due[]> {
  const { rows } = await sql<Due>`
    update refunds set ask_again_at = ${leaseOf(now)}
    where (account_id, id) in (
      select account_id, id from refunds
      where gateway_status <> 'settled' and ask_again_at <= ${now} and ${ofClock(waiting)}
      order by ask_again_at limit ${MAX_RECOVERED_PAYMENTS} for update skip locked
    )
    returning account_id as "accountId", id
  `.execute(db);
  return rows;
}

function leaseOf(now: Temporal.Instant): Temporal.Instant {
  return now.add({ seconds: GATEWAY_RECOVERY_SECONDS });
}

function ofClock(waiting: Waiting) {
  if (waiting === 'wall_time') return sql`clock_id is null`;
  return sql`account_id = ${waiting.accountId} and clock_id = ${waiting.clockId}`;
}

/** When the gateway is next to be asked on a clock, until then; undefined where nothing waits for it. */
export async function nextAskOnClock(
  scope: Scope,
  clockId: string,
  until: Temporal.Instant,
): Promise<Temporal.Instant | undefined> {
  const attempt = selectFrom(scope, 'payment_attempts')
    .select('ask_again_at')
    .where('clock_id', '=', clockId)
    .where('status', '<>', 'settled')
    .where('ask_again_at', '<=', until);
  const refund = selectFrom(scope, 'refunds')
    .select('ask_again_at')
    .where('clock_id', '=', clockId)
    .where('gateway_status', '<>', 'settled')
    .where('ask_again_at', '<=', until);
  const first = await attempt.unionAll(refund).orderBy('ask_again_at').limit(1).executeTakeFirst();
  return first?.ask_again_at ?? undefined;
}
