import { ZERO } from '../money/decimal.ts';
import { cutShort, naturalPeriod } from '../time/period.ts';
import { recurrenceIn } from './periods.ts';
import type { Subscription } from './subscription.ts';

/** A paused subscription that goes on with periods of their own from now on; pure. */
export function resumedNow(subscription: Subscription, now: Temporal.Instant): Subscription {
  const { cancelAt, items } = subscription;
  return {
    ...subscription,
    status: 'active',
    pause: null,
    billingCycleAnchor: now,
    anchorConfig: null,
    freeUntil: null,
    items: items.map((item) => ({
      ...item,
      currentPeriod: cutShort(naturalPeriod(recurrenceIn(item), now), cancelAt),
      usageStartAt: null,
      billedUsage: ZERO,
    })),
  };
}
