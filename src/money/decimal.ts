import { Big } from 'big.js';

/** An exact decimal number of any size. Use its methods (`plus`, `times`, `lt`, …): operators throw, on purpose. */
export type Decimal = Big;

const StrictBig = Big();
// Strict mode makes big.js throw when a primitive number gets in or when an operator (`<`, `+`) calls valueOf.
StrictBig.strict = true;

const PLAIN_NOTATION = /^[+-]?[0-9]+(?:\.[0-9]+)?$/;

const ROUND_HALF_UP = 1;

export const ZERO: Decimal = new StrictBig('0');

/**
 * A decimal from plain notation (the text of a `numeric` column included), a bigint, or a whole number.
 * Throws RangeError for anything else, since that is a mistake of the caller; user input goes through `parseDecimal`.
 */
export function decimal(value: string | bigint | number): Decimal {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new RangeError(`not a whole number that a double holds exactly: ${value}`);
  }
  const parsed = parseDecimal(String(value));
  if (parsed === undefined) throw new RangeError(`not a decimal in plain notation: ${JSON.stringify(String(value))}`);
  return parsed;
}

/**
 * Parses plain notation: an optional sign, digits, and optionally a point with digits after it.
 * Exponents, spaces, hexadecimal, '', '.5' and '5.' give undefined. The caller bounds the length of the text.
 */
export function parseDecimal(text: string): Decimal | undefined {
  if (!PLAIN_NOTATION.test(text)) return undefined;
  const parsed = new StrictBig(text.startsWith('+') ? text.slice(1) : text);
  // Big keeps the sign of '-0'; a zero has none here.
  return parsed.eq(ZERO) ? ZERO : parsed;
}

/** Plain notation without exponent, trailing zeros or negative zero; what goes on the wire and into `numeric`. */
export function formatDecimal(d: Decimal): string {
  return d.toFixed();
}

/** True when `d` has no fraction. */
export function isInteger(d: Decimal): boolean {
  return decimalPlaces(d) === 0;
}

/** How many digits the fraction of `d` needs; 0 for integers. */
export function decimalPlaces(d: Decimal): number {
  return Math.max(0, d.c.length - 1 - d.e);
}

/** The bigint equal to `d`. Throws RangeError when `d` has a fraction. */
export function toBigInt(d: Decimal): bigint {
  if (!isInteger(d)) throw new RangeError(`not an integer: ${formatDecimal(d)}`);
  return BigInt(formatDecimal(d));
}

/** The nearest integer, a tie going away from zero: 2.5 → 3, -2.5 → -3. The rounding of every amount of money. */
export function roundHalfAwayFromZero(d: Decimal): bigint {
  // big.js rounds the magnitude and then puts the sign back, so its "half up" goes away from zero on both sides.
  return BigInt(d.toFixed(0, ROUND_HALF_UP));
}

/** The nearest integer to a fraction, a tie going away from zero: the same rounding, for what no decimal can hold. */
export function divideHalfAwayFromZero(numerator: bigint, denominator: bigint): bigint {
  const isNegative = numerator < 0n !== denominator < 0n;
  const [top, bottom] = [magnitude(numerator), magnitude(denominator)];
  const rounded = (2n * top + bottom) / (2n * bottom);
  return isNegative ? -rounded : rounded;
}

/** A quotient of at most 12 decimals, as unit amounts have, a tie going away from zero. Throws for a zero divisor. */
export function divideDecimal(d: Decimal, divisor: bigint): Decimal {
  const { numerator, scale } = asFraction(d);
  const scaled = String(divideHalfAwayFromZero(numerator * 10n ** 12n, scale * divisor));
  const digits = scaled.replace('-', '').padStart(13, '0');
  return decimal(`${scaled.startsWith('-') ? '-' : ''}${digits.slice(0, -12)}.${digits.slice(-12)}`);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** The greatest integer ≤ d / divisor, exact for every sign and any number of digits. Throws for a zero divisor. */
export function floorDivide(d: Decimal, divisor: bigint): bigint {
  const { numerator, scale } = asFraction(d);
  const denominator = scale * divisor;
  const truncated = numerator / denominator;
  const remainder = numerator % denominator;
  // bigint division truncates, which is one too high for a negative quotient; the remainder has the numerator's sign.
  return remainder !== 0n && remainder < 0n !== denominator < 0n ? truncated - 1n : truncated;
}

/** The least integer ≥ d / divisor, exact for every sign and any number of digits. Throws for a zero divisor. */
export function ceilDivide(d: Decimal, divisor: bigint): bigint {
  return -floorDivide(d.neg(), divisor);
}

/** `d` as numerator / scale with scale a power of ten, so that divisions run on bigints and not on Big's DP digits. */
function asFraction(d: Decimal): { numerator: bigint; scale: bigint } {
  return {
    numerator: BigInt(formatDecimal(d).replace('.', '')),
    scale: 10n ** BigInt(decimalPlaces(d)),
  };
}
