import type { Context } from '../stripe/context.ts';
import type { Expandable } from '../stripe/expand.ts';
import { exactNumber } from '../stripe/json.ts';
import { toUnix } from '../time/instant.ts';
import type { TaxRate } from './tax_rate.ts';
import { findTaxRates } from './tax_rate.sql.ts';

/** The wire shape of a tax rate. What only rates of automatic taxes have is null. */
export function viewTaxRate(context: Context, rate: TaxRate) {
  return {
    id: rate.id,
    object: 'tax_rate',
    active: rate.active,
    country: rate.country,
    created: toUnix(rate.createdAt),
    description: rate.description,
    display_name: rate.displayName,
    effective_percentage: exactNumber(rate.percentage),
    flat_amount: null,
    inclusive: rate.inclusive,
    jurisdiction: rate.jurisdiction,
    jurisdiction_level: null,
    livemode: context.account.livemode,
    metadata: rate.metadata,
    percentage: exactNumber(rate.percentage),
    rate_type: 'percentage',
    state: rate.state,
    tax_type: rate.taxType,
  };
}

export const taxRateExpandable: Expandable = {
  fields: {},
  async load(context, ids) {
    const rates = await findTaxRates(context, ids);
    return new Map(rates.map((rate) => [rate.id, viewTaxRate(context, rate)]));
  },
};
