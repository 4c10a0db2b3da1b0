import { type Decimal, decimal } from '../money/decimal.ts';

/** An exact number: a whole one where a double holds it, which adds a hundred times faster, else a decimal. */
export type Exact = number | Decimal;

function toDecimal(value: Exact): Decimal {
  return typeof value === 'number' ? decimal(value) : value;
}

/** a + b, exactly. */
export function add(a: Exact, b: Exact): Exact {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return toDecimal(a).plus(toDecimal(b));
}

/** a < b, exactly. */
export function isLess(a: Exact, b: Exact): boolean {
  return typeof a === 'number' && typeof b === 'number' ? a < b : toDecimal(a).lt(toDecimal(b));
}
