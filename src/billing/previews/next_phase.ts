import type { Customer } from '../../customers/customer.ts';
import { findDiscounts } from '../../invoices/discount.sql.ts';
import type { DiscountParams } from '../../invoices/invoice.params.ts';
import type { InvoiceItem } from '../../invoices/invoice_item.ts';
import { foreseeDiscounts } from '../../invoices/redeem_discounts.ts';
import type { Context } from '../../stripe/context.ts';
import { invalidRequest } from '../../stripe/errors.ts';
import { currentPeriod } from '../../subscriptions/periods.ts';
import { findSchedules } from '../../subscriptions/schedule.sql.ts';
import { type Phase, phaseNow, renewedPhases, type Schedule } from '../../subscriptions/schedule.ts';
import { isBilling } from '../../subscriptions/settle_periods.ts';
import { isMetered, type Subscription } from '../../subscriptions/subscription.ts';
import { type ComputedChange, computeChange } from '../apply_change.ts';
import { plannedItems } from './added.ts';
import type { PlannedItem } from './items.ts';
import type { Wanted } from './subscription.ts';
import { anchored, billedTogether, isBilledApart, periodBegun, sortItems } from '../schedules/cross.ts';
import { redeemable } from '../schedules/phase.ts';
import { type Entering, movesAnchor, planPhase } from '../schedules/terms.ts';
import { beginsTrial, endsNow, itemsOfTrial, trialing } from '../schedules/trial.ts';

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
  readonly addedItems: readonly PlannedItem[];
};

/**
 * What becomes of a subscription on a schedule until its next invoice; undefined where its phase outlasts the current
 * period, or nothing is billed. The computation of what the schedule does by itself, stopped before anything is written.
 * Throws where more than one phase has prorations before that invoice.
 */
export async function readNextPhase(
  context: Context,
  customer: Customer,
  subscription: Subscription,
): Promise<NextPhase | undefined> {
  let next: NextPhase | undefined;
  let entering: Entering | undefined = await nextOf(context, customer, subscription);
  while (entering !== undefined) {
    const phase: Phase = phaseOf(entering.schedule);
    const { end } = currentPeriod(entering.subscription);
    if (!isRunning(entering.subscription) || Temporal.Instant.compare(phase.start, end) > 0) return next;
    if ((next?.change?.items.length ?? 0) > 0) throw unservedPhases();
    const step: Step = await stepInto({ ...context, now: phase.start }, entering, phase);
    next = { ...step.next, addedItems: [...(next?.addedItems ?? []), ...step.next.addedItems] };
    if (step.isInvoiced) return next;
    entering = following({ ...entering, subscription: next.subscription });
  }
  return next;
}

/** What a phase makes of the next invoice, and whether that is made as the phase begins. */
type Step = { readonly next: NextPhase; readonly isInvoiced: boolean };

async function stepInto(then: Context, entering: Entering, phase: Phase): Promise<Step> {
  const { subscription } = entering;
  const planned = await planPhase(then, entering, phase);
  const discounts = await redeemable(then, subscription, phase.discounts, subscription.discountIds);
  const told = { discounts, itemDiscounts: await discountsOfItems(then, planned, phase) };
  if (beginsTrial(then, entering, phase)) return await stepIntoTrial(then, entering, phase, planned, told);
  if (!endsNow(then, subscription)) {
    const plain = await changeOf(then, entering, planned, phase, discounts);
    const addedItems = await plannedItems(then, subscription, phase, currentPeriod(plain.after));
    // What is charged once may alone be why there is an invoice.
    const added = addedItems.map(({ item }) => item);
    const { draft } = added.length === 0 ? plain : await changeOf(then, entering, planned, phase, discounts, added);
    const change = { ...plain, draft };
    return { next: { subscription: plain.after, change, addedItems, ...told }, isInvoiced: draft !== undefined };
  }
  const wanted = anchored(then, entering, planned);
  const crossing = sortItems(subscription, wanted);
  if (isBilledApart(subscription, crossing.used, await staysDiscounted(then, subscription, discounts))) {
    return usageAlone(subscription);
  }
  const addedItems = await plannedItems(then, subscription, phase, periodBegun(wanted));
  return {
    next: { subscription: billedTogether(crossing), change: undefined, addedItems, ...told },
    isInvoiced: true,
  };
}

/** A trial has no invoice of its own: what was used is billed where the period ends, else it becomes pending. */
async function stepIntoTrial(
  then: Context,
  entering: Entering,
  phase: Phase,
  planned: Subscription,
  told: Pick<NextPhase, 'discounts' | 'itemDiscounts'>,
): Promise<Step> {
  const { subscription } = entering;
  if (endsNow(then, subscription) && subscription.items.some(({ price }) => isMetered(price))) {
    return usageAlone(subscription);
  }
  const after = trialing(then, subscription, planned, phase);
  const items = await itemsOfTrial(then, entering, phase, after);
  const addedItems = await plannedItems(then, subscription, phase, currentPeriod(after));
  const change = { at: then.now, after, items, draft: undefined };
  return { next: { subscription: after, change, addedItems, ...told }, isInvoiced: false };
}

/** The invoice of what was used alone, with the discounts that it was used with. */
function usageAlone(subscription: Subscription): Step {
  const used = subscription.items.filter(({ price }) => isMetered(price));
  const kept = { discounts: undefined, itemDiscounts: new Map(), addedItems: [] };
  return { next: { subscription: { ...subscription, items: used }, change: undefined, ...kept }, isInvoiced: true };
}

/** Those whose current period ends with an invoice. */
function isRunning({ status }: Subscription): boolean {
  return status !== 'paused' && status !== 'incomplete';
}

function phaseOf(schedule: Schedule): Phase {
  const phase = phaseNow(schedule);
  if (phase === undefined) throw new Error('an active schedule is in a phase');
  return phase;
}

function unservedPhases() {
  return invalidRequest(
    'Usance can not show an invoice yet before which two phases begin that are prorated.',
    'subscription',
    'parameter_not_served',
  );
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

/** A subscription that is to enter the phase after its current one; undefined where there is none. */
async function nextOf(context: Context, customer: Customer, subscription: Subscription): Promise<Entering | undefined> {
  const { scheduleId } = subscription;
  const [schedule] = scheduleId === null ? [] : await findSchedules(context, [scheduleId]);
  return schedule && following({ customer, subscription, schedule });
}

function following({ schedule, ...others }: Entering): Entering | undefined {
  if (schedule.currentPhase === null) return undefined;
  const phases = schedule.endBehavior === 'renew' ? renewedPhases(schedule) : schedule.phases;
  const next = schedule.currentPhase + 1;
  return next < phases.length ? { ...others, schedule: { ...schedule, phases, currentPhase: next } } : undefined;
}

async function changeOf(
  context: Context,
  entering: Entering,
  planned: Subscription,
  phase: Phase,
  wanted: readonly DiscountParams[],
  added: readonly InvoiceItem[] = [],
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
    anchor: isBilling(before) && movesAnchor(context, entering, planned) ? 'now' : 'unchanged',
    at: context.now,
    discounts,
    added,
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
