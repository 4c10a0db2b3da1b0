import { atTimeOf } from '../clocks/time.ts';
import type { Customer } from '../customers/customer.ts';
import { deleteCustomer, lockLivingCustomer } from '../customers/write.ts';
import { recordEvents, type Told } from '../events/record.ts';
import { stopInvoices } from '../invoices/finalize.ts';
import type { InvoiceItem } from '../invoices/invoice_item.ts';
import { insertItems } from '../invoices/invoice_item.sql.ts';
import { viewItem } from '../invoices/invoice_item.view.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { applyDetails } from '../subscriptions/change.ts';
import { markDropped, toldOfDropped, withoutDiscounts } from '../subscriptions/discounts.ts';
import { keepSubscriptions } from '../subscriptions/keep.ts';
import { cancelWaiting } from '../subscriptions/schedule_keep.ts';
import type { CancelSubscriptionParams } from '../subscriptions/subscription.params.ts';
import { findActiveIds } from '../subscriptions/subscription.sql.ts';
import { hasEnded, type Subscription } from '../subscriptions/subscription.ts';
import { viewSubscription } from '../subscriptions/subscription.view.ts';
import { creditsOfEnding, invoiceOfEnding } from './ending_now.ts';
import type { Composed } from './compose.ts';
import { settlePaused } from './pause_collection.ts';
import { createAllWithPending } from './pending_items.ts';
import { giveUpUpdate } from './pending_updates/discard.ts';
import { lockToChange } from './update_subscription.ts';

/**
 * Ends a subscription at once; a period that is over is billed first. Its invoices that are not settled no longer go on by themselves. With `prorate` the unused
 * time is credited, pending or, with `invoice_now`, on a last invoice, which bills the usage so far and the prorations
 * that are pending as well; without that nobody bills that usage. Tells `invoiceitem.created`,
 * `customer.subscription.deleted`, `invoice.updated` of those invoices, then `invoice.created`. Throws resource_missing for one that does not exist or has ended.
 */
export async function cancelSubscription(
  context: Context,
  id: string,
  params: CancelSubscriptionParams,
): Promise<Subscription> {
  const { customer, subscription: found, context: timed } = await lockToChange(context, id);
  if (hasEnded(found)) throw resourceMissing('subscription', id);
  const subscription = await giveUpUpdate(timed, found, 'silently');
  const credits = params.prorate === true ? await creditsOfEnding(timed, customer, subscription) : [];
  await insertItems(timed, credits);
  const last = params.invoice_now === true ? await invoiceOfEnding(timed, customer, subscription) : undefined;
  return await store(timed, { customer, subscription, credits, last, details: params.cancellation_details });
}

type Ending = {
  readonly customer: Customer;
  readonly subscription: Subscription;
  readonly credits: readonly InvoiceItem[];
  readonly last: Composed | undefined;
  readonly details: CancelSubscriptionParams['cancellation_details'];
};

async function store(
  context: Context,
  { customer, subscription, credits, last, details }: Ending,
): Promise<Subscription> {
  const { now } = context;
  const dropped = last?.ended ?? [];
  const ended: Subscription = {
    ...withoutDiscounts(subscription, dropped),
    status: 'canceled',
    canceledAt: now,
    endedAt: now,
    pendingItemsDueAt: null,
    latestInvoiceId: last?.whole.invoice.id ?? subscription.latestInvoiceId,
    cancellation: { ...applyDetails(subscription.cancellation, details), reason: 'cancellation_requested' },
  };
  await markDropped(context, dropped);
  await keepSubscriptions(context, [{ before: subscription, after: ended }]);
  const told: Told[] = [
    ...credits.map((item) => ({ type: 'invoiceitem.created', object: viewItem(context, item) })),
    ...toldOfDropped(dropped),
    { type: 'customer.subscription.deleted', object: viewSubscription(context, ended) },
  ];
  await recordEvents(context, told);
  // Before the last invoice is made, which goes on.
  await stopInvoices(context, { subscriptionId: subscription.id });
  if (last !== undefined) {
    await recordEvents(context, await createAllWithPending(context, [last]));
    await settlePaused(context, [{ customer, subscription, whole: last.whole }]);
  }
  return ended;
}

/**
 * Ends all subscriptions and schedules of a customer at once, then deletes it; what is left of its invoices, also of subscriptions
 * that had ended before, no longer goes on by itself. Throws resource_missing.
 */
export async function deleteCustomerWithSubscriptions(context: Context, id: string) {
  // The lock keeps new subscriptions away between the two steps.
  const { testClockId } = await lockLivingCustomer(context, id, 'id');
  const timed = await atTimeOf(context, testClockId);
  await cancelWaiting(timed, id);
  for (const subscription of await findActiveIds(context, id)) await cancelSubscription(context, subscription, {});
  await stopInvoices(timed, { customerId: id });
  return await deleteCustomer(context, id);
}
