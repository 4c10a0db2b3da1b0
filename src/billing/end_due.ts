import { recordEvents, type Told } from '../events/record.ts';
import { stopInvoices } from '../invoices/finalize.ts';
import type { InvoiceDraft } from '../invoices/draft.ts';
import type { Decimal } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { markDropped, toldOfDropped, withoutDiscounts } from '../subscriptions/discounts.ts';
import { scheduleWork } from '../subscriptions/due.ts';
import { keepSubscriptions } from '../subscriptions/keep.ts';
import { currentPeriod, endsWithPeriod } from '../subscriptions/periods.ts';
import { isBilling } from '../subscriptions/settle_periods.ts';
import { type Subscription } from '../subscriptions/subscription.ts';
import { viewSubscription } from '../subscriptions/subscription.view.ts';
import { withLateUsage } from './late_usage/bill.ts';
import { chargelessInvoice, type Facts, renewalInvoice } from './charges.ts';
import { type Composed, composeInvoices } from './compose.ts';
import { factsOfAll, type Subscribed } from './facts.ts';
import { settlePaused } from './pause_collection.ts';
import { createAllWithPending } from './pending_items.ts';
import { type Due, lockLiving } from './renew.ts';
import { usageOfEnding } from './usage.ts';

/** A subscription whose time is over, and its last invoice, where it has one. */
type Ended = Subscribed & { readonly last: Composed | undefined };

/**
 * Ends subscriptions of different customers whose time has come. What was used in the last period and what is pending for
 * them is billed on a last invoice, which is the draft of a period like all before; nothing is licensed any more. Tells
 * `customer.subscription.deleted`, `invoice.updated` of what no longer goes on, then `invoice.created`.
 */
export async function endSubscriptions(context: Context, due: readonly Due[]): Promise<void> {
  const living = await lockLiving(context, due);
  // The others go on, or have periods that are to be billed before.
  const early = living
    .filter((one) => !isOver(one, context))
    .map(({ subscription: same }) => ({ before: same, after: same }));
  await scheduleWork(context, early);
  const over = living.filter((one) => isOver(one, context));
  if (over.length > 0) await store(context, await compute(context, over));
}

function isOver({ subscription }: Subscribed, { now }: Context): boolean {
  const { cancelAt } = subscription;
  if (cancelAt === null || Temporal.Instant.compare(cancelAt, now) > 0) return false;
  // What is paused has no further period.
  return subscription.status === 'paused' || endsWithPeriod(subscription);
}

async function compute(context: Context, over: readonly Subscribed[]): Promise<Ended[]> {
  const facts = await factsOfAll(context, over);
  const usage = await usageOfEnding(
    context,
    over.map(({ subscription }) => subscription),
  );
  const drafts = await withLateUsage(
    context,
    facts.map((own) => ({ ...own, draft: draftOf(own, usage, context.now) })),
  );
  const composed = await composeInvoices(
    context,
    over.map(({ subscription }, place) => ({ subscription, draft: drafts[place] as InvoiceDraft })),
  );
  return over.map((one, place) => ({ ...one, last: lastOf(one.subscription, composed[place]) }));
}

/** What nothing is billed for, such as a trial, ends without an invoice of its own. */
function draftOf(facts: Facts, usage: ReadonlyMap<string, Decimal>, now: Temporal.Instant): InvoiceDraft {
  const { subscription } = facts;
  if (isBilling(subscription)) return renewalInvoice(facts, usage, now);
  const period = currentPeriod(subscription);
  return chargelessInvoice(facts, { billingReason: 'subscription_cycle', period, createdAt: now });
}

/** What is pending for the customer alone waits for another invoice, unless there is one anyway. */
function lastOf({ id }: Subscription, composed: Composed | undefined): Composed | undefined {
  return composed?.whole.lines.some(({ subscriptionId }) => subscriptionId === id) ? composed : undefined;
}

async function store(context: Context, all: readonly Ended[]): Promise<void> {
  const lasts = all.flatMap(({ last }) => last ?? []);
  await markDropped(
    context,
    lasts.flatMap(({ ended }) => ended),
  );
  const changes = all.map(({ subscription: before, last }) => ({ before, after: endedOf(before, last, context) }));
  await keepSubscriptions(context, changes);
  const told = changes.flatMap(({ after }, place): Told[] => [
    ...toldOfDropped(all[place]?.last?.ended ?? []),
    { type: 'customer.subscription.deleted', object: viewSubscription(context, after) },
  ]);
  await recordEvents(context, told);
  // Before the last invoices are made, which go on.
  for (const { subscription } of all) await stopInvoices(context, { subscriptionId: subscription.id });
  await recordEvents(context, await createAllWithPending(context, lasts));
  await settlePaused(
    context,
    all.flatMap(({ customer, subscription, last }) =>
      last === undefined ? [] : [{ customer, subscription, whole: last.whole }],
    ),
  );
}

function endedOf(subscription: Subscription, last: Composed | undefined, { now }: Context): Subscription {
  const rest = withoutDiscounts(subscription, last?.ended ?? []);
  const latestInvoiceId = last?.whole.invoice.id ?? subscription.latestInvoiceId;
  return { ...rest, status: 'canceled', endedAt: now, pendingItemsDueAt: null, latestInvoiceId };
}
