import { recordEvents } from '../events/record.ts';
import type { Customer } from '../customers/customer.ts';
import type { Discount } from '../invoices/discount.ts';
import type { InvoiceDraft } from '../invoices/draft.ts';
import type { Context } from '../stripe/context.ts';
import { markDropped, toldOfDropped } from '../subscriptions/discounts.ts';
import { scheduleWork } from '../subscriptions/due.ts';
import { keepSubscriptions, toldOfUpdates } from '../subscriptions/keep.ts';
import { currentPeriod, endsWithPeriod } from '../subscriptions/periods.ts';
import { renewed } from '../subscriptions/renew.ts';
import { lockSubscriptions } from '../subscriptions/subscription.sql.ts';
import { hasEnded, type Subscription } from '../subscriptions/subscription.ts';
import { withLateUsage } from './late_usage/bill.ts';
import { renewalInvoice } from './charges.ts';
import { type Composed, composeInvoices } from './compose.ts';
import { factsOfAll, type Subscribed } from './facts.ts';
import { settlePaused } from './pause_collection.ts';
import { createAllWithPending } from './pending_items.ts';
import { usageOfEnding } from './usage.ts';

/** A subscription that may have to be renewed, and its customer, who is locked. */
export type Due = { readonly customer: Customer; readonly objectId: string };

/** What comes of a subscription whose period is over: its invoice, and the discounts that leave it with that. */
type Renewal = Renewable & Composed;

/**
 * Renews subscriptions of different customers whose earliest periods are over: what was used in them, what is licensed for
 * the next ones and what is pending become the draft of one invoice each, and the items that ended go on. Of several
 * periods that are over one is done; the next is due at once. Discounts that end or are used up leave the subscription.
 * Tells of each `customer.discount.deleted` of these, `customer.subscription.updated`, then `invoice.created`. It takes as
 * many statements for one subscription as for all.
 */
export async function renewSubscriptions(context: Context, due: readonly Due[]): Promise<void> {
  const living = await lockLiving(context, due);
  const isOver = ({ subscription }: Subscribed) =>
    !isHeld(subscription) &&
    !endsWithPeriod(subscription) &&
    Temporal.Instant.compare(currentPeriod(subscription).end, context.now) <= 0;
  // Another process renewed the others between the look and the lock.
  const early = living.filter((one) => !isOver(one)).map(({ subscription: same }) => ({ before: same, after: same }));
  await scheduleWork(context, early);
  const over = living.filter(isOver);
  if (over.length > 0) await renewTogether(context, over);
}

/** A trial ends otherwise than by a renewal, what is paused has no further period, and what is incomplete has none yet. */
function isHeld({ status }: Subscription): boolean {
  return status === 'trialing' || status === 'paused' || status === 'incomplete';
}

/** A locked subscription whose period is over, as it is to be billed. */
export type Renewable = Subscribed & {
  /** As it is stored, where it was changed in this moment, as at the end of a trial. */
  readonly stored?: Subscription;
  /** What becomes of it once it is in its next period, and discounts have left it with that; else that is all. */
  readonly next?: (renewed: Subscription, ended: readonly Discount[]) => Subscription;
};

/** Renews locked subscriptions of different customers, one period each, and answers them in their order. */
export async function renewTogether(context: Context, over: readonly Renewable[]): Promise<Subscription[]> {
  return await store(context, await compute(context, over));
}

/** The subscriptions of due work that have not ended, locked, with their customers. */
export async function lockLiving(context: Context, due: readonly Due[]): Promise<Subscribed[]> {
  const subscriptions = await lockSubscriptions(
    context,
    due.map(({ objectId }) => objectId),
  );
  const byId = new Map(subscriptions.map((subscription) => [subscription.id, subscription]));
  return due.flatMap(({ customer, objectId }) => {
    const subscription = byId.get(objectId);
    return subscription === undefined || hasEnded(subscription) ? [] : [{ customer, subscription }];
  });
}

async function compute(context: Context, over: readonly Renewable[]): Promise<Renewal[]> {
  const facts = await factsOfAll(context, over);
  const usage = await usageOfEnding(
    context,
    over.map(({ subscription }) => subscription),
  );
  const drafts = await withLateUsage(
    context,
    facts.map((own) => ({ ...own, draft: renewalInvoice(own, usage, context.now) })),
  );
  const composed = await composeInvoices(
    context,
    over.map(({ subscription }, place) => ({ subscription, draft: drafts[place] as InvoiceDraft })),
  );
  return over.map((one, place) => ({ ...one, ...(composed[place] as Composed) }));
}

async function store(context: Context, renewals: readonly Renewal[]): Promise<Subscription[]> {
  await markDropped(
    context,
    renewals.flatMap(({ ended }) => ended),
  );
  const changes = renewals.map(({ subscription, stored = subscription, next = asItIs, whole, ended }) => ({
    before: stored,
    after: next(renewed(subscription, { latestInvoiceId: whole.invoice.id, ended }), ended),
  }));
  await keepSubscriptions(context, changes);
  const toldOfSubscriptions = toldOfUpdates(context, changes);
  const toldOfInvoices = await createAllWithPending(context, renewals);
  const told = renewals.flatMap(({ ended }, place) => [
    ...toldOfDropped(ended),
    ...toldOfSubscriptions.slice(place, place + 1),
    ...toldOfInvoices.slice(place, place + 1),
  ]);
  await recordEvents(context, told);
  await settlePaused(context, renewals);
  return changes.map(({ after }) => after);
}

function asItIs(subscription: Subscription): Subscription {
  return subscription;
}
