/** The calendar unit of a recurrence, in Stripe's words. */
export type Interval = 'day' | 'week' | 'month' | 'year';

/** Every `intervalCount` (a positive integer) intervals. */
export type Recurrence = { interval: Interval; intervalCount: number };

/** Half-open: `start` is inside, `end` is not. */
export type Period = { start: Temporal.Instant; end: Temporal.Instant };

const MONTHS_PER_YEAR = 12;
const NS_PER_DAY = 86_400_000_000_000n;

// The Gregorian calendar repeats every 400 years: 4,800 months in 146,097 days.
const DAYS_PER_GREGORIAN_CYCLE = 146_097;
const MONTHS_PER_GREGORIAN_CYCLE = 4_800;

// Stripe allows three years at most, in whichever unit it is said.
const MAX_INTERVAL_COUNT: Record<Interval, number> = { day: 1_095, week: 156, month: 36, year: 3 };

/** A recurrence in the only two units that differ: days of fixed length, and months, which have none. */
type Step = { unit: 'days' | 'months'; count: number };

const STEP_OF_INTERVAL: Record<Interval, Step> = {
  day: { unit: 'days', count: 1 },
  week: { unit: 'days', count: 7 },
  month: { unit: 'months', count: 1 },
  year: { unit: 'months', count: MONTHS_PER_YEAR },
};

/**
 * The period of `recurrence` that contains `at`, counted from `anchor` in either direction.
 * Every boundary is the anchor plus a whole number of steps, on the anchor's day of the month or, in shorter months, on
 * their last day: an anchor on January 31 gives February 28 or 29, then March 31. Throws RangeError for an interval
 * count that is not a positive integer.
 */
export function periodContaining(anchor: Temporal.Instant, recurrence: Recurrence, at: Temporal.Instant): Period {
  const step = stepOf(recurrence);
  return { start: boundary(anchor, step, stepsUntil(anchor, step, at)), end: endOfPeriod(anchor, step, at) };
}

function endOfPeriod(anchor: Temporal.Instant, step: Step, at: Temporal.Instant): Temporal.Instant {
  return boundary(anchor, step, stepsUntil(anchor, step, at) + 1);
}

function stepsUntil(anchor: Temporal.Instant, { unit, count }: Step, at: Temporal.Instant): number {
  return unit === 'days' ? dayStepsUntil(anchor, count, at) : monthStepsUntil(anchor, count, at);
}

/**
 * The period that follows `period`: it starts where `period` ends, and ends on the next boundary after that. A period
 * whose end is no boundary of the anchor (a stub before a new anchor) is thus followed without gap or overlap.
 */
export function periodAfter(anchor: Temporal.Instant, recurrence: Recurrence, period: Period): Period {
  return { start: period.end, end: endOfPeriod(anchor, stepOf(recurrence), period.end) };
}

/** The period that a recurrence makes from a start of its own, whatever the anchor. */
export function naturalPeriod(recurrence: Recurrence, start: Temporal.Instant): Period {
  return periodContaining(start, recurrence, start);
}

/** The periods of the anchor from `start`, the first of which may be a part, up to the one that contains `at`. */
export function periodsBetween(
  anchor: Temporal.Instant,
  recurrence: Recurrence,
  start: Temporal.Instant,
  at: Temporal.Instant,
): Period[] {
  const periods = [{ start, end: periodContaining(anchor, recurrence, start).end }];
  for (let last = periods[0]; last !== undefined && Temporal.Instant.compare(last.end, at) <= 0;) {
    last = periodAfter(anchor, recurrence, last);
    periods.push(last);
  }
  return periods;
}

/** A period that ends at `at`, where that is before its own end. */
export function cutShort(period: Period, at: Temporal.Instant | null): Period {
  return at !== null && Temporal.Instant.compare(at, period.end) < 0 ? { start: period.start, end: at } : period;
}

