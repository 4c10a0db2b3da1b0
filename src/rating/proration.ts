import { divideHalfAwayFromZero } from '../money/decimal.ts';

/** Half-open, as `Period` of the calendar. */
type Span = { readonly start: Temporal.Instant; readonly end: Temporal.Instant };

/**
 * The share of an amount, in minor units, that falls on the part of a period that `part` covers: by whole seconds (Stripe
 * prorates "to the second"), rounded once, half away from zero. A part beyond the period counts as far as it lies inside;
 * an empty period has no share. Negative amounts are credits.
 */
export function prorate(amount: bigint, period: Span, part: Span): bigint {
  const whole = seconds(period.end) - seconds(period.start);
  if (whole <= 0n) return 0n;
  const start = later(seconds(period.start), seconds(part.start));
  const end = earlier(seconds(period.end), seconds(part.end));
  return end <= start ? 0n : divideHalfAwayFromZero(amount * (end - start), whole);
}

/** Whole seconds, as the wire tells instants: what is told there is what can be checked. */
function seconds(instant: Temporal.Instant): bigint {
  return BigInt(Math.floor(instant.epochMilliseconds / 1000));
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
