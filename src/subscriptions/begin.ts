import { MAX_TRIAL_DAYS, TRIAL_NOTICE_DAYS } from '../limits.ts';
import { invalidRequest, type StripeError } from '../stripe/errors.ts';
import { nextOccurrence } from '../time/calendar_point.ts';
import { toUnix } from '../time/instant.ts';
import { compareRecurrence, naturalPeriod, type Period, periodContaining, type Recurrence } from '../time/period.ts';
import type { TrialSettingsParams } from './begin.params.ts';
import type { CreateSubscriptionParams } from './subscription.params.ts';
import type { AnchorConfig, Subscription } from './subscription.ts';

/** How a request wants a subscription to begin. */
export type BeginParams = Pick<
  CreateSubscriptionParams,
  | 'backdate_start_date'
  | 'billing_cycle_anchor'
  | 'billing_cycle_anchor_config'
  | 'proration_behavior'
  | 'trial_end'
  | 'trial_period_days'
  | 'trial_settings'
>;

/** Where these parameters stand in a request, for its errors. */
export type BeginNames = { readonly trialEnd: string; readonly anchor: string; readonly start: string };

const NAMES: BeginNames = { trialEnd: 'trial_end', anchor: 'billing_cycle_anchor', start: 'backdate_start_date' };

/** The time of a new subscription. */
export type Beginning = Pick<
  Subscription,
  | 'anchorConfig'
  | 'billingCycleAnchor'
  | 'freeUntil'
  | 'startedAt'
  | 'status'
  | 'trial'
  | 'trialNoticeAt'
  | 'trialSettings'
>;

/**
 * When a subscription of items with these recurrences begins, and from when its periods are counted; pure. Without more,
 * periods are counted from now, or from the end of the trial. Throws for times that don't go together.
 */
export function begin(
  params: BeginParams,
  recurrences: readonly Recurrence[],
  now: Temporal.Instant,
  names: BeginNames = NAMES,
): Beginning {
  const trialEnd = readTrialEnd(params, now, names);
  const startedAt = readStart(params, trialEnd, now, names);
  const trialSettings = changeTrialSettings(DEFAULT_TRIAL_SETTINGS, params.trial_settings);
  const cycle = { start: trialEnd ?? now, recurrences };
  const anchored = readAnchor(params, cycle, names);
  const usual = trialSettings.billingCycleAnchor === 'unchanged' ? now : cycle.start;
  const billingCycleAnchor = anchored?.at ?? usual;
  const isFree = params.proration_behavior === 'none';
  return {
    startedAt,
    billingCycleAnchor,
    anchorConfig: anchored?.config ?? null,
    freeUntil: isFree ? firstWhole(billingCycleAnchor, cycle, startedAt) : null,
    ...(trialEnd === null ? NO_TRIAL : trialUntil({ start: now, end: trialEnd }, now)),
    trialSettings,
  };
}

/** The period in which an item of a new subscription is: the trial, or that of its anchor, which a late start cuts. */
export function firstPeriod(
  { billingCycleAnchor, startedAt, trial }: Beginning,
  recurrence: Recurrence,
  now: Temporal.Instant,
): Period {
  if (trial !== null) return trial;
  const { start, end } = periodContaining(billingCycleAnchor, recurrence, now);
  return { start: laterOf(start, startedAt), end };
}

/**
 * From when on the usage of an item counts that is in its first period; null: from the start of that. A backdated classic
 * subscription bills all earlier usage with its next invoice; a flexible one has billed it with its first. Where what
 * comes before the anchor is free, so is the usage from before the subscription was made.
 */
export function usageStart(
  times: Beginning & Pick<Subscription, 'billingMode'> & { readonly now: Temporal.Instant },
  { start }: Period,
): Temporal.Instant | null {
  const { billingMode, freeUntil, now, startedAt } = times;
  const isBackdated = Temporal.Instant.compare(startedAt, now) < 0;
  if (!isBackdated) return null;
  const from = freeUntil === null ? (billingMode === 'classic' ? startedAt : start) : now;
  return from.equals(start) ? null : from;
}

const DEFAULT_TRIAL_SETTINGS: Subscription['trialSettings'] = {
  missingPaymentMethod: 'create_invoice',
  billingCycleAnchor: null,
};

const NO_TRIAL = { status: 'active', trial: null, trialNoticeAt: null } as const;

/** The state of a trial that runs. Its end is announced three days before, or, where it is nearer, at once by who starts it. */
export function trialUntil(
  trial: Period,
  now: Temporal.Instant,
): Pick<Subscription, 'status' | 'trial' | 'trialNoticeAt'> {
  const noticeAt = trial.end.subtract({ hours: 24 * TRIAL_NOTICE_DAYS });
  return { status: 'trialing', trial, trialNoticeAt: Temporal.Instant.compare(noticeAt, now) > 0 ? noticeAt : null };
}

/** True for a trial that has just been set and whose end is too near to be announced later. */
export function endsSoon({ status, trialNoticeAt }: Pick<Subscription, 'status' | 'trialNoticeAt'>): boolean {
  return status === 'trialing' && trialNoticeAt === null;
}

export function changeTrialSettings(
  current: Subscription['trialSettings'],
  params: TrialSettingsParams | undefined,
): Subscription['trialSettings'] {
  const { billing_cycle_anchor: anchor, missing_payment_method: missing } = params?.end_behavior ?? {};
  return {
    missingPaymentMethod: missing ?? current.missingPaymentMethod,
    billingCycleAnchor: anchor ?? current.billingCycleAnchor,
  };
}

