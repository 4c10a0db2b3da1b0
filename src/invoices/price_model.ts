import assert from 'node:assert/strict';
import { amountsIn, type Price } from '../catalog/price.ts';
import type { PriceModel } from '../rating/price.ts';

/**
 * What a price costs in one of its currencies, in the terms of rating. The currency must be one that the price has:
 * a subscription is only made in a currency of all its prices.
 */
export function priceModel(price: Price, currency: string): PriceModel {
  const amounts = amountsIn(price, currency);
  assert(amounts !== undefined, `the price ${price.id} has no amounts in ${currency}`);
  if (price.billingScheme === 'tiered') {
    assert(amounts.tiers !== null && price.tiersMode !== null, `the tiered price ${price.id} has no tiers`);
    return { scheme: 'tiered', mode: price.tiersMode, tiers: amounts.tiers.map((tier) => ({ ...tier })) };
  }
  assert(amounts.unitAmount !== null, `the price ${price.id} has no unit amount in ${currency}`);
  return { scheme: 'per_unit', unitAmount: amounts.unitAmount, transform: price.transform };
}
