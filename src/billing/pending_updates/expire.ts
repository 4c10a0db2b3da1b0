import { setDue } from '../../clocks/due_work.sql.ts';
import type { Customer } from '../../customers/customer.ts';
import type { Context } from '../../stripe/context.ts';
import { scheduleWork } from '../../subscriptions/due.ts';
import { hasExpired } from '../../subscriptions/pending_update.ts';
import { lockSubscription } from '../../subscriptions/subscription.sql.ts';
import { hasEnded } from '../../subscriptions/subscription.ts';
import { discardUpdate } from './discard.ts';

/** When it is looked again whether a payment that was on its way has come to something. */
const IN_FLIGHT_MINUTES = 1;

/** Gives up changes that were not paid in time. One whose payment is on its way waits for what comes of that. */
export async function expirePendingUpdates(
  context: Context,
  due: readonly { readonly customer: Customer; readonly objectId: string }[],
): Promise<void> {
  for (const { objectId, customer } of due) {
    const subscription = await lockSubscription(context, objectId);
    if (subscription === undefined || subscription.pendingUpdate === null || hasEnded(subscription)) continue;
    if (!hasExpired(subscription, context.now)) {
      // Another has taken its place between the look and the lock.
      await scheduleWork(context, [{ before: subscription, after: subscription }]);
    } else if ((await discardUpdate(context, subscription, 'expired')) === null) {
      const { id: customerId, testClockId } = customer;
      const dueAt = context.now.add({ minutes: IN_FLIGHT_MINUTES });
      await setDue(context, { kind: 'expire_pending_update', objectId, customerId, testClockId, dueAt });
    }
  }
}
