import { recordEvents, type Told } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { markDropped, toldOfDropped, withoutDiscounts } from '../subscriptions/discounts.ts';
import { scheduleWork } from '../subscriptions/due.ts';
import { keepSubscriptions, toldOfUpdates } from '../subscriptions/keep.ts';
import { dueAfter } from '../subscriptions/pending_interval.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { periodContaining } from '../time/period.ts';
import { chargelessInvoice, type Facts } from './charges.ts';
import { type Composed, composeInvoices } from './compose.ts';
import { factsOfAll, type Subscribed } from './facts.ts';
import { settlePaused } from './pause_collection.ts';
import { createAllWithPending } from './pending_items.ts';
import { type Due, lockLiving } from './renew.ts';

/**
 * Invoices what is pending for subscriptions of different customers whose interval for that is over: the draft of an
 * invoice like all others, or none where nothing is pending. Tells `customer.subscription.updated`, then `invoice.created`.
 */
export async function billPendingItems(context: Context, due: readonly Due[]): Promise<void> {
  const living = await lockLiving(context, due);
  const isDue = ({ pendingItemsDueAt: at }: Subscription) =>
    at !== null && Temporal.Instant.compare(at, context.now) <= 0;
  const ripe = living.filter(({ subscription }) => isDue(subscription));
  // Somebody put the others off between the look and the lock.
  const early = living.map(({ subscription }) => subscription).filter((subscription) => !isDue(subscription));
  await scheduleWork(
    context,
    early.map((same) => ({ before: same, after: same })),
  );
  const facts = await factsOfAll(context, ripe);
  const drafts = facts.map((own) => ({ subscription: own.subscription, draft: draftOf(own, context.now) }));
  const composed = await composeInvoices(context, drafts);
  await store(
    context,
    ripe.map((one, place) => ({ ...one, billed: composed[place] as Composed })),
  );
}

function draftOf(facts: Facts, now: Temporal.Instant) {
  const { billingCycleAnchor, pendingItemInterval, pendingItemsDueAt, startedAt } = facts.subscription;
  // The interval that is over: it contains the second before its end.
  const last = (pendingItemsDueAt ?? now).subtract({ seconds: 1 });
  const start = pendingItemInterval && periodContaining(billingCycleAnchor, pendingItemInterval, last).start;
  const period = { start: start ?? startedAt, end: now };
  return chargelessInvoice(facts, { billingReason: 'automatic_pending_invoice_item_invoice', period, createdAt: now });
}

type Billed = Subscribed & { readonly billed: Composed };

async function store(context: Context, all: readonly Billed[]): Promise<void> {
  const invoiced = all.filter(({ billed }) => billed.whole.lines.length > 0);
  await markDropped(
    context,
    invoiced.flatMap(({ billed }) => billed.ended),
  );
  const changes = all.map(({ subscription: before, billed }) => {
    const next = dueAfter(before, context.now);
    if (billed.whole.lines.length === 0) return { before, after: next };
    const after = { ...withoutDiscounts(next, billed.ended), latestInvoiceId: billed.whole.invoice.id };
    return { before, after };
  });
  await keepSubscriptions(context, changes);
  const updates = toldOfUpdates(context, changes);
  const created = await createAllWithPending(
    context,
    invoiced.map(({ billed }) => billed),
  );
  const told = all.flatMap((one, place): Told[] => {
    const invoice = created[invoiced.indexOf(one)];
    const dropped = invoice === undefined ? [] : toldOfDropped(one.billed.ended);
    return [...dropped, ...updates.slice(place, place + 1), ...(invoice === undefined ? [] : [invoice])];
  });
  await recordEvents(context, told);
  await settlePaused(
    context,
    invoiced.map(({ customer, subscription, billed: { whole } }) => ({ customer, subscription, whole })),
  );
}
