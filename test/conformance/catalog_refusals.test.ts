import { beforeAll, describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import type { Params } from '../support/form.ts';
import { type Catalog, catalogOf, type Refusal } from './catalog.ts';

let catalog: Catalog;
let active: string;
let inactive: string;
/** A price with the lookup key `held`, and what it costs in other currencies. */
let held: string;

beforeAll(async () => {
  catalog = catalogOf(await newAccount());
  active = (await catalog.meter('active')).id;
  inactive = (await catalog.meter('inactive')).id;
  await catalog.ok('POST', `/v1/billing/meters/${inactive}/deactivate`);
  await catalog.product({ id: 'taken' });
  const options = { eur: { unit_amount: 1, tax_behavior: 'exclusive' } };
  held = (await catalog.price({ lookup_key: 'held', tax_behavior: 'inclusive', currency_options: options })).id;
});

const base = { currency: 'usd', unit_amount: 500, product: 'taken' };
const amountless = { currency: 'usd', product: 'taken' };
const monthly = { interval: 'month' };
const tiered = { ...amountless, billing_scheme: 'tiered', tiers_mode: 'graduated', recurring: monthly };
const open = { up_to: 'inf', unit_amount: 1 };
const recurring = (more: Params) => ({ ...base, recurring: { ...monthly, ...more } });
const ONLY_ONE_AMOUNT = 'You may only specify one of these parameters: unit_amount, unit_amount_decimal.';
const NO_AMOUNT = 'Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.';
const exclusive = 'parameters_exclusive';
const missing = 'parameter_missing';
const notServed = 'parameter_not_served';
const integer = 'parameter_invalid_integer';

const NEW_PRICES: readonly Refusal[] = [
  ['no amount', amountless, ['unit_amount', NO_AMOUNT]],
  ['two amounts', { ...base, unit_amount_decimal: '500' }, ['unit_amount', ONLY_ONE_AMOUNT, exclusive]],
  [
    'an option with two',
    { ...base, currency_options: { eur: { unit_amount: 1, unit_amount_decimal: 1 } } },
    ['currency_options[eur][unit_amount]', ONLY_ONE_AMOUNT, exclusive],
  ],
  [
    'an option with none',
    { ...base, currency_options: { eur: { tax_behavior: 'exclusive' } } },
    ['currency_options[eur][unit_amount]', NO_AMOUNT],
  ],
  [
    'an option in its own currency',
    { ...base, currency_options: { usd: { unit_amount: 1 } } },
    ['currency_options[usd]', "the price's own currency"],
  ],
  [
    'an option in no currency',
    { ...base, currency_options: { xxx: { unit_amount: 1 } } },
    ['currency_options', 'Invalid currency: xxx'],
  ],
  ['no currency', { ...base, currency: undefined }, ['currency', 'Missing required param: currency.', missing]],
  ['an unknown currency', { ...base, currency: 'xyz' }, ['currency', 'Invalid currency: xyz.']],
  ['a negative amount', { ...base, unit_amount: -1 }, ['unit_amount', 'greater than or equal to 0', integer]],
  [
    'an amount of 9 digits',
    { ...base, unit_amount: 100_000_000 },
    ['unit_amount', 'less than or equal to 99999999', integer],
  ],
  ['a fraction of a minor unit', { ...base, unit_amount: 0.5 }, ['unit_amount', 'Invalid integer: 0.5', integer]],
  [
    'a decimal above the maximum',
    { ...amountless, unit_amount_decimal: '99999999.1' },
    ['unit_amount_decimal', 'must be between 0 and 99999999'],
  ],
  [
    '13 decimals',
    { ...amountless, unit_amount_decimal: '0.0000000000001' },
    ['unit_amount_decimal', 'at most 12 decimal places'],
  ],
  ['an exponent', { ...amountless, unit_amount_decimal: '1e3' }, ['unit_amount_decimal', 'Invalid decimal: 1e3']],
  [
    'tiers and a package',
    { ...tiered, tiers: [open], transform_quantity: { divide_by: 2, round: 'up' } },
    ['tiers', 'You may only specify one of these parameters: tiers, transform_quantity.', exclusive],
  ],
  [
    'a package of nothing',
    { ...base, transform_quantity: { divide_by: 0, round: 'up' } },
    ['transform_quantity[divide_by]', 'greater than or equal to 1', integer],
  ],
  [
    'tiers without a mode',
    { ...tiered, tiers: [open], tiers_mode: undefined },
    ['tiers_mode', 'Missing required param: tiers_mode.', missing],
  ],
  ['a mode without tiers', tiered, ['tiers', 'Missing required param: tiers.', missing]],
  ['a mode in a per-unit price', { ...base, tiers_mode: 'volume' }, ['tiers_mode', 'requires `billing_scheme=tiered`']],
  ['tiers in a per-unit price', { ...amountless, tiers: [open] }, ['tiers', 'requires `billing_scheme=tiered`']],
  ['tiers and a unit amount', { ...tiered, tiers: [open], unit_amount: 5 }, ['unit_amount', 'cannot be combined']],
  [
    'tiers charged once',
    { ...tiered, tiers: [open], recurring: undefined },
    ['recurring', 'Prices with `type=one_time` are not supported with tiered billing.'],
  ],
  [
    'tiers out of order',
    { ...tiered, tiers: [{ up_to: 5, unit_amount: 1 }, { up_to: 5, unit_amount: 1 }, open] },
    ['tiers[1][up_to]', 'Tiers must ascend'],
  ],
  [
    'tiers that end',
    { ...tiered, tiers: [{ up_to: 5, unit_amount: 1 }] },
    ['tiers[0][up_to]', 'The last tier must have `up_to=inf`.'],
  ],
  [
    'tiers beyond the open one',
    { ...tiered, tiers: [open, open] },
    ['tiers[0][up_to]', 'Only the last tier can have `up_to=inf`.'],
  ],
  [
    'a tier that ends nowhere',
    { ...tiered, tiers: [{ unit_amount: 1 }] },
    ['tiers[0][up_to]', 'Missing required param: tiers[0][up_to].', missing],
  ],
  [
    'a tier that ends at a word',
    { ...tiered, tiers: [{ up_to: 'infinity', unit_amount: 1 }] },
    ['tiers[0][up_to]', 'Invalid integer: infinity', integer],
  ],
  [
    'a tier without amount',
    { ...tiered, tiers: [{ up_to: 'inf' }] },
    ['tiers[0]', 'An entry in the tiers array is missing an amount.'],
  ],
  [
    'a tier with two amounts',
    { ...tiered, tiers: [{ ...open, unit_amount_decimal: '1' }] },
    ['tiers[0][unit_amount]', ONLY_ONE_AMOUNT, exclusive],
  ],
  ['101 tiers', { ...tiered, tiers: Array.from({ length: 101 }, () => open) }, ['tiers', 'at most 100 entries']],
  [
    'an option with tiers out of order',
    { ...tiered, tiers: [open], currency_options: { eur: { tiers: [open, open] } } },
    ['currency_options[eur][tiers][0][up_to]', 'Only the last'],
  ],
  [
    'a metered price without meter',
    recurring({ usage_type: 'metered' }),
    ['recurring[meter]', 'metered prices must be backed by meters'],
  ],
  [
    'an unknown meter',
    recurring({ usage_type: 'metered', meter: 'mtr_unknown' }),
    ['recurring[meter]', "No such billing meter: 'mtr_unknown'", 'resource_missing'],
  ],
  [
    'no interval',
    { ...base, recurring: { interval_count: 1 } },
    ['recurring[interval]', 'Missing required param: recurring[interval].', missing],
  ],
  ['0 months', recurring({ interval_count: 0 }), ['recurring[interval_count]', 'greater than or equal to 1', integer]],
  ['37 months', recurring({ interval_count: 37 }), ['recurring[interval_count]', '37 months are longer']],
  ['4 years', recurring({ interval: 'year', interval_count: 4 }), ['recurring[interval_count]', '4 years are longer']],
  [
    '157 weeks',
    recurring({ interval: 'week', interval_count: 157 }),
    ['recurring[interval_count]', '157 weeks are longer'],
  ],
  [
    '1096 days',
    recurring({ interval: 'day', interval_count: 1096 }),
    ['recurring[interval_count]', '1096 days are longer'],
  ],
  [
    'an unknown product',
    { ...base, product: 'prod_unknown' },
    ['product', "No such product: 'prod_unknown'", 'resource_missing'],
  ],
  ['no product', { ...base, product: undefined }, ['product', 'You must specify either `product` or `product_data`']],
  [
    'two products',
    { ...base, product_data: { name: 'P' } },
    ['product', 'You may only specify one of these parameters: product, product_data.', exclusive],
  ],
  [
    'a product whose id is taken',
    { ...base, product: undefined, product_data: { id: 'taken', name: 'P' } },
    ['product_data[id]', 'Product already exists.', 'resource_already_exists'],
  ],
  [
    'a lookup key of 201 characters',
    { ...base, lookup_key: 'k'.repeat(201) },
    ['lookup_key', 'must be at most 200 characters'],
  ],
  [
    'a custom amount',
    { ...base, custom_unit_amount: { enabled: true } },
    ['custom_unit_amount', 'not served', notServed],
  ],
  ['a trial', recurring({ trial_period_days: 7 }), ['recurring[trial_period_days]', 'not served', notServed]],
];

const CHANGED_PRICES: readonly Refusal[] = [
  ['a decided tax behavior', { tax_behavior: 'exclusive' }, ['tax_behavior', 'it cannot be changed']],
  ['an undone tax behavior', { tax_behavior: 'unspecified' }, ['tax_behavior', 'it cannot be changed']],
  [
    'that of another currency',
    { currency_options: { eur: { tax_behavior: 'inclusive' } } },
    ['currency_options[eur][tax_behavior]', 'it cannot be changed'],
  ],
  [
    'its own currency as an option',
    { currency_options: { usd: { unit_amount: 1 } } },
    ['currency_options[usd]', "the price's own currency"],
  ],
  [
    'a new currency without amount',
    { currency_options: { gbp: { tax_behavior: 'exclusive' } } },
    ['currency_options[gbp][unit_amount]', NO_AMOUNT],
  ],
  ['no other currencies', { currency_options: '' }, ['currency_options', 'cannot be taken away']],
  [
    'another amount',
    { unit_amount: 1 },
    ['unit_amount', 'Received unknown parameter: unit_amount', 'parameter_unknown'],
  ],
];

describe('refused, with nothing written', () => {
  test.each(NEW_PRICES)('a new price with %s', async (_, params, error) => {
    await catalog.refused('POST', '/v1/prices', params, error);
  });

  test('a licensed price with a meter', async () => {
    const message = 'requires `recurring[usage_type]=metered`';
    await catalog.refused('POST', '/v1/prices', recurring({ meter: active }), ['recurring[meter]', message]);
  });

  test('a price with an inactive meter, and the product that came with it', async () => {
    const params = recurring({ usage_type: 'metered', meter: inactive });
    await catalog.refused('POST', '/v1/prices', params, ['recurring[meter]', 'is inactive']);
    const inline = { ...params, product: undefined, product_data: { name: 'Inline' } };
    await catalog.refused('POST', '/v1/prices', inline, ['recurring[meter]', 'is inactive']);
  });

  test('a lookup key in use', async () => {
    const error = ['lookup_key', `A price (\`${held}\`) already uses that lookup key.`] as const;
    await catalog.refused('POST', '/v1/prices', { ...base, lookup_key: 'held' }, error);
    const { id } = await catalog.price();
    await catalog.refused('POST', `/v1/prices/${id}`, { lookup_key: 'held', transfer_lookup_key: false }, error);
    await catalog.ok('POST', `/v1/prices/${held}`, { active: false });
    await catalog.refused('POST', `/v1/prices/${id}`, { lookup_key: 'held' }, error);
  });

  test.each(CHANGED_PRICES)('a change of a price to %s', async (_, params, error) => {
    await catalog.refused('POST', `/v1/prices/${held}`, params, error);
  });

  test.each(['GET', 'POST'])('%s of an unknown price', async (method) => {
    const message = "No such price: 'price_unknown'";
    await catalog.refused(method, '/v1/prices/price_unknown', {}, ['id', message, 'resource_missing', 404]);
  });

  test.each<Refusal>([
    [
      'of an unknown product',
      { product: 'prod_unknown' },
      ['product', "No such product: 'prod_unknown'", 'resource_missing'],
    ],
    [
      'of 11 lookup keys',
      { lookup_keys: Array.from({ length: 11 }, () => 'k') },
      ['lookup_keys', 'at most 10 entries'],
    ],
    ['of an unknown type', { type: 'gift' }, ['type', 'must be one of one_time or recurring']],
    ['without entries', { limit: 0 }, ['limit', 'greater than or equal to 1', integer]],
  ])('a list %s', async (_, params, error) => {
    await catalog.refused('GET', '/v1/prices', params, error);
  });

  test('what belongs to another account', async () => {
    const stranger = catalogOf(await newAccount());
    const gone = ['id', `No such price: '${held}'`, 'resource_missing', 404] as const;
    for (const method of ['GET', 'POST']) await stranger.refused(method, `/v1/prices/${held}`, {}, gone);
    const product = await stranger.product();
    const params = { ...recurring({ usage_type: 'metered', meter: active }), product: product.id };
    const message = `No such billing meter: '${active}'`;
    await stranger.refused('POST', '/v1/prices', params, ['recurring[meter]', message, 'resource_missing']);
    expect(await stranger.price({ lookup_key: 'held' })).toMatchObject({ lookup_key: 'held' });
  });
});
