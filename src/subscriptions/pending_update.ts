import { INCOMPLETE_HOURS } from '../limits.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { keepingEnding } from './ending.ts';
import { currentPeriod } from './periods.ts';
import type { PendingUpdate, Subscription, SubscriptionItem } from './subscription.ts';

/**
 * A change as it waits for its invoice to be paid; pure. `after` is what the subscription would be if it were made now, at
 * `now`. It expires after 23 hours, or at the end of the trial or the earliest end of a period, where these come before.
 */
export function pendingUpdateOf(
  before: Subscription,
  after: Subscription,
  details: Pick<PendingUpdate, 'asked' | 'endedDiscountIds' | 'invoiceId' | 'metadata'>,
  now: Temporal.Instant,
): PendingUpdate {
  const { cancelAt, cancelAtPeriodEnd, canceledAt, cancellation } = after;
  const endsAlike = cancelAtPeriodEnd === before.cancelAtPeriodEnd && isSame(cancelAt, before.cancelAt);
  return {
    ...details,
    madeAt: now,
    expiresAt: expiryOf(before, now),
    isTold: false,
    items: after.items,
    billingCycleAnchor: after.billingCycleAnchor,
    anchorConfig: after.anchorConfig,
    trial: after.trial,
    trialNoticeAt: after.trialNoticeAt,
    freeUntil: after.freeUntil,
    status: after.status === before.status ? null : after.status,
    ending: endsAlike ? null : { cancelAt, cancelAtPeriodEnd, canceledAt, reason: cancellation.reason },
  };
}

function isSame(some: Temporal.Instant | null, other: Temporal.Instant | null): boolean {
  return some === null || other === null ? some === other : some.equals(other);
}

/** In a trial every item is in the period of the trial, so that its end is that of a period. */
function expiryOf(before: Subscription, now: Temporal.Instant): Temporal.Instant {
  const latest = now.add({ hours: INCOMPLETE_HOURS });
  const { end } = currentPeriod(before);
  return Temporal.Instant.compare(end, latest) < 0 ? end : latest;
}

/**
 * The subscription with its pending update made, from when it was asked for; pure. What else has changed since stays: only
 * what the update is about is as it was computed.
 */
export function withUpdateMade(subscription: Subscription, update: PendingUpdate): Subscription {
  const { metadata, ending } = update;
  const made: Subscription = {
    ...subscription,
    ...(ending === null ? {} : endingMade(subscription, ending)),
    items: update.items.map((item) => itemMade(subscription, item)),
    billingCycleAnchor: update.billingCycleAnchor,
    anchorConfig: update.anchorConfig,
    trial: update.trial,
    trialNoticeAt: update.trialNoticeAt,
    freeUntil: update.freeUntil,
    status: update.status ?? subscription.status,
    metadata:
      metadata === null
        ? subscription.metadata
        : changeMetadata(subscription.metadata, new Map(Object.entries(metadata))),
    pendingUpdate: null,
  };
  // Its end may have been asked for meanwhile, or follow its periods.
  return keepingEnding(made, subscription.cancelAt);
}

function endingMade(
  { cancellation }: Subscription,
  { reason, ...ending }: NonNullable<PendingUpdate['ending']>,
): Partial<Subscription> {
  return { ...ending, cancellation: { ...cancellation, reason } };
}

function itemMade({ items }: Subscription, made: SubscriptionItem): SubscriptionItem {
  const current = items.find(({ id }) => id === made.id);
  if (current === undefined) return made;
  const { price, quantity, currentPeriod: period, thresholdUsage, usageStartAt, billedUsage } = made;
  return { ...current, price, quantity, currentPeriod: period, thresholdUsage, usageStartAt, billedUsage };
}

/** True where a pending update is not to be waited for any longer. */
export function hasExpired({ pendingUpdate }: Subscription, now: Temporal.Instant): boolean {
  return pendingUpdate !== null && Temporal.Instant.compare(pendingUpdate.expiresAt, now) <= 0;
}
