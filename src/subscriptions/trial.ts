import { ZERO } from '../money/decimal.ts';
import { trialUntil } from './begin.ts';
import type { Subscription } from './subscription.ts';

/** A subscription in the moment in which its trial ends, with its periods counted as its settings say; pure. */
export function atEndOfTrial(subscription: Subscription): Subscription {
  const { trial, trialSettings } = subscription;
  if (trial === null || trialSettings.billingCycleAnchor !== 'now') return subscription;
  return { ...subscription, billingCycleAnchor: trial.end, anchorConfig: null };
}

/**
 * A subscription in a trial, from now on where it is in none, that is to end at another time; pure. Its periods are then counted from there, unless its
 * settings leave the anchor as it is. With an end that is now it is still in the trial: what follows is for the caller.
 */
export function withTrialEnd(subscription: Subscription, end: Temporal.Instant, now: Temporal.Instant): Subscription {
  const { trialSettings } = subscription;
  const trial = { start: subscription.trial?.start ?? now, end };
  const keepsAnchor = trialSettings.billingCycleAnchor === 'unchanged';
  return {
    ...subscription,
    ...trialUntil(trial, now),
    ...(keepsAnchor ? {} : { billingCycleAnchor: end, anchorConfig: null }),
    freeUntil: null,
    items: subscription.items.map((item) => ({ ...item, currentPeriod: trial, usageStartAt: null, billedUsage: ZERO })),
  };
}
