import type { Customer } from '../../customers/customer.ts';
import { findDiscounts } from '../../invoices/discount.sql.ts';
import type { DiscountParams } from '../../invoices/invoice.params.ts';
import { foreseeDiscounts } from '../../invoices/redeem_discounts.ts';
import type { Context } from '../../stripe/context.ts';
import { currentPeriod } from '../../subscriptions/periods.ts';
import { findSchedules } from '../../subscriptions/schedule.sql.ts';
import { type Phase, phaseNow, renewedPhases, type Schedule } from '../../subscriptions/schedule.ts';
import { isBilling } from '../../subscriptions/settle_periods.ts';
import { isMetered, type Subscription } from '../../subscriptions/subscription.ts';
import { type ComputedChange, computeChange } from '../apply_change.ts';
import type { PlacedItem } from './items.ts';
import type { Wanted } from './subscription.ts';
import { addedParams } from './stored.ts';
import { anchored, billedTogether, isBilledApart, sortItems } from '../schedules/cross.ts';
import { redeemable } from '../schedules/phase.ts';
import { movesAnchor, planPhase } from '../schedules/terms.ts';

/** What the next invoice of a subscription has of the phase that begins before it, or with it. */
export type NextPhase = {
  /** As that invoice bills it. */
  readonly subscription: Subscription;
  /** Where the phase begins within the current period: what the change bills. */
  readonly change: ComputedChange | undefined;
  /** Those of the phase; undefined: the invoice has those of the subscription as it is. */
  readonly discounts: readonly DiscountParams[] | undefined;
  /** Those of its items, by item id. */
  readonly itemDiscounts: Wanted['discounts'];
  /** Charged once, as the phase begins. */
  readonly addedItems: readonly PlacedItem[];
};

/**
 * What becomes of a subscription on a schedule until its next invoice; undefined where its phase outlasts the current
 * period, or nothing is billed. The computation of what the schedule does by itself, stopped before anything is written.
 */
export async function readNextPhase(
  context: Context,
  customer: Customer,
  subscription: Subscription,
): Promise<NextPhase | undefined> {
  const schedule = await nextOf(context, subscription);
  const phase = schedule && phaseNow(schedule);
  const end = currentPeriod(subscription).end;
  if (schedule === undefined || phase === undefined || !isBilling(subscription)) return undefined;
  if (Temporal.Instant.compare(phase.start, end) > 0) return undefined;
  const then = { ...context, now: phase.start };
  const entering = { customer, subscription, schedule };
  const planned = await planPhase(then, entering, phase);
  const discounts = await redeemable(context, subscription, phase.discounts, subscription.discountIds);
  const itemDiscounts = await discountsOfItems(then, planned, phase);
  const told = { discounts, itemDiscounts, addedItems: phase.addedItems.map(placed) };
  if (!phase.start.equals(end)) {
    const change = await changeOf(then, entering, planned, phase, discounts);
    return { subscription: change.after, change, ...told };
  }
  const crossing = sortItems(subscription, anchored(then, entering, planned));
  if (isBilledApart(subscription, crossing.used, await staysDiscounted(context, subscription, discounts))) {
    const used = subscription.items.filter(({ price }) => isMetered(price));
    const kept = { discounts: undefined, itemDiscounts: new Map(), addedItems: [] };
    return { subscription: { ...subscription, items: used }, change: undefined, ...kept };
  }
  return { subscription: billedTogether(crossing), change: undefined, ...told };
}

async function discountsOfItems(
  context: Context,
  subscription: Subscription,
  { items }: Phase,
): Promise<NextPhase['itemDiscounts']> {
  const discounts = new Map<string, { wanted: DiscountParams[]; at: string }>();
  for (const { id, price, discountIds } of subscription.items) {
    const planned = items.find(({ priceId }) => priceId === price.id)?.discounts ?? [];
    discounts.set(id, { wanted: await redeemable(context, subscription, planned, discountIds), at: 'discounts' });
  }
  return discounts;
}

/** The schedule of a subscription in the phase after its current one; undefined where there is none. */
async function nextOf(context: Context, { scheduleId }: Subscription): Promise<Schedule | undefined> {
  const [schedule] = scheduleId === null ? [] : await findSchedules(context, [scheduleId]);
  if (schedule === undefined || schedule.currentPhase === null) return undefined;
  const phases = schedule.endBehavior === 'renew' ? renewedPhases(schedule) : schedule.phases;
  const next = schedule.currentPhase + 1;
  return next < phases.length ? { ...schedule, phases, currentPhase: next } : undefined;
}

async function changeOf(
  context: Context,
  entering: { readonly customer: Customer; readonly subscription: Subscription; readonly schedule: Schedule },
  planned: Subscription,
  phase: Phase,
  wanted: readonly DiscountParams[],
): Promise<ComputedChange> {
  const { customer, subscription: before } = entering;
  const current = await findDiscounts(context, before.discountIds);
  const target = {
    customerId: customer.id,
    currency: before.currency,
    amount: null,
    invoiceId: null,
    subscriptionId: before.id,
    subscriptionItemId: null,
    invoiceItemId: null,
  };
  const discounts = await foreseeDiscounts(context, target, current, wanted, 'discounts', []);
  return await computeChange(context, {
    customer,
    before,
    wanted: { ...planned, discountIds: discounts.map(({ id }) => id) },
    behavior: phase.prorationBehavior,
    anchor: movesAnchor(context, entering, planned) ? 'now' : 'unchanged',
    at: context.now,
    discounts,
  });
}

async function staysDiscounted(
  context: Context,
  { discountIds }: Subscription,
  wanted: readonly DiscountParams[],
): Promise<boolean> {
  const current = await findDiscounts(context, discountIds);
  const isKept = ({ coupon, discount, promotion_code: code }: DiscountParams, place: number) => {
    const own = current[place];
    return own !== undefined && (own.id === discount || (own.promotionCodeId ?? own.couponId) === (code ?? coupon));
  };
  return wanted.length === current.length && wanted.every(isKept);
}

function placed(item: Phase['addedItems'][number], index: number): PlacedItem {
  return { params: addedParams(item), at: `add_invoice_items[${index}]` };
}
