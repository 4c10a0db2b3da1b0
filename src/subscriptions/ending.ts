import { invalidRequest } from '../stripe/errors.ts';
import { cutShort } from '../time/period.ts';
import { currentPeriod, ownEnd } from './periods.ts';
import type { Subscription, SubscriptionItem } from './subscription.ts';

/** When a request wants a subscription to end; null takes back what was wanted before. */
export type EndingParams = {
  readonly cancel_at?: Temporal.Instant | PeriodEnd | null | undefined;
  readonly cancel_at_period_end?: boolean | undefined;
};

/** The earliest or the latest end of an item's current period. */
export type PeriodEnd = 'max_period_end' | 'min_period_end';

/**
 * A subscription in its periods that is to end as a request says; pure. What ends within a current period cuts it short, and
 * where that end is taken back or comes later the period goes on as far as it would have. `at` is where the parameters stand
 * in the request. Throws for a time that is past.
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
  if (subscription.status === 'paused' && Temporal.Instant.compare(cancelAt, now) <= 0) throw noPeriod(params, at);
  const ending: Subscription = {
    ...whole,
    cancelAt,
    cancelAtPeriodEnd: params.cancel_at_period_end === true,
    canceledAt: now,
    cancellation: { ...whole.cancellation, reason: 'cancellation_requested' },
  };
  return { ...ending, items: itemsUntil(subscription, subscription.cancelAt, cancelAt) };
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
  return {
    ...subscription,
    items: itemsUntil(subscription, subscription.cancelAt, null),
    cancelAt: null,
    cancelAtPeriodEnd: false,
    canceledAt: null,
    cancellation: { ...subscription.cancellation, reason: null },
  };
}

/** The items with no period going on after `to`; those that were cut at `from` before go on until then. What stays is the very same. */
function itemsUntil(
  subscription: Subscription,
  from: Temporal.Instant | null,
  to: Temporal.Instant | null,
): readonly SubscriptionItem[] {
  const items = subscription.items.map((item) => {
    const { start, end } = item.currentPeriod;
    const isCut = from !== null && end.equals(from);
    const period = cutShort({ start, end: isCut ? ownEnd(subscription, item) : end }, to);
    return period.end.equals(end) ? item : { ...item, currentPeriod: period };
  });
  return items.every((item, place) => item === subscription.items[place]) ? subscription.items : items;
}

/**
 * A subscription in other periods or with other items than before, when it was to end at `previous`: no period goes on
 * after its end, and one that ends with its period does so at the end of the new one. For whoever gives periods.
 */
export function keepingEnding(subscription: Subscription, previous = subscription.cancelAt): Subscription {
  const { cancelAt, cancelAtPeriodEnd, items } = subscription;
  if (items.length === 0 || (cancelAt === null && previous === null)) return subscription;
  const whole = { ...subscription, items: itemsUntil(subscription, previous, null) };
  const end = cancelAtPeriodEnd ? currentPeriod(whole).end : cancelAt;
  return { ...subscription, cancelAt: end, items: itemsUntil(subscription, previous, end) };
}

/**
 * Since when the periods of a subscription are counted, as it is told: on classic ones an end within the current period is
 * the anchor, until it is taken back or comes later.
 */
export function toldAnchor(subscription: Subscription): Pick<Subscription, 'anchorConfig' | 'billingCycleAnchor'> {
  const { anchorConfig, billingCycleAnchor, billingMode, cancelAt, items } = subscription;
  const isCut = items.some((item) => {
    const { end } = item.currentPeriod;
    return cancelAt?.equals(end) === true && !ownEnd(subscription, item).equals(end);
  });
  if (cancelAt === null || billingMode === 'flexible' || !isCut) return { anchorConfig, billingCycleAnchor };
  return { anchorConfig: null, billingCycleAnchor: cancelAt };
}

function endOf(
  subscription: Subscription,
  { cancel_at: wanted, cancel_at_period_end: withPeriod }: EndingParams,
  now: Temporal.Instant,
  at: (name: string) => string,
): Temporal.Instant | null {
  if (withPeriod !== undefined) return withPeriod ? currentPeriod(subscription).end : null;
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

/** In a pause no period follows the one in which it began. */
function noPeriod({ cancel_at: wanted }: EndingParams, at: (name: string) => string) {
  return invalidRequest(
    'The current period of this paused subscription is over: give a time to end it at, resume it first, or cancel it now.',
    at(wanted === undefined ? 'cancel_at_period_end' : 'cancel_at'),
  );
}

function onlyFlexible(word: PeriodEnd, at: (name: string) => string) {
  return invalidRequest(
    `\`cancel_at=${word}\` needs a subscription with \`billing_mode=flexible\`; see \`cancel_at_period_end\`.`,
    at('cancel_at'),
  );
}
