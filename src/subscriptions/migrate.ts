import { atTimeOf } from '../clocks/time.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { refuseEnded } from './change.ts';
import { keepUpdate } from './keep.ts';
import { lockSubscription } from './subscription.sql.ts';
import type { Subscription } from './subscription.ts';

/**
 * Makes a classic subscription flexible, for ever: periods and what is pending stay as they are, and what changes from now
 * on changes by the other rules. Tells `customer.subscription.updated`. Throws for one that is flexible, or has ended.
 */
export async function migrateSubscription(context: Context, id: string): Promise<Subscription> {
  const subscription = await lockSubscription(context, id);
  if (subscription === undefined) throw resourceMissing('subscription', id);
  refuseEnded(subscription);
  if (subscription.billingMode === 'flexible') {
    throw invalidRequest(
      `The subscription ${id} already has \`billing_mode=flexible\`, which can't be changed.`,
      'billing_mode[type]',
    );
  }
  const timed = await atTimeOf(context, subscription.testClockId);
  return await keepUpdate(timed, subscription, {
    ...subscription,
    billingMode: 'flexible',
    billingModeUpdatedAt: timed.now,
  });
}
