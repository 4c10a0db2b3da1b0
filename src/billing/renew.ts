import type { Customer } from '../customers/customer.ts';
import { asInvoice } from '../invoices/draft.ts';
import type { Context } from '../stripe/context.ts';
import { dropDiscounts, inheritDiscounts } from '../subscriptions/discounts.ts';
import { scheduleWork } from '../subscriptions/due.ts';
import { currentPeriod } from '../subscriptions/periods.ts';
import { renewPeriods } from '../subscriptions/renew.ts';
import { lockSubscription } from '../subscriptions/subscription.sql.ts';
import { hasEnded } from '../subscriptions/subscription.ts';
import { renewalInvoice } from './charges.ts';
import { factsOf } from './facts.ts';
import { createWithPending, withPending } from './pending_items.ts';
import { usageOfEnding } from './usage.ts';

/**
 * Renews a subscription whose earliest period is over: what was used in it, what is licensed for the next one and what is pending become
 * the draft of one invoice, and the items that ended go on. Of several periods that are over one is done; the next is
 * due at once. Discounts that end or are used up
 * leave the subscription. Tells `customer.discount.deleted` of these, `customer.subscription.updated`, then `invoice.created`.
 */
export async function renewSubscription(context: Context, customer: Customer, id: string): Promise<void> {
  const subscription = await lockSubscription(context, id);
  if (subscription === undefined || hasEnded(subscription)) return;
  if (Temporal.Instant.compare(currentPeriod(subscription).end, context.now) > 0) {
    // Another process renewed it between the look and the lock.
    await scheduleWork(context, [{ before: subscription, after: subscription }]);
    return;
  }
  const facts = await factsOf(context, customer, subscription);
  const draft = asInvoice(renewalInvoice(facts, await usageOfEnding(context, subscription), context.now));
  const billed = await withPending(context, customer, draft);
  const { whole, ended } = await inheritDiscounts(context, subscription, billed.whole);
  await dropDiscounts(context, ended);
  await renewPeriods(context, subscription, { latestInvoiceId: whole.invoice.id, ended });
  await createWithPending(context, { ...billed, whole });
}
