import type { Customer } from '../../customers/customer.ts';
import { findDiscounts } from '../../invoices/discount.sql.ts';
import type { Discount } from '../../invoices/discount.ts';
import type { Context } from '../../stripe/context.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import { type ComputedChange, computeChange } from '../apply_change.ts';
import type { SubscriptionDetails } from './preview.params.ts';
import { withEndOfDetails } from './ending.ts';
import type { Wanted } from './subscription.ts';
import { prorationTime, refuseUnbilled } from '../update_subscription.ts';

/** An existing subscription, and what the details of a preview want of it. */
type Previewed = {
  readonly existing: Subscription;
  readonly wanted: Wanted;
  readonly details: SubscriptionDetails;
  /** Those that its items would have. */
  readonly discounts: readonly Discount[];
};

/**
 * What an update of a subscription to what a preview wants would make of it and bill: the computation of the update,
 * stopped before anything is written. Undefined where nothing changes that is billed.
 */
export async function previewChange(
  context: Context,
  customer: Customer,
  { existing, wanted, details, discounts }: Previewed,
): Promise<ComputedChange | undefined> {
  const { items, billing_cycle_anchor: anchor, proration_date: date, proration_behavior: behavior } = details;
  const at = prorationTime(context, existing, date, 'subscription_details[proration_date]');
  const ending = (settled: Subscription) => withEndOfDetails(context, settled, details);
  const { subscription } = wanted;
  if (items === undefined && anchor?.type !== 'now' && ending(subscription) === subscription) return undefined;
  refuseUnbilled(existing);
  const own = await findDiscounts(context, existing.discountIds);
  return await computeChange(context, {
    customer,
    // Who becomes flexible does so first.
    before: { ...existing, billingMode: wanted.subscription.billingMode },
    wanted: subscription,
    ending,
    behavior: behavior ?? 'create_prorations',
    // Periods from a time of its own are for a new subscription.
    anchor: anchor?.type === 'now' ? 'now' : 'unchanged',
    at,
    discounts: [...discounts, ...own],
  });
}
