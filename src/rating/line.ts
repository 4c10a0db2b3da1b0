import { roundHalfAwayFromZero } from '../money/decimal.ts';
import type { Decimal } from '../money/decimal.ts';
import type { RatedLine } from './price.ts';

/**
 * Makes a line from its exact amount in minor units. This is where money is rounded, once for each line, half away from
 * zero: a recorded graduated invoice bills 31 × 3.6 = 111.6 cents as 112, tier by tier.
 */
export function ratedLine(line: Omit<RatedLine, 'amount'>, exactAmount: Decimal): RatedLine {
  return { ...line, amount: roundHalfAwayFromZero(exactAmount) };
}
