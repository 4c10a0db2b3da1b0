import { recordEvent } from '../events/record.ts';
import { MAX_TAX_RATES } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import type { TaxRate } from './tax_rate.ts';
import type { CreateTaxRateParams, TaxRateChange } from './tax_rate.params.ts';
import { findTaxRate, findTaxRates, insertTaxRate, lockTaxRate, updateTaxRate } from './tax_rate.sql.ts';
import { viewTaxRate } from './tax_rate.view.ts';

/** Creates a tax rate and tells `tax_rate.created`. */
export async function createTaxRate(context: Context, params: CreateTaxRateParams): Promise<TaxRate> {
  const blank: TaxRate = {
    id: newId('taxRate'),
    displayName: params.display_name,
    percentage: params.percentage,
    inclusive: params.inclusive,
    active: true,
    country: null,
    state: null,
    jurisdiction: null,
    description: null,
    taxType: null,
    metadata: {},
    createdAt: context.now,
  };
  const rate = applyChange(blank, params);
  await insertTaxRate(context, rate);
  await recordEvent(context, 'tax_rate.created', viewTaxRate(context, rate));
  return rate;
}

/** Changes the given fields and tells `tax_rate.updated`. Throws resource_missing. */
export async function changeTaxRate(context: Context, id: string, params: TaxRateChange): Promise<TaxRate> {
  const rate = await lockTaxRate(context, id);
  if (rate === undefined) throw missing(id);
  const changed = applyChange(rate, params);
  await updateTaxRate(context, changed);
  await recordEvent(context, 'tax_rate.updated', viewTaxRate(context, changed), viewTaxRate(context, rate));
  return changed;
}

/** Codes of countries and states are answered in capitals, however they came. */
function applyChange(rate: TaxRate, params: TaxRateChange): TaxRate {
  return {
    ...rate,
    active: params.active ?? rate.active,
    country: params.country?.toUpperCase() ?? rate.country,
    description: params.description ?? rate.description,
    displayName: params.display_name ?? rate.displayName,
    jurisdiction: params.jurisdiction ?? rate.jurisdiction,
    metadata: changeMetadata(rate.metadata, params.metadata),
    state: params.state?.toUpperCase() ?? rate.state,
    taxType: params.tax_type ?? rate.taxType,
  };
}

/** Throws resource_missing, as for the object that the path names. */
export async function requireTaxRate(context: Context, id: string): Promise<TaxRate> {
  const rate = await findTaxRate(context, id);
  if (rate === undefined) throw missing(id);
  return rate;
}

/**
 * The tax rates that a list parameter gives to something, in its order. `param` is that parameter, as in
 * `default_tax_rates`. Throws for more than 5, repeated, unknown and inactive ones.
 */
export async function requireTaxRates(context: Context, ids: readonly string[], param: string): Promise<TaxRate[]> {
  if (ids.length > MAX_TAX_RATES) {
    throw invalidRequest(`You may apply at most ${MAX_TAX_RATES} tax rates, and passed ${ids.length}.`, param);
  }
  const byId = new Map((await findTaxRates(context, ids)).map((rate) => [rate.id, rate]));
  return ids.map((id, index) => {
    const at = `${param}[${index}]`;
    const rate = byId.get(id);
    if (rate === undefined) throw missing(id, at);
    if (ids.indexOf(id) !== index) throw invalidRequest(`The tax rate \`${id}\` is given more than once.`, at);
    if (!rate.active) throw invalidRequest(`The tax rate \`${id}\` is inactive and cannot be applied.`, at);
    return rate;
  });
}

/** The tax rates of something after a request, which may leave them as they are, or take them away by null. Throws the same. */
export async function changeTaxRates(
  context: Context,
  current: readonly TaxRate[],
  wanted: readonly string[] | null | undefined,
  param: string,
): Promise<readonly TaxRate[]> {
  return wanted === undefined ? current : await requireTaxRates(context, wanted ?? [], param);
}

function missing(id: string, param = 'id') {
  return resourceMissing('tax rate', id, param);
}
