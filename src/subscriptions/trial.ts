import type { Subscription } from './subscription.ts';

/** A subscription in the moment in which its trial ends, with its periods counted as its settings say; pure. */
export function atEndOfTrial(subscription: Subscription): Subscription {
  const { trial, trialSettings } = subscription;
  if (trial === null || trialSettings.billingCycleAnchor !== 'now') return subscription;
  return { ...subscription, billingCycleAnchor: trial.end, anchorConfig: null };
}
