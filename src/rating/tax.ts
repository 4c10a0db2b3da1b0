import { type Decimal, decimal, divideHalfAwayFromZero, toBigInt } from '../money/decimal.ts';

/** A tax rate as it meets a line: `percentage` is of 100, with at most 4 decimals. Equal ids are the same rate. */
export type AppliedRate = { readonly id: string; readonly percentage: Decimal; readonly inclusive: boolean };

/** `amount` is what is left after discounts and credits, in minor units. */
export type TaxableLine<R> = { readonly amount: bigint; readonly rates: readonly R[] };

/** Of rates made by hand the API tells no reason, and says so by this word; that a customer pays none has its reasons. */
type TaxabilityReason = 'not_available' | 'customer_exempt' | 'reverse_charge';

/** What one rate makes of one line. `taxableAmount` is what it was computed of; 0 where no tax is due. */
type LineTax<R> = {
  readonly rate: R;
  readonly amount: bigint;
  readonly taxableAmount: bigint;
  readonly reason: TaxabilityReason;
};

export type TaxedLine<R> = {
  readonly taxes: readonly LineTax<R>[];
  /** The line without any tax. */
  readonly net: bigint;
  /** By how much less than its amount the line costs, because a tax that it contained is not due. */
  readonly reduction: bigint;
  /** What the line costs in the end: its net amount and all taxes. */
  readonly total: bigint;
};

export type TaxTerms = {
  readonly taxExempt: 'none' | 'exempt' | 'reverse';
  /** Each line is rounded by itself, or each rate once for the whole invoice. */
  readonly rounding: 'line' | 'invoice';
};

const REASONS = { none: 'not_available', exempt: 'customer_exempt', reverse: 'reverse_charge' } as const;

/** Percentages count in ten-thousandths of a percent, of which a whole has so many. */
const PERCENTAGE_SCALE = 10_000n;
const WHOLE = 100n * PERCENTAGE_SCALE;

/**
 * The taxes of the lines of an invoice. An inclusive rate r takes P - P/(1 + r) out of the price, several of them
 * together P - P/(1 + r + s), each its own part; an exclusive rate adds r of what the inclusive ones leave. Everything
 * is rounded half away from zero: by line, where exclusive rates go by the rounded net amount that the line shows; or by
 * invoice, where each rate is summed up exactly, rounded once, and spread back over the lines. A customer who is exempt
 * or accounts for the tax herself pays none, and inclusive prices fall by the tax that they contained.
 */
export function applyTaxes<R extends AppliedRate>(lines: readonly TaxableLine<R>[], terms: TaxTerms): TaxedLine<R>[] {
  const amounts = terms.rounding === 'line' ? lines.map(roundedByLine) : roundedByInvoice(lines);
  return lines.map((line, place) => taxedLine(line, amounts[place] ?? [], terms));
}

function taxedLine<R extends AppliedRate>(
  { amount, rates }: TaxableLine<R>,
  amounts: readonly bigint[],
  { taxExempt }: TaxTerms,
): TaxedLine<R> {
  const included = sumWhere(rates, amounts, (rate) => rate.inclusive);
  const net = amount - included;
  const isDue = taxExempt === 'none';
  const taxes = rates.map((rate, index) => ({
    rate,
    amount: isDue ? (amounts[index] ?? 0n) : 0n,
    taxableAmount: isDue ? net : 0n,
    reason: REASONS[taxExempt],
  }));
  const reduction = isDue ? 0n : included;
  return { taxes, net, reduction, total: taxes.reduce((sum, tax) => sum + tax.amount, net) };
}

function sumWhere<R>(rates: readonly R[], amounts: readonly bigint[], which: (rate: R) => boolean): bigint {
  return rates.reduce((sum, rate, index) => (which(rate) ? sum + (amounts[index] ?? 0n) : sum), 0n);
}

function scaled(percentage: Decimal): bigint {
  return toBigInt(percentage.times(decimal(PERCENTAGE_SCALE)));
}

/** A net amount and its inclusive taxes in scaled parts: what the price is divided by. */
function divisorOf(rates: readonly AppliedRate[]): bigint {
  return rates.reduce((sum, rate) => (rate.inclusive ? sum + scaled(rate.percentage) : sum), WHOLE);
}

function roundedByLine({ amount, rates }: TaxableLine<AppliedRate>): bigint[] {
  const divisor = divisorOf(rates);
  const inclusive = rates.map((rate) =>
    rate.inclusive ? divideHalfAwayFromZero(amount * scaled(rate.percentage), divisor) : 0n,
  );
  const net = inclusive.reduce((rest, tax) => rest - tax, amount);
  return rates.map((rate, index) =>
    rate.inclusive ? (inclusive[index] ?? 0n) : divideHalfAwayFromZero(net * scaled(rate.percentage), WHOLE),
  );
}

/** An exact tax: of which line, by which of its rates. */
type ExactTax = { readonly line: number; readonly rate: number; readonly numerator: bigint; readonly divisor: bigint };

function roundedByInvoice(lines: readonly TaxableLine<AppliedRate>[]): bigint[][] {
  const amounts = lines.map(({ rates }) => rates.map(() => 0n));
  for (const taxes of exactTaxesByRate(lines).values()) {
    const rounded = roundTogether(taxes);
    for (const [index, { line, rate }] of taxes.entries()) {
      const ofLine = amounts[line];
      if (ofLine !== undefined) ofLine[rate] = rounded[index] ?? 0n;
    }
  }
  return amounts;
}

/** Inclusive or not, a tax is its percentage of the exact net amount, which is the price by the divisor. */
function exactTaxesByRate(lines: readonly TaxableLine<AppliedRate>[]): Map<string, ExactTax[]> {
  const all = lines.flatMap(({ amount, rates }, line) => {
    const divisor = divisorOf(rates);
    return rates.map((rate, index) => ({
      id: rate.id,
      exact: { line, rate: index, numerator: amount * scaled(rate.percentage), divisor },
    }));
  });
  const byId = Map.groupBy(all, ({ id }) => id);
  return new Map([...byId].map(([id, taxes]) => [id, taxes.map(({ exact }) => exact)]));
}

/**
 * Integers that add up to the rounded sum of the fractions, each within one of its own: all are rounded down, and the
 * units that are missing go to the largest remainders, the earlier line first.
 */
function roundTogether(taxes: readonly ExactTax[]): bigint[] {
  const common = taxes.reduce((product, { divisor }) => leastCommonMultiple(product, divisor), 1n);
  const numerators = taxes.map(({ numerator, divisor }) => numerator * (common / divisor));
  const sum = numerators.reduce((total, numerator) => total + numerator, 0n);
  const shares = numerators.map((numerator) => (numerator - remainderOf(numerator, common)) / common);
  const missing = shares.reduce((rest, share) => rest - share, divideHalfAwayFromZero(sum, common));
  const byRemainder = [...numerators.keys()].toSorted((a, b) => {
    const difference = remainderOf(numerators[b] ?? 0n, common) - remainderOf(numerators[a] ?? 0n, common);
    return difference === 0n ? a - b : Number(difference > 0n) - Number(difference < 0n);
  });
  for (const place of byRemainder.slice(0, Number(missing))) shares[place] = (shares[place] ?? 0n) + 1n;
  return shares;
}

/** What is left after dividing down; never negative. */
function remainderOf(numerator: bigint, divisor: bigint): bigint {
  return ((numerator % divisor) + divisor) % divisor;
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  let [greater, smaller] = [a, b];
  while (smaller !== 0n) [greater, smaller] = [smaller, greater % smaller];
  return (a / greater) * b;
}
