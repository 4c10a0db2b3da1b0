import { invalidRequest } from '../stripe/errors.ts';
import { type Interval, periodContaining } from '../time/period.ts';
import type { Subscription } from './subscription.ts';

/** "Maximum of one year interval allowed", in whichever unit it is said. */
const MAX_INTERVAL_COUNT: Readonly<Record<Interval, number>> = { day: 365, week: 52, month: 12, year: 1 };

type Wanted = { readonly interval: Interval; readonly interval_count?: number | undefined };

/**
 * A subscription whose pending items are invoiced so often between renewals, counted from the billing cycle anchor; null:
 * not at all. Throws for an interval of more than a year.
 */
export function withPendingInterval(
  subscription: Subscription,
  wanted: Wanted | null | undefined,
  now: Temporal.Instant,
): Subscription {
  if (wanted === undefined) return subscription;
  if (wanted === null) return { ...subscription, pendingItemInterval: null, pendingItemsDueAt: null };
  const { interval, interval_count: intervalCount = 1 } = wanted;
  if (intervalCount > MAX_INTERVAL_COUNT[interval]) {
    throw invalidRequest(
      '`pending_invoice_item_interval` must be at most one year (1 year, 12 months, 52 weeks or 365 days).',
      'pending_invoice_item_interval[interval_count]',
    );
  }
  return dueAfter({ ...subscription, pendingItemInterval: { interval, intervalCount } }, now);
}

/** The same subscription, whose pending items are to be invoiced when the interval that contains `now` is over. */
export function dueAfter(subscription: Subscription, now: Temporal.Instant): Subscription {
  const { billingCycleAnchor, pendingItemInterval } = subscription;
  if (pendingItemInterval === null) return subscription;
  return { ...subscription, pendingItemsDueAt: periodContaining(billingCycleAnchor, pendingItemInterval, now).end };
}
