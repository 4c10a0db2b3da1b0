import { invalidRequest } from '../stripe/errors.ts';
import { amountsIn, type Price } from './price.ts';
import type { TaxRate } from './tax_rate.ts';

/** Throws where a price says that it includes taxes, or that it does not, and a rate that is to apply to it says otherwise. */
export function refuseConflict(price: Price, currency: string, rates: readonly Pick<TaxRate, 'inclusive'>[]): void {
  const behavior = amountsIn(price, currency)?.taxBehavior ?? 'unspecified';
  if (behavior === 'unspecified') return;
  if (rates.every(({ inclusive }) => inclusive === (behavior === 'inclusive'))) return;
  throw invalidRequest(
    'One or more prices has a `tax_behavior` that conflicts with the tax rates that apply to the corresponding line item.',
  );
}
