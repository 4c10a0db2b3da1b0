import { setDue } from '../clocks/due_work.sql.ts';
import type { Customer } from '../customers/customer.ts';
import type { Discount } from '../invoices/discount.ts';
import { asInvoice, type InvoiceDraft } from '../invoices/draft.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import type { InvoiceItem } from '../invoices/invoice_item.ts';
import { insertItems } from '../invoices/invoice_item.sql.ts';
import { viewItem } from '../invoices/invoice_item.view.ts';
import { recordEvents, type Told } from '../events/record.ts';
import { type Decimal, ZERO } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { inheritAllDiscounts, markDropped, toldOfDropped, withoutDiscounts } from '../subscriptions/discounts.ts';
import { keepSubscriptions, toldOfUpdates } from '../subscriptions/keep.ts';
import { currentPeriod, endsWithPeriod, usagePeriod } from '../subscriptions/periods.ts';
import { renewed } from '../subscriptions/renew.ts';
import { isBeforeBilling } from '../subscriptions/settle_periods.ts';
import type { Subscription, SubscriptionItem } from '../subscriptions/subscription.ts';
import { hasThresholds, reachedBy } from '../subscriptions/thresholds.ts';
import { type Facts, renewalInvoice, usageInvoice } from './charges.ts';
import { type Composed, composeInvoices } from './compose.ts';
import { creditsOfEnding } from './ending_now.ts';
import { factsOfAll } from './facts.ts';
import { settlePaused } from './pause_collection.ts';
import { discardUpdate } from './pending_updates/discard.ts';
import { createAllWithPending } from './pending_items.ts';
import { type Due, lockLiving } from './renew.ts';
import { usageOf } from './usage.ts';

/** "Billing thresholds are not evaluated during the 24 hours prior to a subscription's period ending." */
const BLIND_HOURS = 24;

/** What is computed of a subscription: its usage so far, by item id. */
type Checked = { readonly facts: Facts; readonly usage: ReadonlyMap<string, Decimal> };

type Reached = NonNullable<ReturnType<typeof reachedBy>>;

/** A subscription that has reached a threshold, as it goes on, and the invoice of that. */
type Passed = {
  readonly customer: Customer;
  readonly before: Subscription;
  readonly after: (invoice: Composed) => Subscription;
  readonly draft: InvoiceDraft;
  readonly reached: Reached;
  /** Its periods start anew, so what is not used of what was paid for them is given back. */
  readonly isReset: boolean;
};

/**
 * Looks at the usage of subscriptions of different customers that have thresholds, and invoices what is not billed of it where
 * one is reached: the draft of an invoice like all others, whose usage stays as it is now. Tiers go on from where they are,
 * until the period ends or, where the threshold resets the billing cycle anchor, starts anew: then what is licensed is given
 * back to the second and billed for the new period. Tells `customer.subscription.updated`, then `invoice.created`.
 */
export async function checkThresholds(context: Context, due: readonly Due[]): Promise<void> {
  const living = (await lockLiving(context, due)).filter(({ subscription }) => isWatched(subscription, context.now));
  if (living.length === 0) return;
  const allFacts = await factsOfAll(context, living);
  const usage = await usageOf(
    context,
    living.flatMap(({ subscription }) => usageWanted(subscription, context.now)),
  );
  const drafts = allFacts.map((facts) => ({ facts, whole: asInvoice(draftSoFar({ facts, usage }, context.now)) }));
  const owed = await inheritAllDiscounts(
    context,
    drafts.map(({ facts: { subscription }, whole }) => ({ subscription, whole })),
  );
  const passed = allFacts.flatMap((facts, place): Passed[] => {
    const { invoice } = (owed[place] as { whole: WholeInvoice }).whole;
    const reached = reachedBy(facts.subscription, invoice.totalExcludingTax, (item) => unbilled(item, usage));
    return reached === null ? [] : [pass({ facts, usage }, reached, context.now)];
  });
  const free = await withoutPending(context, passed);
  if (free.length > 0) await store(context, free);
}

/** Those that have reached a threshold give up what is pending; while that is being paid, it is looked at again. */
async function withoutPending(context: Context, all: readonly Passed[]): Promise<Passed[]> {
  const free = [];
  for (const one of all) {
    const { before, after, customer } = one;
    const { id: objectId, customerId } = before;
    const given = await discardUpdate(context, before, 'expired');
    if (given === null) {
      const dueAt = context.now.add({ minutes: 1 });
      await setDue(context, {
        kind: 'check_thresholds',
        objectId,
        customerId,
        testClockId: customer.testClockId,
        dueAt,
      });
    } else {
      free.push({ ...one, before: given, after: (invoice: Composed) => ({ ...after(invoice), pendingUpdate: null }) });
    }
  }
  return free;
}

/** Thresholds hold while time that passes is charged, up to the last day of a period. */
function isWatched(subscription: Subscription, now: Temporal.Instant): boolean {
  if (subscription.status !== 'active' && subscription.status !== 'past_due') return false;
  const { end } = currentPeriod(subscription);
  return hasThresholds(subscription) && Temporal.Instant.compare(now, end.subtract({ hours: BLIND_HOURS })) < 0;
}

