/**
 * Exact fractions of bigints. What audits a rule shares no code with it, so this is not the arithmetic that the bills
 * were made with.
 */
export type Rational = {
  readonly numerator: bigint;
  /** Positive; the fraction need not be in lowest terms. */
  readonly denominator: bigint;
};

export const NOUGHT: Rational = { numerator: 0n, denominator: 1n };

/** The fraction that a plain decimal such as `-12.5` names. */
export function rational(text: string): Rational {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) throw new RangeError(`not a plain decimal: ${text}`);
  const [, sign, integer = '', fraction = ''] = match;
  const digits = BigInt(integer + fraction);
  return { numerator: sign === '-' ? -digits : digits, denominator: 10n ** BigInt(fraction.length) };
}

export function whole(value: bigint): Rational {
  return { numerator: value, denominator: 1n };
}

export function plus(a: Rational, b: Rational): Rational {
  return {
    numerator: a.numerator * b.denominator + b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  };
}

export function minus(a: Rational, b: Rational): Rational {
  return plus(a, { numerator: -b.numerator, denominator: b.denominator });
}

export function times(a: Rational, b: Rational): Rational {
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator };
}

export function dividedBy(a: Rational, divisor: bigint): Rational {
  if (divisor <= 0n) throw new RangeError(`a division by ${divisor}`);
  return { numerator: a.numerator, denominator: a.denominator * divisor };
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

export function isEqual(a: Rational, b: Rational): boolean {
  return compare(a, b) === 0;
}

/** The greatest integer that is not above. */
export function floor({ numerator, denominator }: Rational): bigint {
  const quotient = numerator / denominator;
  return numerator % denominator < 0n ? quotient - 1n : quotient;
}

/** The least integer that is not below. */
export function ceiling({ numerator, denominator }: Rational): bigint {
  return -floor({ numerator: -numerator, denominator });
}

/** The nearest integer; halves go away from zero. */
export function rounded({ numerator, denominator }: Rational): bigint {
  const magnitude = numerator < 0n ? -numerator : numerator;
  const nearest = (2n * magnitude + denominator) / (2n * denominator);
  return numerator < 0n ? -nearest : nearest;
}

/** As a plain decimal, of all digits; a fraction that has no end is rounded at the twelfth and marked by `…`. */
export function inDecimals(value: Rational): string {
  for (let places = 0n; places <= 36n; places++) {
    const scaled = { numerator: value.numerator * 10n ** places, denominator: value.denominator };
    if (scaled.numerator % scaled.denominator === 0n) return withPoint(floor(scaled), Number(places));
  }
  return `${withPoint(rounded({ numerator: value.numerator * 10n ** 12n, denominator: value.denominator }), 12)}…`;
}

function withPoint(scaled: bigint, places: number): string {
  const sign = scaled < 0n ? '-' : '';
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(places + 1, '0');
  return places === 0 ? sign + digits : `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
