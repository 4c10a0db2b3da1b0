import { atTimeOf } from '../clocks/time.ts';
import type { Customer } from '../customers/customer.ts';
import { lockCustomer } from '../customers/customer.sql.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { changeFields, refuseEnded, requireSubscription } from '../subscriptions/change.ts';
import { type ChangedItems, changeItems, type NamedDiscounts } from '../subscriptions/change_items.ts';
import { changeItemDiscounts } from '../subscriptions/discounts.ts';
import { withEnding } from '../subscriptions/ending.ts';
import { createInlinePrice } from '../subscriptions/inline_price.ts';
import type { ItemChangeParams } from '../subscriptions/item.params.ts';
import { currentPeriod, endsWithPeriod } from '../subscriptions/periods.ts';
import { changeCollection, checkIntervals, checkTaxBehavior } from '../subscriptions/rules.ts';
import { hasExpired } from '../subscriptions/pending_update.ts';
import { refuseOwnEnding } from '../subscriptions/schedule_read.ts';
import { isBeforeBilling, isBilling, settlePeriods } from '../subscriptions/settle_periods.ts';
import { lockSubscription } from '../subscriptions/subscription.sql.ts';
import { hasEnded, type Subscription } from '../subscriptions/subscription.ts';
import type { PaymentBehavior, UpdateSubscriptionParams } from '../subscriptions/subscription.params.ts';
import { checkThresholds, requireThreshold } from '../subscriptions/thresholds.ts';
import { addedItems } from './added_items.ts';
import { applyChange, type Paying } from './apply_change.ts';
import type { ProrationBehavior } from './change_plan.ts';
import { changeTrial } from './change_trial.ts';
import { endSubscriptions } from './end_due.ts';
import { askedOf, checkEntry, checkPendable, checkSupported } from './pending_updates/check.ts';
import { giveUpUpdate } from './pending_updates/discard.ts';
import type { Asked } from './pending_updates/make.ts';
import { renewSubscriptions } from './renew.ts';
import { catchUp } from './schedules/advance.ts';
import type { PaidBy, Subscribed } from './subscribe.ts';

/** A locked subscription and its locked customer, in the customer's time. */
type Locked = {
  readonly context: Context;
  readonly customer: Customer;
  readonly subscription: Subscription;
};

/**
 * Locks a subscription to change it. A phase of its schedule or a period that is over ends first: in wall time that happens a moment after its
 * end, and what changes then is the next period; one that was to end with it has ended. Throws resource_missing.
 */
export async function lockToChange(requested: Context, id: string, param = 'id'): Promise<Locked> {
  const { customerId } = await requireSubscription(requested, id, param);
  const customer = await lockCustomer(requested, customerId);
  if (customer === undefined) throw resourceMissing('customer', customerId, 'customer');
  for (;;) {
    const subscription = await lockSubscription(requested, id);
    if (subscription === undefined) throw resourceMissing('subscription', id, param);
    const context = await atTimeOf(requested, subscription.testClockId);
    if (hasExpired(subscription, context.now)) {
      await giveUpUpdate(context, subscription, 'expired');
      continue;
    }
    const { scheduleId } = subscription;
    if (scheduleId !== null && (await catchUp(context, customer, scheduleId))) continue;
    const isOver = Temporal.Instant.compare(currentPeriod(subscription).end, context.now) <= 0;
    if (!isOver || hasEnded(subscription) || !isBilling(subscription)) return { context, customer, subscription };
    const due = [{ customer, objectId: id }];
    await (endsWithPeriod(subscription) ? endSubscriptions(context, due) : renewSubscriptions(context, due));
  }
}

/**
 * Changes a subscription: fields, items, the anchor of its billing cycle, and what that bills. Answers it with the attempt
 * to pay, where it is invoiced at once. Tells what `applyChange` tells. Throws for what does not go together, and for
 * changes that a subscription of its status can't have.
 */
export async function updateSubscription(
  requested: Context,
  payments: Payments,
  id: string,
  params: UpdateSubscriptionParams,
  paidBy: PaidBy = null,
): Promise<Subscribed> {
  if (params.payment_behavior === 'pending_if_incomplete') checkSupported(params);
  const { context, customer, subscription } = await lockToChange(requested, id);
  const before = await makeRoom(context, customer, subscription, params);
  const { items: entries, billing_cycle_anchor: anchor } = params;
  const isBilled = [entries, anchor, params.add_invoice_items].some((given) => given !== undefined);
  if (isBilled) refuseUnbilled(before);
  refuseOwnEnding(before, params);
  if (anchor?.type === 'now' && params.trial_end === undefined) refuseReset(before, context);
  const at = prorationTime(context, before, params.proration_date);
  const fields = changeCollection(await changeFields(context, before, params), params, customer);
  const wanted = entries === undefined ? fields : await withItems(context, fields, { entries, at: 'items' });
  requireThreshold(params.billing_thresholds, wanted.items);
  if (params.billing_thresholds !== undefined || entries !== undefined) checkThresholds(wanted);
  const change = {
    customer,
    before,
    wanted,
    ending: (settled: Subscription) => withEnding(settled, params, context.now),
    behavior: params.proration_behavior ?? 'create_prorations',
    anchor: anchor?.type ?? 'unchanged',
    at,
    paying: payingOf(params, askedOf(params), paidBy),
  };
  const { after } = settlePeriods(before, change.wanted, { now: context.now, at }, change.anchor);
  const added = await addedItems(context, after, params.add_invoice_items ?? []);
  return await changeTrial(context, payments, params, { ...change, added });
}

type PayingParams = {
  readonly off_session?: boolean | undefined;
  readonly payment_behavior?: PaymentBehavior | undefined;
};

