import type { Context } from '../stripe/context.ts';
import { invalidRequest, type StripeError } from '../stripe/errors.ts';
import { currentPeriod, itemsEndingNext, nextPeriod } from '../subscriptions/periods.ts';
import { isMetered, type Subscription } from '../subscriptions/subscription.ts';
import type { Period } from '../time/period.ts';
import type { SubscriptionDetails } from './preview.params.ts';

type Ending = Pick<SubscriptionDetails, 'cancel_at' | 'cancel_at_period_end'>;

/**
 * What is left to bill at the end of the current period of a subscription that is to end as the details of a preview say:
 * all of it where it goes on for another period, else its usage alone. Throws where a period would be cut short, which
 * needs prorations.
 */
export function atEndOfPeriod(context: Context, subscription: Subscription, ending: Ending): Subscription {
  const at = endOf(context, subscription, ending);
  if (at === null) return subscription;
  const { end } = currentPeriod(subscription);
  if (Temporal.Instant.compare(at, end) > 0) {
    checkWhole(
      itemsEndingNext(subscription).map((item) => nextPeriod(subscription, item)),
      at,
    );
    return subscription;
  }
  checkWhole(ongoing(subscription), at);
  return { ...subscription, items: subscription.items.filter((item) => isMetered(item.price)) };
}

/** The same for a first invoice, which bills the period that begins: it is not touched by an end after that. */
export function checkFirstPeriods(context: Context, subscription: Subscription, ending: Ending): void {
  const at = endOf(context, subscription, ending);
  if (at !== null) checkWhole(ongoing(subscription), at);
}

/** The current periods of all items. */
function ongoing({ items }: Subscription): Period[] {
  return items.map((item) => item.currentPeriod);
}

/** When it is to end; null: it goes on. */
function endOf({ now }: Context, subscription: Subscription, ending: Ending): Temporal.Instant | null {
  const { cancel_at: at, cancel_at_period_end: atPeriodEnd = false } = ending;
  if (at !== undefined && ending.cancel_at_period_end !== undefined) {
    throw invalidRequest(
      'You may only specify one of these parameters: subscription_details[cancel_at], subscription_details[cancel_at_period_end].',
      'subscription_details[cancel_at]',
      'parameters_exclusive',
    );
  }
  const ends = ongoing(subscription)
    .map(({ end }) => end)
    .sort(Temporal.Instant.compare);
  if (atPeriodEnd || at === 'max_period_end') return ends.at(-1) ?? null;
  if (at === 'min_period_end') return ends[0] ?? null;
  if (at === undefined || at === null) return null;
  if (Temporal.Instant.compare(at, now) > 0) return at;
  throw invalidRequest('`cancel_at` must be a future timestamp.', 'subscription_details[cancel_at]');
}

function checkWhole(periods: readonly Period[], at: Temporal.Instant): void {
  const isCut = periods.some(({ end }) => Temporal.Instant.compare(at, end) < 0);
  if (isCut) throw unservedCut();
}

function unservedCut(): StripeError {
  return invalidRequest(
    'Prorations are not served by Usance yet: a preview can show a subscription that ends with a billing period of its items, not within one.',
    'subscription_details[cancel_at]',
    'parameter_not_served',
  );
}
