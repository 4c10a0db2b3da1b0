import type { Customer } from '../../customers/customer.ts';
import type { Discount } from '../../invoices/discount.ts';
import { ZERO } from '../../money/decimal.ts';
import type { Context } from '../../stripe/context.ts';
import { withoutDiscounts } from '../../subscriptions/discounts.ts';
import { keepUpdate } from '../../subscriptions/keep.ts';
import { currentPeriod, nextPeriod } from '../../subscriptions/periods.ts';
import type { Phase } from '../../subscriptions/schedule.ts';
import { isMetered, type Subscription, type SubscriptionItem } from '../../subscriptions/subscription.ts';
import type { Period } from '../../time/period.ts';
import { type Renewable, renewTogether } from '../renew.ts';
import { addPhaseItems } from './phase.ts';
import { type Entering, inPhase, movesAnchor } from './terms.ts';

/**
 * Renews a subscription into a phase that begins where its periods end: what was used is billed by the phase that is over,
 * what is licensed by the one that begins. A flexible subscription has one invoice of both; a classic one has two, where
 * anything was metered, and so has a flexible one whose discounts change, so that usage has those of its own time.
 */
export async function crossIntoPhase(context: Context, entering: Entering, phase: Phase): Promise<void> {
  const { customer, subscription: before } = entering;
  const crossing = sortItems(before, anchored(context, entering, await inPhase(context, entering)));
  const { wanted, used } = crossing;
  if (!isBilledApart(before, used, isSame(before.discountIds, wanted.discountIds))) {
    await addPhaseItems(context, before, phase, periodBegun(wanted));
    await billTogether(context, customer, before, crossing);
    return;
  }
  const billed = await billUsage(context, customer, before, crossing);
  await addPhaseItems(context, before, phase, periodBegun(wanted));
  await billLicensed(context, customer, billed);
}

/** Whether what was used has an invoice of its own. */
export function isBilledApart(
  { billingMode }: Subscription,
  used: readonly SubscriptionItem[],
  hasSameDiscounts: boolean,
): boolean {
  return used.length > 0 && (billingMode === 'classic' || !hasSameDiscounts);
}

/** What all items have in common after a boundary at which the periods of all of them end. */
export function periodBegun(wanted: Subscription): Period {
  return currentPeriod({
    items: wanted.items.map((item) => ({ ...item, currentPeriod: nextPeriod(wanted, item) })),
  });
}

export function anchored(context: Context, entering: Entering, wanted: Subscription): Subscription {
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

export function sortItems(before: Subscription, wanted: Subscription): Crossing {
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
  const { staying } = sidesOf({ wanted, used, joining });
  const kept = new Set(staying.map(({ id }) => id));
  const next = (after: Subscription) => ({
    ...after,
    items: inOrder([...after.items.filter(({ id }) => kept.has(id)), ...joining]),
  });
  const billed = billedTogether({ wanted, used, joining });
  if (billed.items.length === 0) await keepUpdate(context, stored, next(wanted));
  else await bill(context, { customer, stored, subscription: billed, next });
}

function sidesOf({ wanted, used, joining }: Crossing) {
  const added = new Set(joining.map(({ id }) => id));
  const staying = wanted.items.filter(({ id }) => !added.has(id));
  const leaving = used.filter(({ id }) => staying.every((item) => item.id !== id));
  return { staying, leaving };
}

/** What the one invoice of a boundary is of: what is licensed in the new phase, and all that was used in the old one. */
export function billedTogether(crossing: Crossing): Subscription {
  const { staying, leaving } = sidesOf(crossing);
  return { ...crossing.wanted, items: inOrder([...staying, ...leaving]) };
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
  return await bill(context, { customer, stored, subscription: { ...stored, items: used }, next });
}

/** Bills what is licensed in the phase that begins. */
async function billLicensed(context: Context, customer: Customer, stored: Subscription): Promise<void> {
  const licensed = stored.items.filter(({ price }) => !isMetered(price));
  if (licensed.length === 0) return;
  const metered = stored.items.filter(({ price }) => isMetered(price));
  const next = (after: Subscription) => ({ ...after, items: inOrder([...after.items, ...metered]) });
  await bill(context, { customer, stored, subscription: { ...stored, items: licensed }, next });
}

/** Makes the invoice of a period that is over, as a renewal does; tells the same. */
export async function bill(context: Context, renewal: Renewable): Promise<Subscription> {
  const [renewed] = await renewTogether(context, [renewal]);
  if (renewed === undefined) throw new Error('one subscription was renewed');
  return renewed;
}

/** As subscriptions have them: oldest first. */
function inOrder(items: readonly SubscriptionItem[]): SubscriptionItem[] {
  return items.toSorted((a, b) => Temporal.Instant.compare(a.createdAt, b.createdAt) || (a.id < b.id ? -1 : 1));
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id, place) => id === b[place]);
}
