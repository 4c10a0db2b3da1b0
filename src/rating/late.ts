import { type Decimal, ZERO } from '../money/decimal.ts';
import type { PriceModel, RatedLine } from './price.ts';
import { rate } from './rate.ts';

/**
 * What usage costs that came after its period was billed: the whole period as it is now, less the whole period as it was
 * billed, so that tiers and packages are those of the period and all bills of it add up to its price. `quantity` and
 * `amount` may be negative, after corrections and where more units fall into a cheaper volume tier.
 */
export type LateCost = {
  readonly quantity: Decimal;
  readonly amount: bigint;
  /** What a unit costs, or a package: in tiers where the usage ends now. */
  readonly unitAmount: Decimal;
};

/** `usage` is that of the period now, `billed` what was billed of it, which is not negative. */
export function rateLate(model: PriceModel, usage: Decimal, billed: Decimal): LateCost {
  const now = usage.lt(ZERO) ? ZERO : usage;
  const lines = rate(model, now);
  return {
    quantity: now.minus(billed),
    amount: sumOf(lines) - sumOf(rate(model, billed)),
    unitAmount: lines.findLast(({ kind }) => kind === 'usage')?.unitAmount ?? ZERO,
  };
}

/** Corrections are never credited by themselves, and what costs nothing more is not billed. */
export function isCharged({ quantity, amount }: LateCost): boolean {
  return quantity.gt(ZERO) && amount > 0n;
}

function sumOf(lines: readonly RatedLine[]): bigint {
  return lines.reduce((sum, { amount }) => sum + amount, 0n);
}
