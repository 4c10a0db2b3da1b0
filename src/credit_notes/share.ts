import type { LineDiscount } from '../invoices/discount.ts';
import type { InvoiceLine } from '../invoices/invoice.ts';
import {
  type Decimal,
  decimal,
  divideHalfAwayFromZero,
  isInteger,
  roundHalfAwayFromZero,
  toBigInt,
} from '../money/decimal.ts';
import { spread } from '../money/spread.ts';

/** What of a line was credited so far. */
export type Credited = {
  readonly quantity: bigint;
  readonly amount: bigint;
  readonly discounts: readonly LineDiscount[];
};

export const NOTHING_CREDITED: Credited = { quantity: 0n, amount: 0n, discounts: [] };

type Line = Pick<InvoiceLine, 'amount' | 'quantity' | 'unitAmount' | 'discounts'>;

/** How many units of a line there are to credit; null where they are not whole, or none. */
export function unitsOf({ quantity }: Pick<Line, 'quantity'>): bigint | null {
  return isInteger(quantity) && quantity.gt('0') ? toBigInt(quantity) : null;
}

/** The price of a unit of a line; null where the price that it shows is that of a package, or flat. */
export function unitPriceOf({ amount, quantity, unitAmount }: Line): Decimal | null {
  return roundHalfAwayFromZero(quantity.times(unitAmount)) === amount ? unitAmount : null;
}

/**
 * What so many units of a line come to, beside what was credited: at its unit price, or else in proportion. Counted from the
 * first unit credited, so that rounding never adds up, and the last units are what is left.
 */
export function amountOfUnits(line: Line, credited: Credited, quantity: bigint): bigint {
  const left = line.amount - credited.amount;
  const through = credited.quantity + quantity;
  const all = unitsOf(line);
  if (all === null || through === all) return left;
  const price = unitPriceOf(line);
  const wanted =
    price === null
      ? divideHalfAwayFromZero(line.amount * through, all)
      : roundHalfAwayFromZero(price.times(decimal(through)));
  return between(wanted - credited.amount, left);
}

/** No more than what is left, and of no other sign. */
function between(wanted: bigint, left: bigint): bigint {
  return left < 0n ? clamp(wanted, left, 0n) : clamp(wanted, 0n, left);
}

/**
 * What of a line's discounts is credited with an amount of it, beside what was: in proportion, rounded once for all of
 * them, and never so that more would be left of them than of the line. Crediting all of a line credits all of them.
 */
export function discountsOfAmount(line: Line, credited: Credited, amount: bigint): LineDiscount[] {
  const sign = line.amount < 0n ? -1n : 1n;
  const left = line.discounts.map((discount) => ({
    ...discount,
    amount: sign * (discount.amount - partOf(credited, discount.id)),
  }));
  const whole = sign * line.amount;
  const net = whole - sign * sumOf(line.discounts);
  const part = sign * amount;
  if (whole === 0n) return left.map(({ id }) => ({ id, amount: 0n }));
  const before = sign * credited.amount;
  const leftOff = sumOf(left);
  const leftNet = whole - before - leftOff;
  const wanted = divideHalfAwayFromZero(net * (before + part), whole) - (before - sign * sumOf(credited.discounts));
  const kept = clamp(wanted, part > leftOff ? part - leftOff : 0n, part < leftNet ? part : leftNet);
  const shares = spread(
    part - kept,
    left.map((discount) => discount.amount),
  );
  return left.map(({ id }, place) => ({ id, amount: sign * (shares[place] ?? 0n) }));
}

function partOf({ discounts }: Credited, id: string): bigint {
  return sumOf(discounts.filter((discount) => discount.id === id));
}

export function sumOf(parts: readonly { readonly amount: bigint }[]): bigint {
  return parts.reduce((sum, { amount }) => sum + amount, 0n);
}

function clamp(value: bigint, least: bigint, most: bigint): bigint {
  if (value < least) return least;
  return value > most ? most : value;
}
