import type { Discount } from '../invoices/discount.ts';
import { ZERO } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { withoutDiscounts } from './discounts.ts';
import { keepUpdate } from './keep.ts';
import { itemsEndingNext, nextPeriod } from './periods.ts';
import type { Subscription, SubscriptionItem } from './subscription.ts';

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
  const items = rest.items.map((item) => (ending.has(item) ? intoNextPeriod(subscription, item) : item));
  return await keepUpdate(context, subscription, { ...rest, items, latestInvoiceId });
}

/** The item in its next period, of whose usage nothing is billed yet. */
function intoNextPeriod(subscription: Subscription, item: SubscriptionItem): SubscriptionItem {
  return { ...item, currentPeriod: nextPeriod(subscription, item), usageStartAt: null, billedUsage: ZERO };
}
