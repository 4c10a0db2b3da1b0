import { type ExpectedLine, expectedLines } from './charge.ts';
import { dividedBy, isEqual, NOUGHT, type Rational, rational, rounded, times, whole } from './rational.ts';
import type { StoredLine, StoredPrice } from './stored.sql.ts';

/** What a proration says that it is a share of; amounts are text. */
export type StoredShare = {
  readonly amount: string;
  readonly discount: string;
  readonly isDebit: boolean;
  /** Its taxes are those of the debit, or none. Missing in what an older version kept. */
  readonly hasOwnTaxes?: boolean;
  readonly period: { readonly start: string; readonly end: string };
};

const TRILLION = 10n ** 12n;

/**
 * The line of a proration as it must be: of what its price asks for a whole period, less the discount, the share of its
 * seconds; below zero where it gives back. What gives back a debit, or charges it again, takes that in the place of the
 * price, and of two shares up to the end of the period the difference, so that steps come to the same as one.
 */
export function prorationLine(line: StoredLine, of: StoredShare, price: StoredPrice, currency: string): ExpectedLine {
  const quantity = rational(line.quantity);
  const period = { start: secondsOf(of.period.start), end: secondsOf(of.period.end) };
  const [start, end] = [seconds(line.period_start_at), seconds(line.period_end_at)];
  const length = period.end - period.start;
  const source = of.isDebit ? debited(line, of) : priced(price, currency, quantity, of);
  const share = (part: bigint) => rounded(dividedBy(times(whole(source.amount), whole(part)), length));
  const part = of.isDebit ? share(period.end - start) - share(period.end - end) : share(end - start);
  const amount = line.amount < 0n ? -part : part;
  const step = `of which ${end - start} of ${length} seconds: ${source.amount} × ${end - start} ÷ ${length}, rounded: ${amount}`;
  return { quantity, unitAmount: unitOf(amount, quantity), amount, steps: [...source.steps, step] };
}

type Source = { readonly amount: bigint; readonly steps: readonly string[] };

/** What a debit says of itself is checked against the debit, where that is stored. */
function debited({ credited_amount: stored }: StoredLine, of: StoredShare): Source {
  const amount = stored ?? BigInt(of.amount);
  return { amount, steps: [`debited for the period before: ${amount}`] };
}

function priced(price: StoredPrice, currency: string, quantity: Rational, of: StoredShare): Source {
  const lines = expectedLines(price, currency, quantity);
  const full = lines.reduce((sum, { amount }) => sum + amount, 0n);
  const discount = BigInt(of.discount);
  const amount = full - discount;
  const off = discount === 0n ? [] : [`less a discount of ${discount}: ${amount}`];
  return { amount, steps: [...lines.flatMap(({ steps }) => steps), ...off] };
}

/** A unit of a share, of at most 12 decimals. */
function unitOf(amount: bigint, quantity: Rational): Rational {
  if (isEqual(quantity, NOUGHT)) return whole(amount);
  const exact = times(whole(amount), { numerator: quantity.denominator, denominator: quantity.numerator });
  return { numerator: rounded(times(exact, whole(TRILLION))), denominator: TRILLION };
}

function secondsOf(text: string): bigint {
  return seconds(Temporal.Instant.from(text));
}

function seconds(instant: Temporal.Instant): bigint {
  return BigInt(Math.floor(instant.epochMilliseconds / 1000));
}
