import { armDue } from '../clocks/due_work.sql.ts';
import type { Queryable } from '../db/pool.ts';
import type { RecentUsage } from '../metering/recent_usage.ts';
import type { Context } from '../stripe/context.ts';
import { hasEnded, type Subscription } from '../subscriptions/subscription.ts';
import { hasThresholds } from '../subscriptions/thresholds.ts';
import { findWatched, findWatchedOnClock, type Watched } from '../subscriptions/watched.sql.ts';

/**
 * Has the thresholds of those subscriptions checked whose customers used something since the last time. Usage without a
 * time of its own happens in the second in which it is received, so it lies in the past a second later.
 */
export async function watchUsage(db: Queryable, recent: RecentUsage, now: Temporal.Instant): Promise<void> {
  const customers = recent.take();
  if (customers?.length === 0) return;
  await arm(db, await findWatched(db, customers), secondAfter(now));
}

/** The same for all subscriptions in wall time: makes up for what a process had counted and not yet told when it died. */
export async function watchAll(db: Queryable, now: Temporal.Instant): Promise<void> {
  await arm(db, await findWatched(db, null), secondAfter(now));
}

/**
 * The same for all on a clock that sets out. What was used while it stood was used at its time or before, so a second
 * later it is judged, however far the clock goes, and in however many steps.
 */
export async function watchClock(
  db: Queryable,
  accountId: string,
  { id, frozenAt }: { readonly id: string; readonly frozenAt: Temporal.Instant },
): Promise<void> {
  await arm(db, await findWatchedOnClock(db, accountId, id), secondAfter(frozenAt));
}

/** The same of a subscription that is new or has changed: what it had used before may be enough now. */
export async function watchSubscription({ db, account, now }: Context, subscription: Subscription): Promise<void> {
  if (!hasThresholds(subscription) || hasEnded(subscription)) return;
  const { id: subscriptionId, customerId, testClockId } = subscription;
  await arm(db, [{ accountId: account.id, subscriptionId, customerId, testClockId }], secondAfter(now));
}

function secondAfter(at: Temporal.Instant): Temporal.Instant {
  return at.add({ seconds: 1 });
}

async function arm(db: Queryable, watched: readonly Watched[], dueAt: Temporal.Instant): Promise<void> {
  await armDue(
    db,
    watched.map(({ accountId, subscriptionId: objectId, customerId, testClockId }) => ({
      accountId,
      work: { kind: 'check_thresholds', objectId, customerId, testClockId, dueAt },
    })),
  );
}