/** Null: no trial. */
function readTrialEnd(
  { trial_end: end, trial_period_days: days }: BeginParams,
  now: Temporal.Instant,
  { trialEnd: param }: BeginNames,
): Temporal.Instant | null {
  if (end !== undefined && days !== undefined) throw exclusive('trial_end', 'trial_period_days');
  if (days !== undefined) return days === 0 ? null : now.add({ hours: 24 * days });
  if (end === undefined || end === 'now') return null;
  return checkTrialEnd(end, now, param);
}

/** Throws for an end that is not ahead, or too far. */
export function checkTrialEnd(end: Temporal.Instant, now: Temporal.Instant, param: string): Temporal.Instant {
  if (Temporal.Instant.compare(end, now) <= 0) throw notAhead(param);
  if (Temporal.Instant.compare(end, now.add({ hours: 24 * MAX_TRIAL_DAYS })) > 0) {
    throw invalidRequest(`Invalid timestamp: a trial can be at most ${MAX_TRIAL_DAYS} days (2 years) long.`, param);
  }
  return end;
}

function readStart(
  { backdate_start_date: start, billing_cycle_anchor_config: config }: BeginParams,
  trialEnd: Temporal.Instant | null,
  now: Temporal.Instant,
  { start: param }: BeginNames,
): Temporal.Instant {
  if (start === undefined) return now;
  if (config !== undefined) throw exclusive(param, 'billing_cycle_anchor_config');
  if (trialEnd !== null) throw unservedTogether(param, 'a trial');
  if (Temporal.Instant.compare(start, now) <= 0) return start;
  throw invalidRequest('Invalid timestamp: must be an integer Unix timestamp in the past.', param);
}

/** When regular billing starts, and how its items recur. */
type Cycle = { readonly start: Temporal.Instant; readonly recurrences: readonly Recurrence[] };

type Anchored = { readonly at: Temporal.Instant; readonly config: AnchorConfig | null };

function readAnchor(params: BeginParams, cycle: Cycle, { anchor: param }: BeginNames): Anchored | null {
  const { billing_cycle_anchor: at, billing_cycle_anchor_config: config } = params;
  if (at !== undefined && config !== undefined) throw exclusive(param, 'billing_cycle_anchor_config');
  if (config !== undefined) return configured(config, cycle);
  if (at === undefined) return null;
  if (Temporal.Instant.compare(at, cycle.start) < 0) throw notAhead(param);
  refuseTooLate(at, cycle, param);
  return { at, config: null };
}

type ConfigParams = NonNullable<BeginParams['billing_cycle_anchor_config']>;

/** The next time that a config names. What it does not say of the time is as the start of the billing has it. */
function configured(params: ConfigParams, cycle: Cycle): Anchored {
  const param = 'billing_cycle_anchor_config';
  if (cycle.recurrences.some(({ interval }) => interval === 'day' || interval === 'week')) {
    throw invalidRequest('A `billing_cycle_anchor_config` needs prices that recur by months or years.', param);
  }
  const { day_of_month: dayOfMonth, month = null, hour = null, minute = null, second = null } = params;
  const start = cycle.start.toZonedDateTimeISO('UTC');
  const time = { hour: hour ?? start.hour, minute: minute ?? start.minute, second: second ?? start.second };
  const at = nextOccurrence({ month, dayOfMonth, ...time }, cycle.start);
  if (at === undefined) throw invalidRequest(`Month ${month} never has a day ${dayOfMonth}.`, `${param}[day_of_month]`);
  // Without a month, the billing starts with the period of the anchor that ends first, which may be on a shorter month's last day.
  if (month !== null) refuseTooLate(wholeFrom(at, cycle), cycle, `${param}[month]`, month);
  return { at, config: { dayOfMonth, month, hour, minute, second } };
}

/** Throws where the first whole period would start after the first natural one is over, or not in the wanted month. */
function refuseTooLate(at: Temporal.Instant, cycle: Cycle, param: string, month?: number): void {
  const { end } = naturalPeriod(shortestOf(cycle), cycle.start);
  const isThere = month === undefined || at.toZonedDateTimeISO('UTC').month === month;
  if (Temporal.Instant.compare(at, end) <= 0 && isThere) return;
  throw invalidRequest(
    `billing_cycle_anchor cannot be later than next natural billing date (${toUnix(end)}) for plan`,
    param,
  );
}

/** From when on whole periods are billed, where what comes before is free; null: from the start. */
function firstWhole(anchor: Temporal.Instant, cycle: Cycle, startedAt: Temporal.Instant): Temporal.Instant | null {
  const whole = wholeFrom(anchor, cycle);
  return whole.equals(startedAt) ? null : whole;
}

/** When the first whole period starts. */
function wholeFrom(anchor: Temporal.Instant, cycle: Cycle): Temporal.Instant {
  const { start, end } = periodContaining(anchor, shortestOf(cycle), cycle.start);
  return start.equals(cycle.start) ? start : end;
}

function shortestOf({ recurrences }: Cycle): Recurrence {
  const [shortest] = [...recurrences].sort(compareRecurrence);
  if (shortest === undefined) throw new Error('a subscription has at least one item');
  return shortest;
}

function laterOf(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) < 0 ? b : a;
}

function notAhead(param: string): StripeError {
  return invalidRequest('Invalid timestamp: must be an integer Unix timestamp in the future.', param);
}

function exclusive(...names: string[]): StripeError {
  return invalidRequest(
    `You may only specify one of these parameters: ${names.join(', ')}.`,
    names[0],
    'parameters_exclusive',
  );
}

function unservedTogether(param: string, what: string): StripeError {
  return invalidRequest(`Usance does not serve \`${param}\` together with ${what} yet.`, param, 'parameter_not_served');
}
