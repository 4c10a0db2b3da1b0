import type { Customer } from '../customers/customer.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, missingParameter, type StripeError } from '../stripe/errors.ts';
import { begin, type BeginNames, checkTrialEnd, firstPeriod, usageStart } from '../subscriptions/begin.ts';
import { keepingEnding } from '../subscriptions/ending.ts';
import { recurrenceIn } from '../subscriptions/periods.ts';
import { isMetered, type Subscription } from '../subscriptions/subscription.ts';
import { atEndOfTrial, withTrialEnd } from '../subscriptions/trial.ts';
import type { ComputedChange } from './apply_change.ts';
import { computeEndOfTrial } from './change_trial.ts';
import { withEndOfDetails } from './previews/ending.ts';
import type { SubscriptionDetails } from './previews/preview.params.ts';
import { computeResumption } from './resume.ts';
import { computeNewTrial, refuseTrialOf } from './start_trial.ts';

const AT = 'subscription_details';

const NAMES: BeginNames = {
  trialEnd: `${AT}[trial_end]`,
  anchor: `${AT}[billing_cycle_anchor][timestamp]`,
  start: `${AT}[start_date]`,
};

/** A subscription that nobody has made, with its items, as it would begin. Throws for times that don't go together. */
export function asItBegins({ now }: Context, blank: Subscription, details: SubscriptionDetails): Subscription {
  const { proration_behavior: behavior, start_date: start, trial_end: trialEnd } = details;
  if (blank.items.length === 0) return blank;
  if (start !== undefined && Temporal.Instant.compare(start, now) > 0)
    throw unserved('a start in the future', NAMES.start);
  const at = anchorOf(details);
  const params = {
    ...(at === undefined ? {} : { billing_cycle_anchor: at }),
    ...(behavior === undefined ? {} : { proration_behavior: behavior }),
    ...(start === undefined ? {} : { backdate_start_date: start }),
    ...(trialEnd === undefined ? {} : { trial_end: trialEnd }),
  };
  const beginning = begin(params, blank.items.map(recurrenceIn), now, NAMES);
  const times = { ...beginning, billingMode: blank.billingMode, now };
  const items = blank.items.map((item) => {
    const currentPeriod = firstPeriod(beginning, recurrenceIn(item), now);
    return { ...item, currentPeriod, usageStartAt: isMetered(item.price) ? usageStart(times, currentPeriod) : null };
  });
  return { ...blank, ...beginning, items };
}

/** From when on the periods of a new subscription are to be counted, where that is not left to itself. */
function anchorOf({ billing_cycle_anchor: anchor }: SubscriptionDetails): Temporal.Instant | undefined {
  if (anchor === undefined) return undefined;
  const { timestamp, type } = anchor;
  if (type === 'timestamp' && timestamp === undefined) throw missingParameter(NAMES.anchor);
  if (type === 'timestamp' || timestamp === undefined) return timestamp;
  throw invalidRequest('A `timestamp` needs `billing_cycle_anchor[type]=timestamp`.', NAMES.anchor);
}

/** Refuses what only a new subscription can have. */
export function refuseBeginning({ billing_cycle_anchor: anchor, start_date: start }: SubscriptionDetails): void {
  if (start !== undefined) {
    throw invalidRequest('Only a new subscription can have a `start_date`: it has begun.', NAMES.start);
  }
  if (anchor?.type !== 'timestamp' && anchor?.timestamp === undefined) return;
  throw invalidRequest(
    'Only the periods of a new subscription can be counted from a `timestamp`.',
    `${AT}[billing_cycle_anchor]`,
  );
}

/** What an existing subscription would be with another end of its trial, or resumed. */
export type Moved = {
  readonly subscription: Subscription;
  readonly change?: Pick<ComputedChange, 'after' | 'at' | 'draft' | 'items'>;
};

/** The same with what that bills at once: the computation of the update, or of the resume, stopped before anything is written. */
export async function inOtherTime(
  context: Context,
  customer: Customer,
  { existing, wanted }: { readonly existing: Subscription; readonly wanted: Subscription },
  details: SubscriptionDetails,
): Promise<Moved> {
  const { trial_end: end, resume_at: resumeAt } = details;
  const ending = (settled: Subscription) => withEndOfDetails(context, settled, details);
  if (resumeAt !== undefined) return await asResumed(context, customer, wanted, details);
  if (end === undefined || (end === 'now' && wanted.status !== 'trialing')) return { subscription: wanted };
  if (end !== 'now') checkTrialEnd(end, context.now, NAMES.trialEnd);
  if (end !== 'now' && wanted.status !== 'trialing') {
    if (wanted.status !== 'active') throw refuseTrialOf(wanted, NAMES.trialEnd);
    const { proration_behavior: behavior = 'create_prorations', proration_date: at = context.now } = details;
    const change = await computeNewTrial(context, { customer, before: existing, wanted, ending, behavior, at, end });
    return { subscription: change.after, change: { ...change, at } };
  }
  if (end !== 'now') return { subscription: keepingEnding(withTrialEnd(wanted, end, context.now)) };
  const change = await computeEndOfTrial(context, { customer, wanted, ending });
  return { subscription: change.after, change: { ...change, at: context.now } };
}

async function asResumed(
  context: Context,
  customer: Customer,
  paused: Subscription,
  details: SubscriptionDetails,
): Promise<Moved> {
  const { billing_cycle_anchor: anchor, proration_behavior: behavior, proration_date: date } = details;
  const change = await computeResumption(context, customer, paused, {
    ...(anchor === undefined || anchor.type === 'timestamp' ? {} : { billing_cycle_anchor: { type: anchor.type } }),
    ...(behavior === undefined ? {} : { proration_behavior: behavior }),
    ...(date === undefined ? {} : { proration_date: date }),
  });
  return { subscription: change.after, change: { ...change, at: date ?? context.now } };
}

/** A subscription as its renewal bills it: at the end of a trial its anchor may move. */
export function asItRenews(subscription: Subscription): Subscription {
  return subscription.status === 'trialing' ? atEndOfTrial(subscription) : subscription;
}

function unserved(what: string, param: string): StripeError {
  return invalidRequest(`Usance can not show ${what} yet.`, param, 'parameter_not_served');
}
