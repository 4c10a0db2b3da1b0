import { decimal } from '../money/decimal.ts';
import type { Decimal } from '../money/decimal.ts';
import type { RatedLine, Tier } from './price.ts';
import { checkTiers, tierLines } from './tiers.ts';

/**
 * The whole quantity is billed in the one tier it falls into, the first whose inclusive bound it does not pass: 5 is in
 * a tier up to 5, and 5.5 already in the next. Nothing falls into tier 1. `quantity` is not negative.
 */
export function rateVolume(tiers: Tier[], quantity: Decimal): RatedLine[] {
  checkTiers(tiers);
  for (const [index, tier] of tiers.entries()) {
    if (tier.upTo === null || quantity.lte(decimal(tier.upTo))) return tierLines(tiers, index + 1, tier, quantity);
  }
  throw new RangeError('checked tiers end with an open one');
}
