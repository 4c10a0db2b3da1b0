import { type Scope, selectFrom } from '../db/scope.ts';
import { DEFAULT_RETRY_DAYS } from '../limits.ts';
import type { Invoice } from './invoice.ts';

/** Days from each attempt to pay an invoice to the next. Reads only: the settings belong to a later folder. */
export async function findRetryDays(scope: Scope): Promise<readonly number[]> {
  const row = await selectFrom(scope, 'billing_settings').select('retry_days').executeTakeFirst();
  return row?.retry_days ?? DEFAULT_RETRY_DAYS;
}

/**
 * The invoice of a subscription that was finalized last and counts for its standing: neither void, nor given up because
 * collection was paused, nor of a change that is made only once it is paid, and one that asked for money: a credit pays nothing
 * that is owed.
 */
export async function findLatestFinal(
  scope: Scope,
  subscriptionId: string,
): Promise<Pick<Invoice, 'id' | 'status'> | undefined> {
  return await selectFrom(scope, 'invoices')
    .select(['id', 'status'])
    .where('subscription_id', '=', subscriptionId)
    .where('finalized_at', 'is not', null)
    .where('status', '!=', 'void')
    .where((eb) => eb.or([eb('of_pending_update', '=', false), eb('status', '=', 'paid')]))
    .where('total', '>', 0n)
    .where((eb) =>
      eb.or([eb('uncollectible_reason', 'is', null), eb('uncollectible_reason', '!=', 'subscription_paused')]),
    )
    .orderBy('finalized_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}
