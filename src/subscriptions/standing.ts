import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { keepSubscriptions, keepUpdate } from './keep.ts';
import type { Subscription } from './subscription.ts';
import { viewSubscription } from './subscription.view.ts';

/**
 * What has become of the latest final invoice of a subscription: it was paid or forgiven, its payment has failed or waits
 * for the customer, or a bank is still to decide.
 */
export type Outcome = 'settled' | 'failed' | 'pending';

/** What is done with a subscription that nobody pays for, once there is nothing more to try. */
export type EndAction = 'cancel' | 'past_due' | 'unpaid';

/**
 * The status of a subscription after that; pure. The first payment makes it active or lets its trial begin, also one that a bank is still to
 * decide; after it a failure makes it past due, until the latest invoice is paid. Trials and pauses stay what they are.
 */
export function statusAfter(
  { status, trial }: Pick<Subscription, 'status' | 'trial'>,
  outcome: Outcome,
  now: Temporal.Instant,
): Subscription['status'] {
  const good = trial !== null && Temporal.Instant.compare(trial.end, now) > 0 ? 'trialing' : 'active';
  switch (status) {
    case 'incomplete':
      return outcome === 'failed' ? status : good;
    case 'past_due':
    case 'unpaid':
      return outcome === 'settled' ? good : status;
    case 'active':
      return outcome === 'failed' ? 'past_due' : status;
    default:
      return status;
  }
}

/** Gives a locked subscription a status and tells `customer.subscription.updated`, where it has another. */
export async function changeStatus(
  context: Context,
  subscription: Subscription,
  status: Subscription['status'],
): Promise<Subscription> {
  if (subscription.status === status) return subscription;
  return await keepUpdate(context, subscription, { ...subscription, status });
}

/** Ends a locked subscription that nobody pays for, and tells `customer.subscription.deleted`. */
export async function endForNonpayment(context: Context, subscription: Subscription): Promise<void> {
  const ended: Subscription = {
    ...subscription,
    status: 'canceled',
    canceledAt: context.now,
    endedAt: context.now,
    pendingUpdate: null,
    cancellation: { ...subscription.cancellation, reason: 'payment_failed' },
  };
  await keepSubscriptions(context, [{ before: subscription, after: ended }]);
  await recordEvent(context, 'customer.subscription.deleted', viewSubscription(context, ended));
}

/** A locked subscription whose first invoice was never paid is over. Tells `customer.subscription.updated`. */
export async function expireIncomplete(context: Context, subscription: Subscription): Promise<void> {
  await keepUpdate(context, subscription, { ...subscription, status: 'incomplete_expired', endedAt: context.now });
}
