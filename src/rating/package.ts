import { ceilDivide, decimal, floorDivide } from '../money/decimal.ts';
import type { Decimal } from '../money/decimal.ts';
import { ratedLine } from './line.ts';
import type { RatedLine, TransformQuantity } from './price.ts';

/**
 * Every package of units costs the same: divide, round to whole packages, then multiply. The line keeps the raw usage
 * as its quantity (100 units in packages of 3 are 34 packages on a line of 100). `quantity` is not negative.
 */
export function ratePackage(packageAmount: Decimal, transform: TransformQuantity, quantity: Decimal): RatedLine[] {
  if (transform.divideBy < 1n) throw new RangeError(`a package of ${transform.divideBy} units`);
  const divide = transform.round === 'up' ? ceilDivide : floorDivide;
  const packages = decimal(divide(quantity, transform.divideBy));
  return [ratedLine({ kind: 'usage', tier: null, quantity, unitAmount: packageAmount }, packages.times(packageAmount))];
}
