import { currentPeriod, endsWithPeriod } from './periods.ts';
import { hasEnded, type Subscription } from './subscription.ts';

/**
 * When it is told that the invoice of the current period is coming, so many days before its end; pure. Null: never, because
 * nothing follows, nobody is to pay, it was told already, or the period is no longer than that.
 */
export function upcomingNoticeAt(subscription: Subscription, days: number | null): Temporal.Instant | null {
  const { status, pauseCollection, upcomingToldFor } = subscription;
  if (days === null || pauseCollection !== null || hasEnded(subscription) || endsWithPeriod(subscription)) return null;
  if (status === 'incomplete' || status === 'paused' || status === 'unpaid') return null;
  const { start, end } = currentPeriod(subscription);
  if (upcomingToldFor?.equals(end) === true) return null;
  const at = end.subtract({ hours: 24 * days });
  return Temporal.Instant.compare(start, at) < 0 ? at : null;
}

/** True where it is to be told now. */
export function isUpcomingDue(subscription: Subscription, days: number | null, now: Temporal.Instant): boolean {
  const at = upcomingNoticeAt(subscription, days);
  return at !== null && Temporal.Instant.compare(at, now) <= 0;
}
