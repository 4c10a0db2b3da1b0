import { type Decimal, decimal, roundHalfAwayFromZero } from '../money/decimal.ts';
import { spread } from '../money/spread.ts';

/** What a discount takes off: a percentage, above 0 and at most 100, or an amount in minor units. */
export type Off = { readonly percent: Decimal } | { readonly amount: bigint };

/** A discount as it meets the lines of an invoice; an amount is in the invoice's currency. */
export type AppliedDiscount = {
  readonly off: Off;
  /** The products that it is limited to; null for every line. */
  readonly products: ReadonlySet<string> | null;
  /** The places of the lines that it was put on, such as all lines of one item; null for the whole invoice. */
  readonly lines: ReadonlySet<number> | null;
};

/** Prorations and credits are not discountable unless they say so. */
export type DiscountableLine = {
  readonly amount: bigint;
  readonly productId: string | null;
  readonly discountable: boolean;
};

/** What the discounts that concern a line take off it, in the order in which they do, and what remains of it. */
export type DiscountedLine<D> = {
  readonly discounts: readonly { readonly discount: D; readonly amount: bigint }[];
  readonly remaining: bigint;
};

const PERCENT = decimal('0.01');

/**
 * Applies discounts to the lines of an invoice: first those of lines, then those of the whole invoice, each group in its
 * order, each to what the ones before left. A percentage is rounded on every line, half away from zero; of a negative
 * line it takes off the same part. An amount is spread over what is left of the positive lines in proportion (see
 * `spread`), once for all lines that the discount was put on. No line passes zero, so what is taken off in all may be
 * less than the amount of the discount.
 */
export function applyDiscounts<D extends AppliedDiscount>(
  lines: readonly DiscountableLine[],
  discounts: readonly D[],
): DiscountedLine<D>[] {
  const remaining = lines.map(({ amount }) => amount);
  const taken = lines.map((): { discount: D; amount: bigint }[] => []);
  const ofLines = discounts.filter((discount) => discount.lines !== null);
  const ofInvoice = discounts.filter((discount) => discount.lines === null);
  for (const discount of [...ofLines, ...ofInvoice]) {
    const places = [...lines.keys()].filter((place) => concerns(discount, lines[place], place));
    const amounts = amountsOff(
      discount.off,
      places.map((place) => remaining[place] ?? 0n),
    );
    for (const [index, place] of places.entries()) {
      const amount = amounts[index] ?? 0n;
      taken[place]?.push({ discount, amount });
      remaining[place] = (remaining[place] ?? 0n) - amount;
    }
  }
  return lines.map((line, place) => ({ discounts: taken[place] ?? [], remaining: remaining[place] ?? line.amount }));
}

function concerns({ products, lines }: AppliedDiscount, line: DiscountableLine | undefined, place: number): boolean {
  if (line === undefined || !line.discountable) return false;
  if (lines !== null && !lines.has(place)) return false;
  return products === null || (line.productId !== null && products.has(line.productId));
}

/** What is taken off each of these amounts. */
function amountsOff(off: Off, amounts: readonly bigint[]): bigint[] {
  if ('percent' in off) {
    return amounts.map((amount) => roundHalfAwayFromZero(off.percent.times(decimal(amount)).times(PERCENT)));
  }
  const positive = amounts.map((amount) => (amount > 0n ? amount : 0n));
  const whole = positive.reduce((sum, amount) => sum + amount, 0n);
  return spread(off.amount < whole ? off.amount : whole, positive);
}
