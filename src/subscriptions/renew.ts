import { setDue } from '../clocks/due_work.sql.ts';
import { recordEvent } from '../events/record.ts';
import type { Discount } from '../invoices/discount.ts';
import type { Context } from '../stripe/context.ts';
import { updateItemDetails, updateItemPeriods } from './item.sql.ts';
import { currentPeriod, itemsEndingNext, nextPeriod } from './periods.ts';
import { withoutDiscounts } from './discounts.ts';
import { updateSubscription } from './subscription.sql.ts';
import type { Subscription } from './subscription.ts';
import { viewSubscription } from './subscription.view.ts';

/**
 * Moves the items whose period is over into their next one and tells `customer.subscription.updated`; discounts
 * that `ended` leave it. The subscription must be locked.
 */
export async function renewPeriods(
  context: Context,
  subscription: Subscription,
  { latestInvoiceId, ended }: { readonly latestInvoiceId: string; readonly ended: readonly Discount[] },
): Promise<Subscription> {
  const rest = withoutDiscounts(subscription, ended);
  const ending = new Set(itemsEndingNext(rest));
  const items = rest.items.map((item) =>
    ending.has(item) ? { ...item, currentPeriod: nextPeriod(subscription, item) } : item,
  );
  const renewed: Subscription = { ...rest, items, latestInvoiceId };
  for (const item of rest.items) if (!subscription.items.includes(item)) await updateItemDetails(context, item);
  await updateItemPeriods(
    context,
    items.filter((item) => !rest.items.includes(item)),
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