/** What of a period lies in no other, in order. */
export function without(period: Period, others: readonly Period[]): Period[] {
  return others.reduce<Period[]>(
    (left, other) =>
      left.flatMap((part) => {
        const before = { start: part.start, end: earlier(part.end, other.start) };
        const after = { start: later(part.start, other.end), end: part.end };
        return overlap(part, other) === null ? [part] : [before, after].filter((each) => !isEmpty(each));
      }),
    isEmpty(period) ? [] : [period],
  );
}

/** What two periods have in common; null: nothing. */
export function overlap(a: Period, b: Period): Period | null {
  const common = { start: later(a.start, b.start), end: earlier(a.end, b.end) };
  return isEmpty(common) ? null : common;
}

function isEmpty({ start, end }: Period): boolean {
  return Temporal.Instant.compare(start, end) >= 0;
}

function earlier(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) < 0 ? a : b;
}

export function later(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) < 0 ? b : a;
}

/** Whether both begin and end at the same instants. */
export function isSamePeriod(a: Period, b: Period): boolean {
  return a.start.equals(b.start) && a.end.equals(b.end);
}

/**
 * True when every boundary of `longer` is also one of `shorter` from the same anchor: the condition for both to be on
 * one subscription. A year is 12 months and a week 7 days; one day divides everything; otherwise days and months never
 * line up.
 */
export function isMultipleOf(longer: Recurrence, shorter: Recurrence): boolean {
  const long = stepOf(longer);
  const short = stepOf(shorter);
  if (long.unit === short.unit) return long.count % short.count === 0;
  return short.unit === 'days' && short.count === 1;
}

/** For sorting: negative when `a` is shorter than `b`, 0 when equal; a month counts as its mean of 30.44 days. */
export function compareRecurrence(a: Recurrence, b: Recurrence): number {
  return meanLength(a) - meanLength(b);
}

/** True when a recurrence is longer than Stripe allows: 3 years, 36 months, 156 weeks or 1,095 days. */
export function exceedsMaximum(recurrence: Recurrence): boolean {
  return recurrence.intervalCount > MAX_INTERVAL_COUNT[recurrence.interval];
}

function stepOf({ interval, intervalCount }: Recurrence): Step {
  if (!Number.isSafeInteger(intervalCount) || intervalCount < 1) {
    throw new RangeError(`not a positive number of intervals: ${intervalCount}`);
  }
  const { unit, count } = STEP_OF_INTERVAL[interval];
  return { unit, count: count * intervalCount };
}

function boundary(anchor: Temporal.Instant, step: Step, index: number): Temporal.Instant {
  const anchorInUtc = anchor.toZonedDateTimeISO('UTC');
  return anchorInUtc.add({ [step.unit]: step.count * index }, { overflow: 'constrain' }).toInstant();
}

/** The number of whole steps from `anchor` to `at`, rounded towards the past. */
function dayStepsUntil(anchor: Temporal.Instant, days: number, at: Temporal.Instant): number {
  const elapsed = at.epochNanoseconds - anchor.epochNanoseconds;
  const length = NS_PER_DAY * BigInt(days);
  const truncated = elapsed / length;
  return Number(elapsed % length < 0n ? truncated - 1n : truncated);
}

function monthStepsUntil(anchor: Temporal.Instant, months: number, at: Temporal.Instant): number {
  // The boundary of step n lies in the month that is n × months after the anchor's, on whichever day. So the last
  // boundary in or before the month of `at` is right, or one too far when it falls later in that same month.
  const index = Math.floor((monthNumber(at) - monthNumber(anchor)) / months);
  const candidate = boundary(anchor, { unit: 'months', count: months }, index);
  return Temporal.Instant.compare(candidate, at) > 0 ? index - 1 : index;
}

function monthNumber(instant: Temporal.Instant): number {
  const { year, month } = instant.toZonedDateTimeISO('UTC');
  return year * MONTHS_PER_YEAR + month;
}

/** Mean length in 1/4,800 of a day, an integer for every recurrence, so that comparing is exact. */
function meanLength(recurrence: Recurrence): number {
  const step = stepOf(recurrence);
  return step.count * (step.unit === 'days' ? MONTHS_PER_GREGORIAN_CYCLE : DAYS_PER_GREGORIAN_CYCLE);
}
