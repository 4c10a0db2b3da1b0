import type { Customer } from '../../customers/customer.ts';
import type { InvoiceDraft } from '../../invoices/draft.ts';
import type { InvoiceItem } from '../../invoices/invoice_item.ts';
import type { Context } from '../../stripe/context.ts';
import { invalidRequest } from '../../stripe/errors.ts';
import { withEnding } from '../../subscriptions/ending.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import { creditsOfEnding, usageOfEndingNow } from '../ending_now.ts';
import type { SubscriptionDetails } from './preview.params.ts';

/** A subscription that is to end as the details of a preview say. Throws for what does not go together. */
export function withEndOfDetails(
  { now }: Context,
  subscription: Subscription,
  details: SubscriptionDetails,
): Subscription {
  return withEnding(subscription, details, now, (name) => `subscription_details[${name}]`);
}

/** What is left to bill of a subscription that is canceled now: its usage so far, and credits of what is not used. */
export async function previewCancelNow(
  context: Context,
  customer: Customer,
  subscription: Subscription,
  { proration_behavior: behavior }: SubscriptionDetails,
): Promise<{ readonly draft: InvoiceDraft; readonly prorations: readonly InvoiceItem[] }> {
  const draft = await usageOfEndingNow(context, customer, subscription);
  const prorations = behavior === 'none' ? [] : await creditsOfEnding(context, customer, subscription);
  return { draft, prorations };
}

/** Throws where `cancel_now` is asked for with something else, or of a subscription that nobody has made. */
export function checkCancelNow(details: SubscriptionDetails, existing: Subscription | undefined): void {
  const { cancel_at: at, cancel_at_period_end: atPeriodEnd, items } = details;
  if (existing === undefined) {
    throw invalidRequest('`cancel_now` needs an existing subscription.', 'subscription_details[cancel_now]');
  }
  if (at === undefined && atPeriodEnd === undefined && items === undefined) return;
  throw invalidRequest(
    'You may not specify `cancel_now` together with `cancel_at`, `cancel_at_period_end` or `items`.',
    'subscription_details[cancel_now]',
    'parameters_exclusive',
  );
}
