import { ZERO } from '../money/decimal.ts';
import type { Decimal } from '../money/decimal.ts';
import { ratedLine } from './line.ts';
import type { RatedLine, Tier } from './price.ts';

/**
 * The lines of one entered tier: its usage, then its flat fee. A tier without a unit price still shows its usage, at 0.
 * The flat line appears in every entered tier, at 0 if need be, as soon as any tier of the price has a flat fee.
 * `tierNumber` counts from 1.
 */
export function tierLines(tiers: Tier[], tierNumber: number, tier: Tier, quantity: Decimal): RatedLine[] {
  const unitAmount = tier.unitAmount ?? ZERO;
  const lines = [ratedLine({ kind: 'usage', tier: tierNumber, quantity, unitAmount }, quantity.times(unitAmount))];
  if (tiers.some((any) => any.flatAmount !== null)) {
    const flatAmount = tier.flatAmount ?? ZERO;
    lines.push(ratedLine({ kind: 'flat_fee', tier: tierNumber, quantity: ZERO, unitAmount: flatAmount }, flatAmount));
  }
  return lines;
}

/** Throws RangeError unless the tiers ascend from above 0 and only the last is open: else usage would go unbilled. */
export function checkTiers(tiers: Tier[]): void {
  let below = 0n;
  for (const [index, { upTo }] of tiers.entries()) {
    const isLast = index === tiers.length - 1;
    if ((upTo === null) !== isLast) throw new RangeError('the last tier, and only the last, has no upper bound');
    if (upTo === null) return;
    if (upTo <= below) throw new RangeError(`tier ${index + 1} ends at ${upTo}, not above ${below}`);
    below = upTo;
  }
  throw new RangeError('a tiered price needs at least one tier');
}
