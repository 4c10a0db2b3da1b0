import { decimal, ZERO } from '../money/decimal.ts';
import type { Decimal } from '../money/decimal.ts';
import type { RatedLine, Tier } from './price.ts';
import { checkTiers, tierLines } from './tiers.ts';

/**
 * Each tier bills the part of the quantity that falls into it; a tier is entered when the quantity passes the tier
 * before, by however little. Tier 1 is entered even by 0. Decimal usage splits at the integer bound: 1000.5 with a
 * bound of 1000 is 1000 and 0.5. `quantity` is not negative.
 */
export function rateGraduated(tiers: Tier[], quantity: Decimal): RatedLine[] {
  checkTiers(tiers);
  const lines: RatedLine[] = [];
  let below = ZERO;
  for (const [index, tier] of tiers.entries()) {
    const isEntered = index === 0 || quantity.gt(below);
    if (!isEntered) break;
    const bound = tier.upTo === null ? quantity : decimal(tier.upTo);
    const reached = quantity.lt(bound) ? quantity : bound;
    lines.push(...tierLines(tiers, index + 1, tier, reached.minus(below)));
    below = bound;
  }
  return lines;
}
