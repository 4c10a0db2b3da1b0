import type { Decimal } from '../money/decimal.ts';
import { ratedLine } from './line.ts';
import type { RatedLine } from './price.ts';

/** Every unit costs the same. `quantity` is not negative. */
export function ratePerUnit(unitAmount: Decimal, quantity: Decimal): RatedLine[] {
  return [ratedLine({ kind: 'usage', tier: null, quantity, unitAmount }, quantity.times(unitAmount))];
}
