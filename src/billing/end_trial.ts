import type { Customer } from '../customers/customer.ts';
import { recordEvents } from '../events/record.ts';
import { stopInvoices } from '../invoices/finalize.ts';
import type { Context } from '../stripe/context.ts';
import { scheduleWork } from '../subscriptions/due.ts';
import { keepSubscriptions, toldOfUpdates } from '../subscriptions/keep.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { viewSubscription } from '../subscriptions/subscription.view.ts';
import { atEndOfTrial } from '../subscriptions/trial.ts';
import type { Subscribed } from './facts.ts';
import { type Due, lockLiving, renewTogether } from './renew.ts';

/** Tells of trials that end soon: `customer.subscription.trial_will_end`, once for each end that a trial is given. */
export async function announceTrials(context: Context, due: readonly Due[]): Promise<void> {
  const subscriptions = (await lockLiving(context, due)).map(({ subscription }) => subscription);
  const isDue = ({ trialNoticeAt: at }: Subscription) => at !== null && Temporal.Instant.compare(at, context.now) <= 0;
  const changes = subscriptions.map((before) => {
    return { before, after: isDue(before) ? { ...before, trialNoticeAt: null } : before };
  });
  await keepSubscriptions(context, changes);
  await recordEvents(
    context,
    changes
      .filter(({ before, after }) => before !== after)
      .map(({ after: object }) => told(context, 'customer.subscription.trial_will_end', object)),
  );
}

/**
 * Ends trials whose time is over. A subscription goes on as active, with the draft of an invoice for its first paid period;
 * one that is charged automatically and has nothing to be charged to is canceled or paused, where its settings say so.
 */
export async function endTrials(context: Context, due: readonly Due[]): Promise<void> {
  const living = await lockLiving(context, due);
  const isOver = ({ subscription: { status, trial } }: Subscribed) =>
    status === 'trialing' && trial !== null && Temporal.Instant.compare(trial.end, context.now) <= 0;
  // Somebody gave the others more time between the look and the lock.
  const early = living.filter((one) => !isOver(one)).map(({ subscription: same }) => ({ before: same, after: same }));
  await scheduleWork(context, early);
  const over = living.filter(isOver);
  const { cancel = [], pause = [], create_invoice: paid = [] } = Object.groupBy(over, outcomeOf);
  await cancelAll(context, cancel.map(unchanged));
  await pauseAll(context, pause.map(unchanged));
  if (paid.length > 0) await renewTogether(context, paid.map(goingOn));
}

function unchanged({ subscription }: Subscribed) {
  return { before: subscription, ending: subscription };
}

type Outcome = Subscription['trialSettings']['missingPaymentMethod'];

/** What becomes of a subscription whose trial ends. */
export function outcomeOf({ customer, subscription }: Subscribed): Outcome {
  return isChargeable(subscription, customer) ? 'create_invoice' : subscription.trialSettings.missingPaymentMethod;
}

/** Whether somebody would pay an invoice: it is sent, or there is what it is charged to. */
function isChargeable(subscription: Subscription, customer: Customer): boolean {
  const { collectionMethod, defaultPaymentMethodId } = subscription;
  if (collectionMethod === 'send_invoice') return true;
  return (defaultPaymentMethodId ?? customer.defaultPaymentMethodId) !== null;
}

function goingOn({ customer, subscription: stored }: Subscribed) {
  return { customer, stored, subscription: atEndOfTrial(stored) };
}

/** A locked subscription as it is stored, and as its trial leaves it. */
type Ending = { readonly before: Subscription; readonly ending: Subscription };

export async function cancelAll(context: Context, endings: readonly Ending[]): Promise<Subscription[]> {
  const { now } = context;
  const changes = endings.map(({ before, ending }) => {
    const after: Subscription = { ...ending, status: 'canceled', trialNoticeAt: null, canceledAt: now, endedAt: now };
    return { before, after };
  });
  await keepSubscriptions(context, changes);
  await recordEvents(
    context,
    changes.map(({ after }) => told(context, 'customer.subscription.deleted', after)),
  );
  for (const { before } of endings) await stopInvoices(context, { subscriptionId: before.id });
  return changes.map(({ after }) => after);
}

export async function pauseAll(context: Context, endings: readonly Ending[]): Promise<Subscription[]> {
  const pause = { at: context.now, reason: 'trial_end_without_payment_method' } as const;
  const changes = endings.map(({ before, ending }) => {
    const after: Subscription = { ...ending, status: 'paused', trialNoticeAt: null, pause };
    return { before, after };
  });
  await keepSubscriptions(context, changes);
  const updates = toldOfUpdates(context, changes);
  await recordEvents(
    context,
    changes.flatMap(({ after }, place) => [
      ...updates.slice(place, place + 1),
      told(context, 'customer.subscription.paused', after),
    ]),
  );
  return changes.map(({ after }) => after);
}

function told(context: Context, type: string, subscription: Subscription) {
  return { type, object: viewSubscription(context, subscription) };
}
