import type { Discount } from '../invoices/discount.ts';
import { ZERO } from '../money/decimal.ts';
import { withoutDiscounts } from './discounts.ts';
import { itemsEndingNext, nextPeriod } from './periods.ts';
import type { Subscription, SubscriptionItem } from './subscription.ts';

/**
 * A subscription whose items that ended are in their next period; discounts that `ended` have left it. Items that stay as
 * they are are the very same.
 */
export function renewed(
  subscription: Subscription,
  { latestInvoiceId, ended }: { readonly latestInvoiceId: string | null; readonly ended: readonly Discount[] },
): Subscription {
  const rest = withoutDiscounts(subscription, ended);
  const ending = new Set(itemsEndingNext(rest));
  const items = rest.items.map((item) => (ending.has(item) ? intoNextPeriod(subscription, item) : item));
  return { ...rest, ...afterTrial(rest), items, latestInvoiceId };
}

/** The item in its next period, of whose usage nothing is billed yet. */
function intoNextPeriod(subscription: Subscription, item: SubscriptionItem): SubscriptionItem {
  return { ...item, currentPeriod: nextPeriod(subscription, item), usageStartAt: null, billedUsage: ZERO };
}

/** The period that follows a trial is paid. */
function afterTrial({ status }: Subscription): Partial<Subscription> {
  return status === 'trialing' ? { status: 'active', trialNoticeAt: null } : {};
}
