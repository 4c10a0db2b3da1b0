import type { Customer } from '../customers/customer.ts';
import { asInvoice, type InvoiceDraft } from '../invoices/draft.ts';
import type { InvoiceItem } from '../invoices/invoice_item.ts';
import { findPendingItems } from '../invoices/invoice_item.sql.ts';
import type { Context } from '../stripe/context.ts';
import { inheritDiscounts } from '../subscriptions/discounts.ts';
import { currentPeriod, usagePeriod } from '../subscriptions/periods.ts';
import { isBilling } from '../subscriptions/settle_periods.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { cutShort } from '../time/period.ts';
import { computeChange } from './apply_change.ts';
import { withLateUsage } from './late_usage/bill.ts';
import { chargelessInvoice, type Facts, usageInvoice } from './charges.ts';
import type { Composed } from './compose.ts';
import { factsOf } from './facts.ts';
import { heldBack } from './pause_collection.ts';
import { withPendingItems } from './pending_items.ts';
import { usageOf } from './usage.ts';

/** What is credited of the licensed items of a subscription that ends now: the time that is paid for and not used. */
export async function creditsOfEnding(
  context: Context,
  customer: Customer,
  subscription: Subscription,
): Promise<InvoiceItem[]> {
  const { items } = await computeChange(context, {
    customer,
    before: subscription,
    wanted: { ...subscription, items: [] },
    behavior: 'create_prorations',
    anchor: 'unchanged',
    at: context.now,
  });
  // The usage so far is on the last invoice, where there is one, or on none.
  return items.filter(({ proration }) => proration);
}

/**
 * The last invoice of a subscription that ends now, with what changes of its items left pending: prorations, and usage that they
 * closed; undefined: it has nothing to say.
 */
export async function invoiceOfEnding(
  context: Context,
  customer: Customer,
  subscription: Subscription,
): Promise<Composed | undefined> {
  const draft = asInvoice(await usageOfEndingNow(context, customer, subscription));
  const pending = await findPendingItems(context, { customerId: customer.id, subscriptionId: subscription.id });
  const ofItems = pending.filter((item) => isOfItem(item) && item.currency === subscription.currency);
  const whole = withPendingItems(draft, ofItems);
  if (whole.lines.length === 0) return undefined;
  const inherited = await inheritDiscounts(context, subscription, heldBack(subscription, whole));
  return { ...inherited, itemIds: ofItems.map(({ id }) => id) };
}

/** Whether a pending item is about an item of a subscription: a proration, or usage that a change closed. */
export function isOfItem({ subscriptionItemId }: Pick<InvoiceItem, 'subscriptionItemId'>): boolean {
  return subscriptionItemId !== null;
}

/** The draft of the usage up to now, of all items that bill any, and of what came late for earlier periods: nothing else bills it. */
export async function usageOfEndingNow(
  context: Context,
  customer: Customer,
  subscription: Subscription,
): Promise<InvoiceDraft> {
  const facts = await factsOf(context, customer, subscription);
  const usage = await usageUpToNow(context, facts);
  const [draft = usage] = await withLateUsage(context, [{ ...facts, draft: usage }]);
  return draft;
}

async function usageUpToNow(context: Context, facts: Facts): Promise<InvoiceDraft> {
  const { now } = context;
  const { customer, subscription } = facts;
  const period = { start: currentPeriod(subscription).start, end: now };
  const timing = { billingReason: 'subscription_update', period, createdAt: now } as const;
  if (!isBilling(subscription)) return chargelessInvoice(facts, timing);
  // Nothing follows, so what was used in this very second is of this period as well.
  const end = now.add({ seconds: 1 });
  const metered = subscription.items
    .filter(({ quantity }) => quantity === null)
    .map((item) => ({ ...item, currentPeriod: cutShort(item.currentPeriod, end) }));
  const wanted = metered.map((item) => ({ customerId: customer.id, item, period: usagePeriod(item) }));
  return usageInvoice(facts, metered, await usageOf(context, wanted), timing);
}
