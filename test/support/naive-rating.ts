/*
 * A second opinion on prices: what a quantity costs, computed in exact fractions of bigints from the text of the price.
 * Slow and plain on purpose. It shares no code with `src/rating` or `src/money`, so that a mistake there shows as a
 * difference here.
 */

/** numerator / denominator; the denominator is positive, the fraction not necessarily in lowest terms. */
export type Rational = { numerator: bigint; denominator: bigint };

/** Bounds and amounts in plain decimal text, amounts in minor units; null as in a stored price. */
export type NaiveTier = { upTo: string | null; unitAmount: string | null; flatAmount: string | null };

export type NaivePrice =
  | { scheme: 'per_unit'; unitAmount: string; transform: { divideBy: string; round: 'up' | 'down' } | null }
  | { scheme: 'tiered'; mode: 'graduated' | 'volume'; tiers: NaiveTier[] };

export type NaiveLine = {
  kind: 'usage' | 'flat_fee';
  tier: number | null;
  quantity: Rational;
  unitAmount: Rational;
  amount: bigint;
};

/** The fraction that a plain decimal such as `-12.5` or `0.000000000001` names. */
export function rational(text: string): Rational {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) throw new Error(`not a plain decimal: ${text}`);
  const [, sign, whole = '', fraction = ''] = match;
  const magnitude = BigInt(whole + fraction);
  return { numerator: sign === '-' ? -magnitude : magnitude, denominator: 10n ** BigInt(fraction.length) };
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compareRationals(a: Rational, b: Rational): number {
  const difference = minus(a, b).numerator;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

/** The lines that `quantity` units (plain decimal text) must give, with final amounts in minor units. */
export function naiveRate(price: NaivePrice, quantity: string): NaiveLine[] {
  const used = larger(rational(quantity), zero);
  if (price.scheme === 'per_unit') {
    const billed = price.transform === null ? used : packages(used, price.transform);
    const unitAmount = rational(price.unitAmount);
    return [{ kind: 'usage', tier: null, quantity: used, unitAmount, amount: cents(times(billed, unitAmount)) }];
  }
  const parts = price.mode === 'graduated' ? partsByTier(price.tiers, used) : wholeInOneTier(price.tiers, used);
  return parts.flatMap((part) => linesOfTier(price.tiers, part));
}

/** The sum of the lines of `naiveRate`, in minor units. */
export function naiveTotal(price: NaivePrice, quantity: string): bigint {
  return naiveRate(price, quantity).reduce((sum, line) => sum + line.amount, 0n);
}

type TierPart = { tier: number; quantity: Rational };

const zero = rational('0');

/** Graduated: the overlap of (0, used] with each tier's (lower, upper]; tiers that it does not touch are left out. */
function partsByTier(tiers: NaiveTier[], used: Rational): TierPart[] {
  return tiers.flatMap((tier, index) => {
    const lower = lowerBound(tiers, index);
    const isEntered = index === 0 || compareRationals(used, lower) > 0;
    const top = tier.upTo === null ? used : smaller(used, rational(tier.upTo));
    return isEntered ? [{ tier: index + 1, quantity: minus(top, lower) }] : [];
  });
}

/** Volume: one tier more than there are bounds below the quantity. */
function wholeInOneTier(tiers: NaiveTier[], used: Rational): TierPart[] {
  const boundsPassed = tiers.filter((tier) => tier.upTo !== null && compareRationals(used, rational(tier.upTo)) > 0);
  return [{ tier: boundsPassed.length + 1, quantity: used }];
}

function lowerBound(tiers: NaiveTier[], index: number): Rational {
  return index === 0 ? zero : rational(tiers[index - 1]?.upTo ?? '0');
}

function linesOfTier(tiers: NaiveTier[], { tier, quantity }: TierPart): NaiveLine[] {
  const unitAmount = rational(tiers[tier - 1]?.unitAmount ?? '0');
  const usage: NaiveLine = { kind: 'usage', tier, quantity, unitAmount, amount: cents(times(quantity, unitAmount)) };
  const priceHasFlatFee = tiers.some(({ flatAmount }) => flatAmount !== null);
  if (!priceHasFlatFee) return [usage];
  const flatAmount = rational(tiers[tier - 1]?.flatAmount ?? '0');
  return [usage, { kind: 'flat_fee', tier, quantity: zero, unitAmount: flatAmount, amount: cents(flatAmount) }];
}

/** How many packages are billed; `used` is not negative, so that bigint division rounds down. */
function packages(used: Rational, { divideBy, round }: { divideBy: string; round: 'up' | 'down' }): Rational {
  const unitsPerPackage = used.denominator * BigInt(divideBy);
  const full = used.numerator / unitsPerPackage;
  const isOneBegun = used.numerator % unitsPerPackage !== 0n;
  return { numerator: round === 'up' && isOneBegun ? full + 1n : full, denominator: 1n };
}

/** The nearest integer; halves away from zero: the magnitude plus one half, cut off. */
function cents({ numerator, denominator }: Rational): bigint {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * magnitude + denominator) / (2n * denominator);
  return numerator < 0n ? -rounded : rounded;
}

function minus(a: Rational, b: Rational): Rational {
  return {
    numerator: a.numerator * b.denominator - b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  };
}

function times(a: Rational, b: Rational): Rational {
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator };
}

function smaller(a: Rational, b: Rational): Rational {
  return compareRationals(a, b) < 0 ? a : b;
}

function larger(a: Rational, b: Rational): Rational {
  return compareRationals(a, b) < 0 ? b : a;
}
