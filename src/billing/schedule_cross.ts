import type { Customer } from '../customers/customer.ts';
import { recordEvents } from '../events/record.ts';
import type { Discount } from '../invoices/discount.ts';
import { asInvoice } from '../invoices/draft.ts';
import { ZERO } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { inheritDiscounts, markDropped, toldOfDropped, withoutDiscounts } from '../subscriptions/discounts.ts';
import { keepSubscriptions, keepUpdate, toldOfUpdates } from '../subscriptions/keep.ts';
import { nextPeriod } from '../subscriptions/periods.ts';
import { renewed } from '../subscriptions/renew.ts';
import type { Phase } from '../subscriptions/schedule.ts';
import { isMetered, type Subscription, type SubscriptionItem } from '../subscriptions/subscription.ts';
import { renewalInvoice } from './charges.ts';
import { factsOf } from './facts.ts';
import { createAllWithPending, withPending } from './pending_items.ts';
import { addPhaseItems } from './schedule_phase.ts';
import { type Entering, inPhase, movesAnchor } from './schedule_terms.ts';
import { usageOfEnding } from './usage.ts';

/**
 * Renews a subscription into a phase that begins where its periods end: what was used is billed by the phase that is over,
 * what is licensed by the one that begins. A flexible subscription has one invoice of both; a classic one has two, where
 * anything was metered, and so has a flexible one whose discounts change, so that usage has those of its own time.
 */
export async function crossIntoPhase(context: Context, entering: Entering, phase: Phase): Promise<void> {
  const { customer, subscription: before } = entering;
  const crossing = sortItems(before, anchored(context, entering, await inPhase(context, entering)));
  const { wanted, used } = crossing;
  const isApart = before.billingMode === 'classic' || !isSame(before.discountIds, wanted.discountIds);
  if (used.length === 0 || !isApart) {
    await addPhaseItems(context, before, phase);
    await billTogether(context, customer, before, crossing);
    return;
  }
  const billed = await billUsage(context, customer, before, crossing);
  await addPhaseItems(context, before, phase);
  await billLicensed(context, customer, billed);
}

function anchored(context: Context, entering: Entering, wanted: Subscription): Subscription {
  if (!movesAnchor(context, entering, wanted)) return wanted;
  return { ...wanted, billingCycleAnchor: context.now, anchorConfig: null };
}

/** The items on both sides of a boundary. */
type Crossing = {
  readonly wanted: Subscription;
  /** Metered ones whose period is over. */
  readonly used: readonly SubscriptionItem[];
  /** Metered ones of the new phase alone: they have nothing to bill yet, and are in the period that begins. */
  readonly joining: readonly SubscriptionItem[];
};

function sortItems(before: Subscription, wanted: Subscription): Crossing {
  const old = new Set(before.items.map(({ id }) => id));
  const joining = wanted.items.filter(({ id, price }) => !old.has(id) && isMetered(price));
  return {
    wanted,
    used: before.items.filter(({ price }) => isMetered(price)),
    joining: joining.map((item) => ({ ...item, currentPeriod: nextPeriod(wanted, item) })),
  };
}

/** One invoice of what was used and of what is licensed next. */
async function billTogether(
  context: Context,
  customer: Customer,
  stored: Subscription,
  { wanted, used, joining }: Crossing,
): Promise<void> {
  const added = new Set(joining.map(({ id }) => id));
  const staying = wanted.items.filter(({ id }) => !added.has(id));
  const kept = new Set(staying.map(({ id }) => id));
  const leaving = used.filter(({ id }) => !kept.has(id));
  const next = (after: Subscription) => ({
    ...after,
    items: inOrder([...after.items.filter(({ id }) => kept.has(id)), ...joining]),
  });
  const billed = { ...wanted, items: inOrder([...staying, ...leaving]) };
  if (billed.items.length === 0) await keepUpdate(context, stored, next(wanted));
  else await bill(context, customer, { stored, billed, next });
}

/** Bills the usage of the phase that is over by itself; what is licensed is left at the end of its period. */
async function billUsage(
  context: Context,
  customer: Customer,
  stored: Subscription,
  { wanted, used, joining }: Crossing,
): Promise<Subscription> {
  const next = ({ latestInvoiceId }: Subscription, ended: readonly Discount[]): Subscription => {
    const others = new Map(joining.map((item) => [item.id, item]));
    const items = wanted.items.map((item) => {
      if (!isMetered(item.price)) return item;
      const fresh = { ...item, currentPeriod: nextPeriod(wanted, item), usageStartAt: null, billedUsage: ZERO };
      return others.get(item.id) ?? fresh;
    });
    return withoutDiscounts({ ...wanted, latestInvoiceId, items }, ended);
  };
  return await bill(context, customer, { stored, billed: { ...stored, items: used }, next });
}

/** Bills what is licensed in the phase that begins. */
async function billLicensed(context: Context, customer: Customer, stored: Subscription): Promise<void> {
  const licensed = stored.items.filter(({ price }) => !isMetered(price));
  if (licensed.length === 0) return;
  const metered = stored.items.filter(({ price }) => isMetered(price));
  const next = (after: Subscription) => ({ ...after, items: inOrder([...after.items, ...metered]) });
  await bill(context, customer, { stored, billed: { ...stored, items: licensed }, next });
}

type Billing = {
  readonly stored: Subscription;
  /** What the invoice is of: items whose period is over. */
  readonly billed: Subscription;
  /** What becomes of the subscription, given the billed one in its next period and the discounts that have ended with that. */
  readonly next: (renewed: Subscription, ended: readonly Discount[]) => Subscription;
};

/** Makes the invoice of a period that is over, as a renewal does; tells the same. */
async function bill(context: Context, customer: Customer, { stored, billed, next }: Billing): Promise<Subscription> {
  const facts = await factsOf(context, customer, billed);
  const draft = renewalInvoice(facts, await usageOfEnding(context, [billed]), context.now);
  const pending = await withPending(context, asInvoice(draft));
  const { whole, ended } = await inheritDiscounts(context, billed, pending.whole);
  await markDropped(context, ended);
  const after = next(renewed(billed, { latestInvoiceId: whole.invoice.id, ended }), ended);
  const changes = [{ before: stored, after }];
  await keepSubscriptions(context, changes);
  const created = await createAllWithPending(context, [{ ...pending, whole }]);
  await recordEvents(context, [...toldOfDropped(ended), ...toldOfUpdates(context, changes), ...created]);
  return after;
}

/** As subscriptions have them: oldest first. */
function inOrder(items: readonly SubscriptionItem[]): SubscriptionItem[] {
  return items.toSorted((a, b) => Temporal.Instant.compare(a.createdAt, b.createdAt) || (a.id < b.id ? -1 : 1));
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, place) => id === b[place]);
}
