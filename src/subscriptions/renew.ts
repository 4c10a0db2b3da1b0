import { setAllDue } from '../clocks/due_work.sql.ts';
import type { Told } from '../events/record.ts';
import type { Discount } from '../invoices/discount.ts';
import type { Context } from '../stripe/context.ts';
import { updateItems } from './item.sql.ts';
import { currentPeriod, itemsEndingNext, nextPeriod } from './periods.ts';
import { withoutDiscounts } from './discounts.ts';
import { updateSubscriptions } from './subscription.sql.ts';
import type { Subscription } from './subscription.ts';
import { viewSubscription } from './subscription.view.ts';

/**
 * A subscription whose items that ended are in their next period; discounts that `ended` have left it. Items that stay as
 * they are are the very same.
 */
export function renewed(
  subscription: Subscription,
  { latestInvoiceId, ended }: { readonly latestInvoiceId: string; readonly ended: readonly Discount[] },
): Subscription {
  const rest = withoutDiscounts(subscription, ended);
  const ending = new Set(itemsEndingNext(rest));
  const items = rest.items.map((item) =>
    ending.has(item) ? { ...item, currentPeriod: nextPeriod(subscription, item) } : item,
  );
  return { ...rest, items, latestInvoiceId };
}

/** A locked subscription as it is stored, and as it is to be. */
type Change = { readonly before: Subscription; readonly after: Subscription };

/**
 * Stores changed subscriptions with those of their items that changed, and when they are next to be renewed. What this
 * tells, `customer.subscription.updated` of each in their order, is for the caller to record.
 */
export async function storeRenewed(context: Context, changes: readonly Change[]): Promise<Told[]> {
  const all = changes.map(({ after }) => after);
  await updateItems(
    context,
    changes.flatMap(({ before, after }) => after.items.filter((item) => !before.items.includes(item))),
  );
  await updateSubscriptions(context, all);
  await scheduleRenewals(context, all);
  return changes.map(({ before, after }) => ({
    type: 'customer.subscription.updated',
    object: viewSubscription(context, after),
    before: viewSubscription(context, before),
  }));
}

/** Sets when a subscription is to be renewed: at the earliest end of an item's period, and never once it has ended. */
export async function scheduleRenewal(context: Context, subscription: Subscription): Promise<void> {
  await scheduleRenewals(context, [subscription]);
}

/** The same for any number of them. */
export async function scheduleRenewals(context: Context, subscriptions: readonly Subscription[]): Promise<void> {
  await setAllDue(
    context,
    subscriptions.map((subscription) => ({
      kind: 'renew_subscription',
      objectId: subscription.id,
      customerId: subscription.customerId,
      testClockId: subscription.testClockId,
      dueAt: subscription.status === 'canceled' ? null : currentPeriod(subscription).end,
    })),
  );
}
