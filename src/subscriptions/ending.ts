import { invalidRequest } from '../stripe/errors.ts';
import { cutShort } from '../time/period.ts';
import { currentPeriod, wholePeriod } from './periods.ts';
import type { Subscription, SubscriptionItem } from './subscription.ts';

/** When a request wants a subscription to end; null takes back what was wanted before. */
export type EndingParams = {
  readonly cancel_at?: Temporal.Instant | PeriodEnd | null | undefined;
  readonly cancel_at_period_end?: boolean | undefined;
};

/** The earliest or the latest end of an item's current period. */
export type PeriodEnd = 'max_period_end' | 'min_period_end';

/**
 * A subscription that is to end as a request says; pure. What ends within a current period cuts it short, and on classic
 * subscriptions that end becomes the billing cycle anchor; taking an end back gives a period its own end again, which on
 * classic ones it has kept by then. `at` is where the parameters stand in the request. Throws for a time that is past.
 */
export function withEnding(
  subscription: Subscription,
  params: EndingParams,
  now: Temporal.Instant,
  at: (name: string) => string = (name) => name,
): Subscription {
  if (params.cancel_at !== undefined && params.cancel_at_period_end !== undefined) throw bothGiven(at);
  if (!changesEnding(subscription, params)) return subscription;
  const whole = withoutEnding(subscription);
  const cancelAt = endOf(whole, params, now, at);
  if (cancelAt === null) return whole;
  const ending: Subscription = {
    ...whole,
    cancelAt,
    cancelAtPeriodEnd: params.cancel_at_period_end === true,
    canceledAt: now,
    cancellation: { ...whole.cancellation, reason: 'cancellation_requested' },
  };
  return withPeriodsCut(ending, cancelAt);
}

/** Where nothing is wanted of the end, or one that has a time of its own shall not end with its period, all stays. */
function changesEnding(
  { cancelAt, cancelAtPeriodEnd }: Subscription,
  { cancel_at: at, cancel_at_period_end: withPeriod }: EndingParams,
): boolean {
  if (at !== undefined) return at !== null || cancelAt !== null;
  return withPeriod === true || (withPeriod === false && cancelAtPeriodEnd);
}

/** The subscription as if nobody had asked for its end: periods that were cut for it are whole again. */
function withoutEnding(subscription: Subscription): Subscription {
  const { cancelAt, cancellation } = subscription;
  if (cancelAt === null) return subscription;
  const { status, trial } = subscription;
  const trialing = status === 'trialing' && trial !== null;
  const items = subscription.items.map((item) => {
    if (!item.currentPeriod.end.equals(cancelAt)) return item;
    const end = trialing ? trial.end : wholePeriod(subscription, item, item.currentPeriod).end;
    return end.equals(cancelAt) ? item : { ...item, currentPeriod: { start: item.currentPeriod.start, end } };
  });
  return {
    ...subscription,
    items,
    cancelAt: null,
    cancelAtPeriodEnd: false,
    canceledAt: null,
    cancellation: { ...cancellation, reason: null },
  };
}

/** The periods of a subscription with no item's going on after `at`. Items that stay are the very same. */
function withPeriodsCut(subscription: Subscription, at: Temporal.Instant): Subscription {
  const items = cutItems(subscription.items, at);
  const isCut = items.some((item, index) => item !== subscription.items[index]);
  if (!isCut || subscription.billingMode === 'flexible') return { ...subscription, items };
  return { ...subscription, items, billingCycleAnchor: at, anchorConfig: null };
}

function cutItems(items: readonly SubscriptionItem[], at: Temporal.Instant): SubscriptionItem[] {
  return items.map((item) => {
    const cut = cutShort(item.currentPeriod, at);
    return cut === item.currentPeriod ? item : { ...item, currentPeriod: cut };
  });
}

/**
 * A subscription that is to end, in other periods or with other items than before: one that ends with its period does so
 * at the end of the new one, no other has periods that go on after its end.
 */
export function keepingEnding(subscription: Subscription, isReset: boolean): Subscription {
  const { cancelAt, cancelAtPeriodEnd, items } = subscription;
  if (cancelAt === null || items.length === 0) return subscription;
  return isReset && cancelAtPeriodEnd
    ? endingWithPeriod(subscription)
    : { ...subscription, items: cutItems(items, cancelAt) };
}

/**
 * A subscription that ends with its period does so also when something moves that: for whoever gives a subscription other
 * periods.
 */
export function endingWithPeriod(subscription: Subscription): Subscription {
  return subscription.cancelAtPeriodEnd ? { ...subscription, cancelAt: latestEnd(subscription) } : subscription;
}

function endOf(
  subscription: Subscription,
  { cancel_at: wanted, cancel_at_period_end: withPeriod }: EndingParams,
  now: Temporal.Instant,
  at: (name: string) => string,
): Temporal.Instant | null {
  if (withPeriod !== undefined) return withPeriod ? latestEnd(subscription) : null;
  if (wanted === undefined || wanted === null) return null;
  if (typeof wanted === 'string') {
    if (subscription.billingMode === 'classic') throw onlyFlexible(wanted, at);
    return wanted === 'max_period_end' ? latestEnd(subscription) : currentPeriod(subscription).end;
  }
  if (Temporal.Instant.compare(wanted, now) > 0) return wanted;
  throw invalidRequest('`cancel_at` must be a future timestamp.', at('cancel_at'));
}

function latestEnd({ items }: Subscription): Temporal.Instant | null {
  const ends = items.map(({ currentPeriod: { end } }) => end);
  return ends.sort(Temporal.Instant.compare).at(-1) ?? null;
}

function bothGiven(at: (name: string) => string) {
  return invalidRequest(
    `You may only specify one of these parameters: ${at('cancel_at')}, ${at('cancel_at_period_end')}.`,
    at('cancel_at'),
    'parameters_exclusive',
  );
}

function onlyFlexible(word: PeriodEnd, at: (name: string) => string) {
  return invalidRequest(
    `\`cancel_at=${word}\` needs a subscription with \`billing_mode=flexible\`; see \`cancel_at_period_end\`.`,
    at('cancel_at'),
  );
}
