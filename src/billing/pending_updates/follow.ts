import { recordEvents, type Told } from '../../events/record.ts';
import { findDiscounts } from '../../invoices/discount.sql.ts';
import type { Invoice } from '../../invoices/invoice.ts';
import { insertItems } from '../../invoices/invoice_item.sql.ts';
import { viewItem } from '../../invoices/invoice_item.view.ts';
import type { PaymentIntent } from '../../payments/payment_intent.ts';
import type { Context } from '../../stripe/context.ts';
import { markDropped, toldOfDropped, withoutDiscounts } from '../../subscriptions/discounts.ts';
import { keepSubscriptions, keepUpdate, toldOfUpdates } from '../../subscriptions/keep.ts';
import { withUpdateMade } from '../../subscriptions/pending_update.ts';
import type { PendingUpdate, Subscription } from '../../subscriptions/subscription.ts';
import { viewSubscription } from '../../subscriptions/subscription.view.ts';
import { closingsOf, countingAfter } from '../counting.ts';
import { watchSubscription } from '../watch_usage.ts';
import { restsOfUpdate } from './rests.ts';

/**
 * What has become of the invoice of a change that a locked subscription waits for: paid, the change is made; its payment has
 * failed or waits for the customer, so that the change is pending, and told as such; void, and the change is dropped.
 */
export async function followPendingUpdate(
  context: Context,
  subscription: Subscription,
  invoice: Pick<Invoice, 'attempted' | 'status'>,
  intent: PaymentIntent | undefined,
): Promise<Subscription> {
  const update = subscription.pendingUpdate;
  if (update === null) return subscription;
  switch (invoice.status) {
    case 'paid':
      return await makeUpdate(context, subscription, update);
    case 'void':
      return await keepUpdate(context, subscription, { ...subscription, pendingUpdate: null });
    default:
      // While the gateway is asked nobody knows.
      return invoice.attempted && (intent?.attemptId ?? null) === null
        ? await tellPending(context, subscription)
        : subscription;
  }
}

/** Tells `customer.subscription.updated` of a change that has become pending, once. */
export async function tellPending(context: Context, subscription: Subscription): Promise<Subscription> {
  const update = subscription.pendingUpdate;
  if (update === null || update.isTold) return subscription;
  const before = { ...subscription, pendingUpdate: null };
  const after: Subscription = { ...subscription, pendingUpdate: { ...update, isTold: true } };
  await keepSubscriptions(context, [{ before: subscription, after }]);
  await recordEvents(context, toldOfUpdates(context, [{ before, after }]));
  return after;
}

/**
 * Makes the change. Tells `customer.subscription.updated`, and `customer.subscription.pending_update_applied` where it was
 * pending for others to see.
 */
async function makeUpdate(context: Context, subscription: Subscription, update: PendingUpdate): Promise<Subscription> {
  const found = await findDiscounts(context, update.endedDiscountIds);
  const ended = found.filter(({ deletedAt }) => deletedAt === null);
  await markDropped(context, ended);
  const rests = await restsOfUpdate(context, subscription, update);
  await insertItems(context, rests);
  const closed = closingsOf(subscription, { items: rests, charges: [] }, update.madeAt);
  const made = countingAfter(subscription, withUpdateMade(subscription, update), closed, update.madeAt);
  const after = withoutDiscounts(made, ended);
  await keepSubscriptions(context, [{ before: subscription, after }]);
  await watchSubscription(context, after);
  const before = update.isTold ? subscription : { ...subscription, pendingUpdate: null };
  const told: Told[] = [
    ...toldOfDropped(ended),
    ...toldOfUpdates(context, [{ before, after }]),
    ...rests.map((item) => ({ type: 'invoiceitem.created', object: viewItem(context, item) })),
  ];
  const object = viewSubscription(context, after);
  if (update.isTold) told.push({ type: 'customer.subscription.pending_update_applied', object });
  await recordEvents(context, told);
  return after;
}
