import type { Customer } from '../customers/customer.ts';
import { recordEvent } from '../events/record.ts';
import { draftInvoice, type InvoiceDraft } from '../invoices/draft.ts';
import type { InvoiceItem } from '../invoices/invoice_item.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { refuseEnded } from '../subscriptions/change.ts';
import type { PauseParams } from '../subscriptions/pause.params.ts';
import { currentPeriod } from '../subscriptions/periods.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { viewSubscription } from '../subscriptions/subscription.view.ts';
import { type Change, computeChange, makeChange } from './apply_change.ts';
import { type Facts, termsOf } from './charges.ts';
import { factsOf } from './facts.ts';
import { giveUpUpdate } from './pending_updates/discard.ts';
import type { Subscribed } from './subscribe.ts';
import { lockToChange } from './update_subscription.ts';

/**
 * Pauses a subscription: it bills nothing more until it is resumed. What was used until now is billed, and the unused time of
 * licensed items is credited, unless the request says otherwise: with an invoice at once, or as pending items. Tells
 * `customer.subscription.updated`, what is billed, then `customer.subscription.paused`. Throws for a subscription that can't
 * be paused.
 */
export async function pauseSubscription(
  requested: Context,
  payments: Payments,
  id: string,
  params: PauseParams,
): Promise<Subscribed> {
  const { context, customer, subscription } = await lockToChange(requested, id);
  refusePause(subscription);
  const before = await giveUpUpdate(context, subscription, 'expired');
  const items = await itemsOfPause(context, customer, before, params.bill_for);
  const pause = { at: context.now, reason: 'pause_requested' } as const;
  const after: Subscription = { ...before, status: 'paused', pause };
  const isInvoiced = params.invoicing_behavior === 'invoice' && items.length > 0;
  const draft = isInvoiced ? updateDraft(context, before, await factsOf(context, customer, before)) : undefined;
  const made = await makeChange(context, payments, { customer, before }, { after, items, draft });
  const view = viewSubscription(context, made.subscription);
  await recordEvent(context, 'customer.subscription.paused', view);
  return made;
}

function refusePause(subscription: Subscription): void {
  refuseEnded(subscription);
  const { id, billingMode, collectionMethod, scheduleId, status } = subscription;
  if (status !== 'active') {
    throw invalidRequest(`Only active subscriptions can be paused: the status of ${id} is \`${status}\`.`);
  }
  if (billingMode !== 'flexible') {
    throw invalidRequest('Only subscriptions with `billing_mode[type]=flexible` can be paused.');
  }
  // A subscription whose invoices are sent could not be resumed.
  if (collectionMethod !== 'charge_automatically') {
    throw invalidRequest('Only subscriptions with `collection_method=charge_automatically` can be paused.');
  }
  if (scheduleId !== null) throw invalidRequest('You cannot pause a subscription that is attached to a schedule.');
}

/** What a pause bills: usage until now, and credits for what is not used of what was paid in advance. */
async function itemsOfPause(
  context: Context,
  customer: Customer,
  subscription: Subscription,
  billFor: PauseParams['bill_for'],
): Promise<readonly InvoiceItem[]> {
  const usage = billFor?.outstanding_usage_through?.type ?? 'now';
  const unused = billFor?.unused_time_from?.type ?? 'now';
  const now = await itemsOfEnd(context, { customer, before: subscription, at: context.now });
  const rests = usage === 'none' ? [] : now.filter(({ proration }) => !proration);
  if (unused === 'none') return rests;
  if (unused === 'now') return [...rests, ...now.filter(({ proration }) => proration)];
  const { items } = subscription;
  const starts = items.map(({ currentPeriod: { start } }) => start).sort(Temporal.Instant.compare);
  const whole = await itemsOfEnd(context, { customer, before: subscription, at: starts[0] ?? context.now });
  const isCurrent = ({ subscriptionItemId, period }: InvoiceItem) =>
    items.some(({ id, currentPeriod: { start } }) => {
      return id === subscriptionItemId && Temporal.Instant.compare(period.start, start) >= 0;
    });
  return [...rests, ...whole.filter((item) => item.proration && isCurrent(item))];
}

/** What is billed where a subscription has no items any more from a time on; `countedBy`: their usage is counted by others. */
export async function itemsOfEnd(
  context: Context,
  { customer, before, at, countedBy }: Pick<Change, 'customer' | 'before' | 'at' | 'countedBy'>,
) {
  const ending = { wanted: { ...before, items: [] }, behavior: 'create_prorations', anchor: 'unchanged' } as const;
  const change = { customer, before, at, countedBy, ...ending };
  return (await computeChange(context, change)).items;
}

/** The blank of an invoice that a change makes at once: what it bills is pending. */
export function updateDraft({ now }: Context, subscription: Subscription, facts: Facts): InvoiceDraft {
  const period = { start: currentPeriod(subscription).start, end: now };
  return draftInvoice({ ...termsOf(facts), billingReason: 'subscription_update', period, createdAt: now }, []);
}