/** Where the period is to end now, what is used later is of the next. */
function usageWanted(subscription: Subscription, now: Temporal.Instant) {
  const { customerId, items } = resets(subscription, now) ? endingNow(subscription, now) : subscription;
  return items.map((item) => ({ customerId, item, period: usagePeriod(item) }));
}

/**
 * Whether its billing cycle starts anew, as with an anchor of now. Where none is to follow the period that does not put the end
 * off, and where the next is agreed on it does not come earlier.
 */
function resets(subscription: Subscription, now: Temporal.Instant): boolean {
  if (endsWithPeriod(subscription) || isBeforeBilling(subscription, now)) return false;
  return subscription.thresholds?.resetsAnchor === true;
}

/** A subscription whose periods end now and are counted from now on. */
function endingNow(subscription: Subscription, now: Temporal.Instant): Subscription {
  const items = subscription.items.map((item) => ({
    ...item,
    currentPeriod: { start: item.currentPeriod.start, end: now },
  }));
  return { ...subscription, items, billingCycleAnchor: now, anchorConfig: null };
}

function unbilled({ id, billedUsage }: SubscriptionItem, usage: ReadonlyMap<string, Decimal>): Decimal {
  return (usage.get(id) ?? ZERO).minus(billedUsage);
}

/** What of the usage so far is not billed. An item without any is left to the end of the period, with its flat fee. */
function draftSoFar({ facts, usage }: Checked, now: Temporal.Instant): InvoiceDraft {
  const { subscription } = facts;
  const items = subscription.items.filter((item) => item.quantity === null && unbilled(item, usage).gt(ZERO));
  const timing = {
    billingReason: 'subscription_threshold',
    period: { start: currentPeriod(subscription).start, end: now },
    createdAt: now,
  } as const;
  return usageInvoice(facts, items, usage, timing);
}

function pass({ facts, usage }: Checked, reached: Reached, now: Temporal.Instant): Passed {
  const { subscription: before, customer } = facts;
  if (resets(before, now)) {
    const subscription = endingNow(before, now);
    const after = ({ whole, ended }: Composed) => renewed(subscription, { latestInvoiceId: whole.invoice.id, ended });
    const draft = renewalInvoice({ ...facts, subscription }, usage, now, 'subscription_threshold');
    return { customer, before, after, draft, reached, isReset: true };
  }
  const items = before.items.map((item) =>
    unbilled(item, usage).gt(ZERO) ? { ...item, billedUsage: usage.get(item.id) ?? ZERO } : item,
  );
  const after = ({ whole, ended }: Composed) => ({
    ...withoutDiscounts({ ...before, items }, ended),
    latestInvoiceId: whole.invoice.id,
  });
  return { customer, before, after, draft: draftSoFar({ facts, usage }, now), reached, isReset: false };
}

/** The credits of those whose periods start anew, pending from now on, so that their invoices have them. */
async function giveBack(context: Context, all: readonly Passed[]): Promise<InvoiceItem[]> {
  const credits: InvoiceItem[] = [];
  for (const { customer, before } of all.filter(({ isReset }) => isReset)) {
    credits.push(...(await creditsOfEnding(context, customer, before)));
  }
  await insertItems(context, credits);
  return credits;
}

async function store(context: Context, all: readonly Passed[]): Promise<void> {
  const credits = await giveBack(context, all);
  const composed = await composeInvoices(
    context,
    all.map(({ before: subscription, draft }) => ({ subscription, draft })),
  );
  const billed = composed.map((one, place) => withReason(one, (all[place] as Passed).reached));
  await markDropped(
    context,
    billed.flatMap(({ ended }): readonly Discount[] => ended),
  );
  const changes = all.map(({ before, after }, place) => ({ before, after: after(billed[place] as Composed) }));
  await keepSubscriptions(context, changes);
  const updates = toldOfUpdates(context, changes);
  const created = await createAllWithPending(context, billed);
  const told = billed.flatMap(({ ended }, place): Told[] => [
    ...toldOfDropped(ended),
    ...updates.slice(place, place + 1),
    ...created.slice(place, place + 1),
  ]);
  const given = credits.map((item) => ({ type: 'invoiceitem.created', object: viewItem(context, item) }));
  await recordEvents(context, [...given, ...told]);
  await settlePaused(
    context,
    all.map(({ customer, before: subscription }, place) => ({
      customer,
      subscription,
      whole: (billed[place] as Composed).whole,
    })),
  );
}

function withReason({ whole, ...rest }: Composed, { amount, items }: Reached): Composed {
  const linesOf = ({ id }: SubscriptionItem) =>
    whole.lines.filter((line) => line.subscriptionItemId === id && line.invoiceItemId === null).map((line) => line.id);
  const reasons = items.map((item) => ({ lineIds: linesOf(item), usage: item.thresholdUsage ?? 0n }));
  const thresholdReason = { amount, items: reasons };
  return { ...rest, whole: { ...whole, invoice: { ...whole.invoice, thresholdReason } } };
}
