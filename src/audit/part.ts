import type { ExpectedLine } from './charge.ts';
import { inDecimals, NOUGHT, type Rational, rounded } from './rational.ts';
import type { StoredLine, StoredPrice } from './stored.sql.ts';

/** What a line of a free trial must be: it counts, and costs nothing. */
export function trialLine(quantity: Rational): ExpectedLine {
  return { quantity, unitAmount: NOUGHT, amount: 0n, steps: [`free trial: ${inDecimals(quantity)} × 0 = 0`] };
}

/**
 * The lines of a whole period as those of a part of it, by whole seconds: the period that would begin where the part does is
 * counted here anew, from the price's interval.
 */
export function partOf(
  expected: readonly ExpectedLine[],
  price: StoredPrice,
  { period_start_at: start, period_end_at: end }: StoredLine,
): ExpectedLine[] {
  const whole = seconds(start, wholeEnd(price, start));
  const part = seconds(start, end) < whole ? seconds(start, end) : whole;
  return expected.map((line) => {
    const amount = rounded({ numerator: line.amount * part, denominator: whole });
    const step = `${part} of ${whole} seconds of the period: ${line.amount} × ${part} ÷ ${whole}, rounded: ${amount}`;
    return { ...line, amount, steps: [...line.steps, step] };
  });
}

function wholeEnd(
  { id, recurring_interval: interval, recurring_interval_count: count }: StoredPrice,
  start: Temporal.Instant,
) {
  if (interval === null || count === null) throw new Error(`the price ${id} is not recurring, and has no periods`);
  return start
    .toZonedDateTimeISO('UTC')
    .add({ [`${interval}s`]: count }, { overflow: 'constrain' })
    .toInstant();
}

function seconds(start: Temporal.Instant, end: Temporal.Instant): bigint {
  return BigInt(Math.floor(end.epochMilliseconds / 1000) - Math.floor(start.epochMilliseconds / 1000));
}
