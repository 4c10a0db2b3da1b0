import type { DueKind } from '../clocks/due_work.ts';
import { setAllDue } from '../clocks/due_work.sql.ts';
import type { Scope } from '../db/scope.ts';
import { INCOMPLETE_HOURS } from '../limits.ts';
import { currentPeriod, endsWithPeriod } from './periods.ts';
import { hasEnded, type Subscription } from './subscription.ts';

/** What waits for its time with a subscription, by kind; what is left out never comes. Pure, and all that there is to know. */
function dueTimesOf(subscription: Subscription): ReadonlyMap<DueKind, Temporal.Instant> {
  const times = new Map<DueKind, Temporal.Instant>();
  if (hasEnded(subscription)) return times;
  const { resumption, status, trial, trialNoticeAt, cancelAt, pendingItemsDueAt } = subscription;
  if (cancelAt !== null) times.set('cancel_subscription', cancelAt);
  if (status === 'incomplete') return times.set('expire_incomplete', incompleteUntil(subscription));
  const resumesAt = subscription.pauseCollection?.resumesAt ?? null;
  if (resumesAt !== null) times.set('resume_collection', resumesAt);
  // An attempt to pay ends the wait of those that wait for one.
  if (resumption?.waitsFor === 'attempt') times.set('expire_resumption', resumption.expiresAt);
  if (status === 'paused') return times;
  if (pendingItemsDueAt !== null) times.set('bill_pending_items', pendingItemsDueAt);
  if (trialNoticeAt !== null) times.set('trial_will_end', trialNoticeAt);
  if (endsWithPeriod(subscription)) return times;
  if (status === 'trialing' && trial !== null) times.set('end_trial', trial.end);
  else times.set('renew_subscription', currentPeriod(subscription).end);
  return times;
}

/** Until when the first invoice of a subscription that waits for it can be paid. */
export function incompleteUntil({ createdAt }: Pick<Subscription, 'createdAt'>): Temporal.Instant {
  return createdAt.add({ hours: INCOMPLETE_HOURS });
}

/** A subscription as it was (null: it is new) and as it is now. */
export type SubscriptionChange = { readonly before: Subscription | null; readonly after: Subscription };

/** Sets the due work of subscriptions by what they are now, by a statement or two for all of them. */
export async function scheduleWork(scope: Scope, changes: readonly SubscriptionChange[]): Promise<void> {
  const work = changes.flatMap(({ before, after }) => {
    const { id: objectId, customerId, testClockId } = after;
    const times = dueTimesOf(after);
    const gone = [...(before === null ? [] : dueTimesOf(before).keys())].filter((kind) => !times.has(kind));
    const of = { objectId, customerId, testClockId };
    // What is due now is set again as well: who does due work has taken its row away.
    return [
      ...[...times].map(([kind, dueAt]) => ({ ...of, kind, dueAt })),
      ...gone.map((kind) => ({ ...of, kind, dueAt: null })),
    ];
  });
  await setAllDue(scope, work);
}
