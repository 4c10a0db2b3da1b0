import { atTimeOf } from '../clocks/time.ts';
import { deleteCustomer, lockLivingCustomer } from '../customers/write.ts';
import { stopInvoices } from '../invoices/finalize.ts';
import type { Context } from '../stripe/context.ts';
import { cancelWaiting } from '../subscriptions/schedule_keep.ts';
import { endSubscription } from '../subscriptions/change.ts';
import type { CancelSubscriptionParams } from '../subscriptions/subscription.params.ts';
import { findActiveIds } from '../subscriptions/subscription.sql.ts';
import type { Subscription } from '../subscriptions/subscription.ts';

/** Ends a subscription at once. Its invoices that are not settled stay as they are. Throws resource_missing. */
export async function cancelSubscription(
  context: Context,
  id: string,
  params: CancelSubscriptionParams,
): Promise<Subscription> {
  const ended = await endSubscription(context, id, params.cancellation_details);
  await stopInvoices(await atTimeOf(context, ended.testClockId), id);
  return ended;
}

/** Ends all subscriptions and schedules of a customer at once, then deletes it. Throws resource_missing. */
export async function deleteCustomerWithSubscriptions(context: Context, id: string) {
  // The lock keeps new subscriptions away between the two steps.
  const { testClockId } = await lockLivingCustomer(context, id, 'id');
  await cancelWaiting(await atTimeOf(context, testClockId), id);
  for (const subscription of await findActiveIds(context, id)) await cancelSubscription(context, subscription, {});
  return await deleteCustomer(context, id);
}
