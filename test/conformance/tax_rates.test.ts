import { beforeAll, describe, expect, test } from 'vitest';
import { requireTaxRates } from '../../src/catalog/write_tax_rate.ts';
import { newAccount, type TestAccount } from '../support/account.ts';
import { directly } from '../support/direct.ts';
import type { Params } from '../support/form.ts';
import { type Catalog, catalogOf, type Refusal } from './catalog.ts';

let account: TestAccount;
let catalog: Catalog;

beforeAll(async () => {
  account = await newAccount();
  catalog = catalogOf(account);
});

const vat = { display_name: 'VAT', inclusive: false, percentage: 20 };
const create = (params: Params = {}) => catalog.ok('POST', '/v1/tax_rates', { ...vat, ...params });

describe('a tax rate', () => {
  test('needs a name, a percentage and whether prices include it', async () => {
    const created = await create({ percentage: '8.8750' });
    expect(created).toEqual({
      id: expect.stringMatching(/^txr_\w{24}$/),
      object: 'tax_rate',
      active: true,
      country: null,
      created: expect.any(Number),
      description: null,
      display_name: 'VAT',
      effective_percentage: 8.875,
      flat_amount: null,
      inclusive: false,
      jurisdiction: null,
      jurisdiction_level: null,
      livemode: false,
      metadata: {},
      percentage: 8.875,
      rate_type: 'percentage',
      state: null,
      tax_type: null,
    });
    expect(await catalog.ok('GET', `/v1/tax_rates/${created.id}`)).toEqual(created);
    expect(await catalog.eventsOf(created.id)).toMatchObject([{ type: 'tax_rate.created', data: { object: created } }]);
  });

  test.each(['0', '100', '0.0001', '99.9999'])('can be of %s %%', async (percentage) => {
    expect((await create({ percentage })).percentage).toBe(Number(percentage));
  });

  test('keeps and changes all but its percentage, and tells what it was', async () => {
    const details = {
      active: false,
      description: 'of Germany',
      jurisdiction: 'DE',
      metadata: { a: '1' },
      tax_type: 'vat',
    };
    const created = await create({ ...details, inclusive: true, country: 'de', state: 'be' });
    expect(created).toMatchObject({ ...details, inclusive: true, country: 'DE', state: 'BE' });
    const changes = {
      active: true,
      country: 'US',
      description: 'of New York',
      display_name: 'Sales Tax',
      jurisdiction: 'US - NY',
      metadata: { a: '', b: '2' },
      state: 'NY',
      tax_type: 'sales_tax',
    };
    const changed = await catalog.ok('POST', `/v1/tax_rates/${created.id}`, changes);
    expect(changed).toEqual({ ...created, ...changes, metadata: { b: '2' } });
    const [, event] = await catalog.eventsOf(created.id);
    expect(event).toMatchObject({
      type: 'tax_rate.updated',
      data: { object: changed, previous_attributes: { active: false, country: 'DE', metadata: { a: '1', b: null } } },
    });
    expect((await catalog.ok('POST', `/v1/tax_rates/${created.id}`, { metadata: '' })).metadata).toEqual({});
  });

  test('is found by every filter of the list', async () => {
    const own = catalogOf(await newAccount());
    const make = async (params: Params) => (await own.ok('POST', '/v1/tax_rates', { ...vat, ...params })).id as string;
    const outside = await make({});
    const inside = await make({ inclusive: true });
    const idle = await make({ active: false });
    const list = async (params: Params) => {
      const { data } = await own.ok('GET', '/v1/tax_rates', params);
      return data.map(({ id }: { id: string }) => id);
    };
    expect(await list({})).toEqual([idle, inside, outside]);
    expect(await list({ active: true })).toEqual([inside, outside]);
    expect(await list({ active: false })).toEqual([idle]);
    expect(await list({ inclusive: true })).toEqual([inside]);
    expect(await list({ inclusive: false, active: true })).toEqual([outside]);
    expect(await list({ created: { lt: 1_000 } })).toEqual([]);
    expect(await list({ starting_after: idle, limit: 1 })).toEqual([inside]);
  });
});

describe('tax rates that something is given', () => {
  const require = (ids: string[]) =>
    directly(account, async (context) => await requireTaxRates(context, ids, 'default_tax_rates'));

  test('come in the order that they were given', async () => {
    const ids = await Promise.all([1, 2, 3, 4, 5].map(async () => (await create()).id as string));
    const reversed = ids.toReversed();
    expect((await require(reversed)).map(({ id }) => id)).toEqual(reversed);
    expect(await require([])).toEqual([]);
  });

  test('are refused when they are too many, repeated, unknown or inactive', async () => {
    const [active, idle] = [(await create()).id, (await create({ active: false })).id];
    const refused = async (ids: string[], param: string, message: string) => {
      await expect(require(ids)).rejects.toMatchObject({
        fields: { status: 400, param, message: expect.stringContaining(message) },
      });
    };
    await refused(
      Array.from({ length: 6 }, () => active),
      'default_tax_rates',
      'at most 5 tax rates, and passed 6',
    );
    await refused([active, active], 'default_tax_rates[1]', 'more than once');
    await refused([active, 'txr_x'], 'default_tax_rates[1]', "No such tax rate: 'txr_x'");
    await refused([idle], 'default_tax_rates[0]', 'is inactive');
  });
});

const REFUSED: readonly Refusal[] = [
  ['no name', { display_name: undefined }, ['display_name', 'Missing required param', 'parameter_missing']],
  ['no percentage', { percentage: undefined }, ['percentage', 'Missing required param', 'parameter_missing']],
  ['no side', { inclusive: undefined }, ['inclusive', 'Missing required param', 'parameter_missing']],
  ['a long name', { display_name: 'x'.repeat(51) }, ['display_name', 'at most 50 characters']],
  ['more than 100 %', { percentage: 100.0001 }, ['percentage', 'less than or equal to 100']],
  ['less than 0 %', { percentage: -1 }, ['percentage', "greater than or equal to 0 (it currently is '-1')"]],
  ['five decimals', { percentage: 1.23456 }, ['percentage', 'must contain at maximum four decimal places']],
  ['no number', { percentage: 'x' }, ['percentage', 'Invalid decimal: x']],
  ['neither side', { inclusive: 'maybe' }, ['inclusive', 'Invalid boolean: maybe']],
  ['a long country', { country: 'DEU' }, ['country', 'country code of two letters']],
  ['a long state', { state: 'NYC' }, ['state', 'at most 2 characters']],
  ['an unknown type', { tax_type: 'tithe' }, ['tax_type', 'Invalid tax_type']],
  ['a flat amount', { flat_amount: 5 }, ['flat_amount', 'unknown', 'parameter_unknown']],
];

describe('refused, with nothing written', () => {
  test.each(REFUSED)('a tax rate of %s', async (_, params, error) => {
    await catalog.refused('POST', '/v1/tax_rates', { ...vat, ...params }, error);
  });

  test('another percentage', async () => {
    const { id } = await create();
    const error = ['percentage', 'unknown', 'parameter_unknown'] as const;
    await catalog.refused('POST', `/v1/tax_rates/${id}`, { percentage: 5 }, error);
  });

  test.each(['GET', 'POST'])('%s of an unknown one', async (method) => {
    const error = ['id', "No such tax rate: 'txr_x'", 'resource_missing', 404] as const;
    await catalog.refused(method, '/v1/tax_rates/txr_x', {}, error);
  });
});
