import type { InvoiceItem } from '../../invoices/invoice_item.ts';
import { insertItems } from '../../invoices/invoice_item.sql.ts';
import { viewItem } from '../../invoices/invoice_item.view.ts';
import { recordEvent, recordEvents } from '../../events/record.ts';
import { ZERO } from '../../money/decimal.ts';
import type { Context } from '../../stripe/context.ts';
import { endsSoon, trialUntil } from '../../subscriptions/begin.ts';
import { keepUpdate } from '../../subscriptions/keep.ts';
import { currentPeriod } from '../../subscriptions/periods.ts';
import type { Phase } from '../../subscriptions/schedule.ts';
import { isBilling } from '../../subscriptions/settle_periods.ts';
import { isMetered, type Subscription } from '../../subscriptions/subscription.ts';
import { viewSubscription } from '../../subscriptions/subscription.view.ts';
import { computeChange } from '../apply_change.ts';
import { bill } from './cross.ts';
import { addPhaseItems } from './phase.ts';
import { type Entering, inPhase } from './terms.ts';

/** True where a phase makes a trial of a time to come that is none yet, or lets a trial end at another time. */
export function beginsTrial({ now }: Context, { subscription }: Entering, { trialEnd }: Phase): boolean {
  if (trialEnd === null || Temporal.Instant.compare(trialEnd, now) <= 0) return false;
  return subscription.status !== 'trialing' || subscription.trial?.end.equals(trialEnd) !== true;
}

/** True where all that is billed is at the end of its period. */
export function endsNow({ now }: Context, subscription: Subscription): boolean {
  const { items } = subscription;
  return (
    isBilling(subscription) && items.every(({ currentPeriod: { end } }) => Temporal.Instant.compare(end, now) <= 0)
  );
}

/**
 * Brings a subscription into a phase that is a trial: what was used is billed, what is paid beyond now is credited as the
 * phase says of prorations, and nothing is charged until the trial is over. Tells `customer.subscription.updated`, and
 * that the trial will end where that is near.
 */
export async function enterTrial(
  context: Context,
  entering: Entering,
  phase: Phase,
  { isNew } = { isNew: true },
): Promise<void> {
  const { customer, subscription: before } = entering;
  const wanted = trialing(context, before, await inPhase(context, entering), phase);
  const used = before.items.filter(({ price }) => isMetered(price));
  if (endsNow(context, before) && used.length > 0) {
    const next = ({ latestInvoiceId }: Subscription) => ({ ...wanted, latestInvoiceId });
    await bill(context, { customer, stored: before, subscription: { ...before, items: used }, next });
  } else {
    await giveBack(context, entering, phase, wanted);
    await keepUpdate(context, before, wanted);
  }
  if (isNew) await addPhaseItems(context, before, phase, currentPeriod(wanted));
  if (!endsSoon(wanted)) return;
  await recordEvent(context, 'customer.subscription.trial_will_end', viewSubscription(context, wanted));
}

/** A subscription as a phase makes a trial of it, which begins now unless it has begun; pure. */
export function trialing(
  { now }: Pick<Context, 'now'>,
  before: Subscription,
  wanted: Subscription,
  { trialEnd }: Phase,
): Subscription {
  if (trialEnd === null) throw new Error('a phase without trial begins none');
  const start = before.status === 'trialing' ? (before.trial?.start ?? now) : now;
  const trial = { start, end: trialEnd };
  const items = wanted.items.map((item) => ({ ...item, currentPeriod: trial, usageStartAt: null, billedUsage: ZERO }));
  return { ...wanted, ...trialUntil(trial, now), billingCycleAnchor: trialEnd, anchorConfig: null, items };
}

/** Credits what is paid beyond now, and closes what was used, as if the items were taken away. */
async function giveBack(context: Context, entering: Entering, phase: Phase, trial: Subscription): Promise<void> {
  const items = await itemsOfTrial(context, entering, phase, trial);
  await insertItems(context, items);
  await recordEvents(
    context,
    items.map((item) => ({ type: 'invoiceitem.created', object: viewItem(context, item) })),
  );
}

/** What becomes pending where a trial begins within a period, which counts what is used from now on. Nothing is written. */
export async function itemsOfTrial(
  context: Context,
  { customer, subscription: before }: Pick<Entering, 'customer' | 'subscription'>,
  phase: Phase,
  trial: Subscription,
): Promise<readonly InvoiceItem[]> {
  const { items } = await computeChange(context, {
    customer,
    before,
    wanted: { ...before, items: [] },
    countedBy: trial.items,
    behavior: phase.prorationBehavior,
    anchor: 'unchanged',
    at: context.now,
  });
  return items;
}
