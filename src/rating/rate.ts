import { ZERO } from '../money/decimal.ts';
import type { Decimal } from '../money/decimal.ts';
import { rateGraduated } from './graduated.ts';
import { ratePackage } from './package.ts';
import { ratePerUnit } from './per_unit.ts';
import type { PriceModel, RatedLine } from './price.ts';
import { rateVolume } from './volume.ts';

/**
 * The invoice lines of `quantity` units under a price, in the order in which they are billed; at least one.
 * Corrections may make a quantity negative: it rates as 0, so the first tier's flat fee still applies.
 * Throws RangeError for tiers that do not ascend to an open one and for a package of less than one unit.
 */
export function rate(model: PriceModel, quantity: Decimal): RatedLine[] {
  const billable = quantity.lt(ZERO) ? ZERO : quantity;
  if (model.scheme === 'tiered') {
    return model.mode === 'graduated' ? rateGraduated(model.tiers, billable) : rateVolume(model.tiers, billable);
  }
  return model.transform === null
    ? ratePerUnit(model.unitAmount, billable)
    : ratePackage(model.unitAmount, model.transform, billable);
}
