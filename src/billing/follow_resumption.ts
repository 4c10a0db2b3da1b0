import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { keepUpdate } from '../subscriptions/keep.ts';
import { withoutResumption } from '../subscriptions/resumption.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { viewSubscription } from '../subscriptions/subscription.view.ts';

/**
 * What has become of the invoice that a locked, paused subscription resumes with: it is paid or forgiven, its payment has
 * failed, or it is void. Paid, the subscription is active; unpaid it is past due, unless it waits for the success; else it
 * stays paused as it was before, to be resumed another time. Tells `customer.subscription.updated`, then `customer.subscription.resumed`.
 */
export async function followResumption(
  context: Context,
  subscription: Subscription,
  outcome: 'failed' | 'settled' | 'void',
): Promise<Subscription> {
  const { resumption } = subscription;
  if (outcome === 'void') return await keepUpdate(context, subscription, withoutResumption(subscription));
  if (outcome === 'failed' && resumption?.waitsFor === 'success') return subscription;
  const status = outcome === 'settled' ? 'active' : 'past_due';
  const resumed = await keepUpdate(context, subscription, { ...subscription, status, pause: null, resumption: null });
  await recordEvent(context, 'customer.subscription.resumed', viewSubscription(context, resumed));
  return resumed;
}
