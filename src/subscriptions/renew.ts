import { setDue } from '../clocks/due_work.sql.ts';
import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { updateItemPeriods } from './item.sql.ts';
import { currentPeriod, itemsEndingNext, nextPeriod } from './periods.ts';
import { updateSubscription } from './subscription.sql.ts';
import type { Subscription } from './subscription.ts';
import { viewSubscription } from './subscription.view.ts';

/**
 * Moves the items whose period is over into their next one and tells `customer.subscription.updated`; `discountIds` are the
 * discounts that it then still has. The subscription must be locked.
 */
export async function renewPeriods(
  context: Context,
  subscription: Subscription,
  { latestInvoiceId, discountIds }: Pick<Subscription, 'discountIds'> & { readonly latestInvoiceId: string },
): Promise<Subscription> {
  const ending = new Set(itemsEndingNext(subscription));
  const items = subscription.items.map((item) =>
    ending.has(item) ? { ...item, currentPeriod: nextPeriod(subscription, item) } : item,
  );
  const renewed: Subscription = { ...subscription, items, latestInvoiceId, discountIds };
  await updateItemPeriods(
    context,
    items.filter((item) => !subscription.items.includes(item)),
  );
  await updateSubscription(context, renewed);
  await scheduleRenewal(context, renewed);
  const before = viewSubscription(context, subscription);
  await recordEvent(context, 'customer.subscription.updated', viewSubscription(context, renewed), before);
  return renewed;
}

/** Sets when the subscription is to be renewed: at the earliest end of an item's period, and never once it has ended. */
export async function scheduleRenewal(context: Context, subscription: Subscription): Promise<void> {
  await setDue(context, {
    kind: 'renew_subscription',
    objectId: subscription.id,
    customerId: subscription.customerId,
    testClockId: subscription.testClockId,
    dueAt: subscription.status === 'canceled' ? null : currentPeriod(subscription).end,
  });
}
