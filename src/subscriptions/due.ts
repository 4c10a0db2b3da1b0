import type { DueKind } from '../clocks/due_work.ts';
import { setAllDue } from '../clocks/due_work.sql.ts';
import type { Scope } from '../db/scope.ts';
import { INCOMPLETE_HOURS } from '../limits.ts';
import { currentPeriod, endsWithPeriod } from './periods.ts';
import { hasEnded, type Subscription } from './subscription.ts';
import { upcomingNoticeAt } from './upcoming.ts';
import { findUpcomingDays } from './upcoming.sql.ts';

/** What waits for its time with a subscription, by kind; what is left out never comes. Pure, and all that there is to know. */
function dueTimesOf(subscription: Subscription, upcomingDays: number | null): ReadonlyMap<DueKind, Temporal.Instant> {
  const times = new Map<DueKind, Temporal.Instant>();
  if (hasEnded(subscription)) return times;
  const { resumption, status, trialNoticeAt, cancelAt, pendingItemsDueAt } = subscription;
  if (cancelAt !== null) times.set('cancel_subscription', cancelAt);
  if (status === 'incomplete') return times.set('expire_incomplete', incompleteUntil(subscription));
  const resumesAt = subscription.pauseCollection?.resumesAt ?? null;
  if (resumesAt !== null) times.set('resume_collection', resumesAt);
  if (resumption !== null) times.set('expire_resumption', resumption.expiresAt);
  if (status === 'paused') return times;
  if (pendingItemsDueAt !== null) times.set('bill_pending_items', pendingItemsDueAt);
  if (trialNoticeAt !== null) times.set('trial_will_end', trialNoticeAt);
  const upcomingAt = upcomingNoticeAt(subscription, upcomingDays);
  if (upcomingAt !== null) times.set('tell_upcoming', upcomingAt);
  return withEndOfPeriod(times, subscription);
}

/** What comes with the end of the period; a change that waits for its payment is given up before, and everything else waits for that. */
function withEndOfPeriod(
  times: Map<DueKind, Temporal.Instant>,
  { status, trial, pendingUpdate, ...rest }: Subscription,
): ReadonlyMap<DueKind, Temporal.Instant> {
  if (pendingUpdate !== null) {
    times.delete('cancel_subscription');
    return times.set('expire_pending_update', pendingUpdate.expiresAt);
  }
  if (endsWithPeriod(rest)) return times;
  if (status === 'trialing' && trial !== null) return times.set('end_trial', trial.end);
  return times.set('renew_subscription', currentPeriod(rest).end);
}

/** Until when the first invoice of a subscription that waits for it can be paid. */
export function incompleteUntil({ createdAt }: Pick<Subscription, 'createdAt'>): Temporal.Instant {
  return createdAt.add({ hours: INCOMPLETE_HOURS });
}

type TimedScope = Scope & { readonly now: Temporal.Instant };

/** A notice whose time had passed before there was anything to tell is left out; one that is late is not. */
function withoutMissed(
  times: ReadonlyMap<DueKind, Temporal.Instant>,
  before: ReadonlyMap<DueKind, Temporal.Instant>,
  now: Temporal.Instant,
): ReadonlyMap<DueKind, Temporal.Instant> {
  const at = times.get('tell_upcoming');
  if (at === undefined || Temporal.Instant.compare(at, now) > 0) return times;
  if (before.get('tell_upcoming')?.equals(at) === true) return times;
  return new Map([...times].filter(([kind]) => kind !== 'tell_upcoming'));
}

/** A subscription as it was (null: it is new) and as it is now. */
export type SubscriptionChange = { readonly before: Subscription | null; readonly after: Subscription };

/** Sets the due work of subscriptions by what they are now, by a statement or two for all of them. */
export async function scheduleWork(scope: TimedScope, changes: readonly SubscriptionChange[]): Promise<void> {
  if (changes.length === 0) return;
  const days = await findUpcomingDays(scope);
  const work = changes.flatMap(({ before, after }) => {
    const { id: objectId, customerId, testClockId } = after;
    const past = before === null ? new Map<DueKind, Temporal.Instant>() : dueTimesOf(before, days);
    const times = withoutMissed(dueTimesOf(after, days), past, scope.now);
    const gone = [...past.keys()].filter((kind) => !times.has(kind));
    const of = { objectId, customerId, testClockId };
    // What is due now is set again as well: who does due work has taken its row away.
    return [
      ...[...times].map(([kind, dueAt]) => ({ ...of, kind, dueAt })),
      ...gone.map((kind) => ({ ...of, kind, dueAt: null })),
    ];
  });
  await setAllDue(scope, work);
}