function payingOf(params: PayingParams, request: Asked, paidBy: PaidBy): Paying {
  const { payment_behavior: behavior = 'allow_incomplete', off_session: offSession } = params;
  return { behavior, offSession, paidBy, request };
}

/**
 * A locked subscription without what is pending for it, where a request wants something else of what that is about. What may
 * become pending takes its place. Throws where nothing can become pending, and while a payment of what is, is on its way.
 */
async function makeRoom(
  context: Context,
  customer: Customer,
  subscription: Subscription,
  params: PayingParams & Omit<UpdateSubscriptionParams, keyof PayingParams>,
): Promise<Subscription> {
  if (params.payment_behavior === 'pending_if_incomplete') await checkPendable(context, customer, subscription);
  const { pendingUpdate: update } = subscription;
  if (update === null) return subscription;
  const { items, billing_cycle_anchor: anchor, trial_end: trialEnd, cancel_at: at, collection_method: method } = params;
  const ending = params.cancel_at_period_end;
  const endsOtherwise = ending !== undefined && update.asked.ending && ending !== update.ending?.cancelAtPeriodEnd;
  const isOther = [items, anchor, trialEnd, at, method].some((given) => given !== undefined) || endsOtherwise;
  if (!isOther) return subscription;
  const how = params.payment_behavior === 'pending_if_incomplete' ? 'silently' : 'expired';
  return await giveUpUpdate(context, subscription, how);
}

/** Throws where a billing cycle can't start anew, since nothing is billed yet: the time until then would stay free. */
function refuseReset({ id, status, freeUntil }: Subscription, { now }: Context): void {
  if (isBilling({ status }) && !isBeforeBilling({ freeUntil }, now)) return;
  const how =
    status === 'trialing' ? 'End its trial with `trial_end=now` instead.' : 'Try again when its billing begins.';
  throw invalidRequest(
    `The billing cycle of the subscription ${id} can't start anew, as nothing is billed yet. ${how}`,
    'billing_cycle_anchor',
  );
}

/** One item that is added, changed or deleted, as the operations on items ask for it. */
export type ItemRequest = PayingParams & {
  readonly subscriptionId: string;
  readonly entry: ItemChangeParams;
  readonly behavior: ProrationBehavior | undefined;
  readonly prorationDate: Temporal.Instant | undefined;
};

/** Changes one item of a subscription; what is named in errors stands by itself in the request. */
export async function changeOneItem(
  requested: Context,
  payments: Payments,
  request: ItemRequest,
  paidBy: PaidBy = null,
): Promise<Subscribed> {
  const { subscriptionId, entry, behavior = 'create_prorations', prorationDate } = request;
  const param = entry.id === undefined ? 'subscription' : 'id';
  if (request.payment_behavior === 'pending_if_incomplete') checkEntry(entry);
  const { context, customer, subscription } = await lockToChange(requested, subscriptionId, param);
  const items = [entry];
  const before = await makeRoom(context, customer, subscription, { ...request, items });
  refuseUnbilled(before);
  const at = prorationTime(context, before, prorationDate);
  const wanted = await withItems(context, before, { entries: [entry], at: '' });
  checkThresholds(wanted);
  const paying = payingOf(request, askedOf({ items }), paidBy);
  return await applyChange(context, payments, { customer, before, wanted, behavior, anchor: 'unchanged', at, paying });
}

type Entries = { readonly entries: readonly ItemChangeParams[]; readonly at: string };

/** A locked subscription with its items as a request wants them; new discounts are redeemed. */
async function withItems(context: Context, subscription: Subscription, request: Entries): Promise<Subscription> {
  const { currency } = subscription;
  const changed = await changeItems(context, subscription, { ...request, currency, makePrice: createInlinePrice });
  const wanted = { ...subscription, items: changed.items };
  if (changed.items.length === 0) throw noItems(request.at);
  const prices = changed.items.map(({ price }) => price);
  checkIntervals(subscription.billingMode, prices);
  checkTaxBehavior(wanted);
  return await withDiscounts(context, wanted, changed);
}

async function withDiscounts(
  context: Context,
  subscription: Subscription,
  { items, discounts }: ChangedItems,
): Promise<Subscription> {
  const changed = [];
  for (const item of items) {
    const named: NamedDiscounts | undefined = discounts.get(item.id);
    if (named === undefined) changed.push(item);
    else changed.push(await changeItemDiscounts(context, subscription, item, named.wanted, null, named.at));
  }
  return { ...subscription, items: changed };
}

function noItems(at: string) {
  return invalidRequest(
    'A subscription must have at least one active item. To end the subscription, cancel it instead.',
    at === '' ? undefined : at,
  );
}

/** Throws for a subscription whose items can't change: one that has ended, or waits for its first payment. */
export function refuseUnbilled(subscription: Subscription): void {
  refuseEnded(subscription);
  if (subscription.status !== 'incomplete') return;
  throw invalidRequest(
    `The subscription ${subscription.id} is incomplete: its items can only change once its first invoice is paid.`,
  );
}

/** From when on prorations count: a time of the current period, as it was previewed. Throws for any other. */
export function prorationTime(
  { now }: Context,
  subscription: Subscription,
  wanted: Temporal.Instant | undefined,
  param = 'proration_date',
): Temporal.Instant {
  const { start, end } = currentPeriod(subscription);
  if (wanted === undefined) return now;
  const isInside = Temporal.Instant.compare(start, wanted) <= 0 && Temporal.Instant.compare(wanted, end) <= 0;
  if (isInside) return wanted;
  throw invalidRequest(
    `Invalid proration date: it must be within the current period of the subscription, from ${start.toString()} to ${end.toString()}.`,
    param,
  );
}
