import { beforeAll, describe, expect, test } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';
import type { Params } from '../support/form.ts';
import { type Catalog, catalogOf, type Refusal } from './catalog.ts';

let account: TestAccount;
let catalog: Catalog;

beforeAll(async () => {
  account = await newAccount();
  catalog = catalogOf(account);
});

const NO_AMOUNT = 'Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.';
const missing = 'parameter_missing';
const notServed = 'parameter_not_served';
const open = { up_to: 'inf', unit_amount: 1 };

const NEW_PRODUCTS: readonly Refusal[] = [
  ['no name', {}, ['name', 'Missing required param: name.', missing]],
  ['a taken id', { id: 'taken', name: 'P' }, ['id', 'Product already exists.', 'resource_already_exists']],
  ['an id with a slash', { id: 'a/b', name: 'P' }, ['id', 'Invalid string: a/b']],
  ['an id that names a path', { id: 'search', name: 'P' }, ['id', 'Invalid string: search']],
  ['a broken url', { name: 'P', url: 'example' }, ['url', 'Not a valid URL', 'url_invalid']],
  [
    'a broken image',
    { name: 'P', images: ['https://a.b', 'javascript:x'] },
    ['images[1]', 'Not a valid URL', 'url_invalid'],
  ],
  ['9 images', { name: 'P', images: Array.from({ length: 9 }, () => 'https://a.b') }, ['images', 'at most 8 entries']],
  ['a good', { name: 'P', type: 'good' }, ['type', 'must be service']],
  [
    'a descriptor without letter',
    { name: 'P', statement_descriptor: '123' },
    ['statement_descriptor', 'Invalid string: 123'],
  ],
  [
    'a dimension of 3 decimals',
    { name: 'P', package_dimensions: { height: 0.125, length: 1, weight: 1, width: 1 } },
    ['package_dimensions[height]', 'at most 2 decimal places'],
  ],
  [
    'half a package',
    { name: 'P', package_dimensions: { height: 1 } },
    ['package_dimensions[length]', 'Missing required param', missing],
  ],
  ['a tax code', { name: 'P', tax_code: 'txcd_1' }, ['tax_code', 'not served', notServed]],
  ['tax details', { name: 'P', tax_details: { tax_code: 'txcd_1' } }, ['tax_details', 'not served', notServed]],
  [
    'a default price without amount',
    { name: 'P', default_price_data: { currency: 'usd' } },
    ['default_price_data[unit_amount]', NO_AMOUNT],
  ],
  [
    'a default price in tiers',
    {
      name: 'P',
      default_price_data: { currency: 'usd', unit_amount: 1, currency_options: { eur: { tiers: [open] } } },
    },
    ['default_price_data[currency_options][eur][tiers]', 'requires'],
  ],
  [
    'a default price that is too long',
    {
      name: 'P',
      default_price_data: { currency: 'usd', unit_amount: 1, recurring: { interval: 'year', interval_count: 4 } },
    },
    ['default_price_data[recurring][interval_count]', '4 years are longer'],
  ],
];

describe('a product', () => {
  test('needs only a name', async () => {
    const created = await catalog.product();
    expect(created).toEqual({
      id: expect.stringMatching(/^prod_\w{24}$/),
      object: 'product',
      active: true,
      created: expect.any(Number),
      default_price: null,
      description: null,
      images: [],
      livemode: false,
      marketing_features: [],
      metadata: {},
      name: 'Alpaca AI',
      package_dimensions: null,
      shippable: null,
      statement_descriptor: null,
      tax_code: null,
      tax_details: null,
      type: 'service',
      unit_label: null,
      updated: created.created,
      url: null,
    });
    expect(await catalog.ok('GET', `/v1/products/${created.id}`)).toEqual(created);
    expect((await catalog.eventsOf(created.id))[0]).toMatchObject({
      type: 'product.created',
      data: { object: created },
    });
  });

  test('keeps all that it was given, and forgets what is cleared', async () => {
    const details = {
      active: false,
      description: 'Tokens of a model',
      images: ['https://example.com/a.png', 'https://example.com/b.png'],
      marketing_features: [{ name: 'Fast' }, { name: 'Exact' }],
      metadata: { tier: 'gold' },
      package_dimensions: { height: 1.5, length: 2, weight: 99_999_999, width: 0.25 },
      shippable: true,
      statement_descriptor: 'ALPACA AI',
      unit_label: 'token',
      url: 'https://example.com/alpaca',
    };
    const created = await catalog.product({ ...details, type: 'service' });
    expect(created).toMatchObject(details);
    const cleared = await catalog.ok('POST', `/v1/products/${created.id}`, {
      description: '',
      images: '',
      marketing_features: '',
      metadata: '',
      package_dimensions: '',
      unit_label: '',
      url: '',
    });
    expect(cleared).toMatchObject({
      active: false,
      description: null,
      images: [],
      marketing_features: [],
      metadata: {},
      package_dimensions: null,
      shippable: true,
      statement_descriptor: 'ALPACA AI',
      unit_label: null,
      url: null,
    });
  });

  test('changes what is named, and tells what it was', async () => {
    const created = await catalog.product({ metadata: { a: '1', b: '2' } });
    const changes = {
      name: 'Llama',
      active: false,
      metadata: { a: '', c: '3' },
      statement_descriptor: 'LLAMA',
      shippable: false,
    };
    const changed = await catalog.ok('POST', `/v1/products/${created.id}`, changes);
    expect(changed).toMatchObject({ name: 'Llama', active: false, metadata: { b: '2', c: '3' }, shippable: false });
    expect(changed.updated).toBeGreaterThanOrEqual(created.updated);
    const [, event] = await catalog.eventsOf(created.id);
    expect(event).toMatchObject({
      type: 'product.updated',
      data: {
        object: changed,
        previous_attributes: { name: 'Alpaca AI', active: true, metadata: { a: '1', c: null } },
      },
    });
    expect(await catalog.ok('POST', `/v1/products/${created.id}`, { name: 'Llama' })).toEqual(changed);
    expect(await catalog.typesOf(created.id)).toEqual(['product.created', 'product.updated']);
  });

  test('can bring its own id, and its default price', async () => {
    const created = await catalog.product({
      id: 'gold',
      default_price_data: {
        currency: 'usd',
        unit_amount_decimal: '0.5',
        recurring: { interval: 'week', interval_count: 2 },
        currency_options: { eur: { unit_amount: 1 } },
        metadata: { first: 'yes' },
        tax_behavior: 'exclusive',
      },
      expand: ['default_price.currency_options'],
    });
    expect(created.id).toBe('gold');
    expect(created.default_price).toMatchObject({
      product: 'gold',
      active: true,
      unit_amount: null,
      unit_amount_decimal: '0.5',
      recurring: { interval: 'week', interval_count: 2, usage_type: 'licensed' },
      currency_options: { eur: { unit_amount: 1 }, usd: { unit_amount_decimal: '0.5' } },
      metadata: { first: 'yes' },
      tax_behavior: 'exclusive',
    });
    const events = await catalog.eventsOf('gold');
    expect(events.map(({ type }) => type)).toEqual(['product.created']);
    expect(events[0]!.data.object['default_price']).toBe(created.default_price.id);
    expect(await catalog.typesOf(created.default_price.id)).toEqual(['price.created']);
  });

  test('takes another price of its own as default, or none', async () => {
    const { id, default_price: first } = await catalog.product({
      default_price_data: { currency: 'usd', unit_amount: 1 },
    });
    const second = await catalog.price({ product: id, product_data: undefined });
    expect(await catalog.ok('POST', `/v1/products/${id}`, { default_price: second.id })).toMatchObject({
      default_price: second.id,
    });
    await catalog.ok('POST', `/v1/prices/${first}`, { active: false });
    const bare = await catalog.ok('POST', `/v1/products/${id}`, { default_price: '' });
    expect(bare.default_price).toBeNull();
  });

  test('is deleted where it never had a price', async () => {
    const created = await catalog.product({ id: 'short-lived' });
    expect(await catalog.ok('DELETE', '/v1/products/short-lived')).toEqual({
      id: 'short-lived',
      object: 'product',
      deleted: true,
    });
    expect(await catalog.typesOf('short-lived')).toEqual(['product.created', 'product.deleted']);
    expect((await catalog.eventsOf('short-lived'))[1]!.data.object).toEqual(created);
    const gone = "No such product: 'short-lived'";
    await catalog.refused('GET', '/v1/products/short-lived', {}, ['id', gone, 'resource_missing', 404]);
    await catalog.refused('DELETE', '/v1/products/short-lived', {}, ['id', gone, 'resource_missing', 404]);
    const params = { currency: 'usd', unit_amount: 1, product: 'short-lived' };
    await catalog.refused('POST', '/v1/prices', params, ['product', gone, 'resource_missing']);
  });

  test('is never deleted under a price that is being made', async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await catalog.product();
      const [deleted, made] = await Promise.all([
        account.request('DELETE', `/v1/products/${id}`),
        account.request('POST', '/v1/prices', { currency: 'usd', unit_amount: 1, product: id }),
      ]);
      expect([deleted.status, made.status].toSorted((a, b) => a - b)).toEqual([200, 400]);
    }
  });

  test('never has an archived price as its default', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, product } = await catalog.price();
      const [archived, chosen] = await Promise.all([
        account.request('POST', `/v1/prices/${id}`, { active: false }),
        account.request('POST', `/v1/products/${product}`, { default_price: id }),
      ]);
      expect([archived.status, chosen.status].toSorted((a, b) => a - b)).toEqual([200, 400]);
    }
  });

  test('is found by every filter of the list', async () => {
    const own = catalogOf(await newAccount());
    const make = async (params: Params) => (await own.product(params)).id as string;
    const plain = await make({});
    const archived = await make({ active: false, url: 'https://example.com/x' });
    const goods = await make({ shippable: true });
    const list = async (params: Params) => {
      const { data } = await own.ok('GET', '/v1/products', params);
      return data.map(({ id }: { id: string }) => id);
    };
    expect(await list({})).toEqual([goods, archived, plain]);
    expect(await list({ active: true })).toEqual([goods, plain]);
    expect(await list({ active: false })).toEqual([archived]);
    expect(await list({ shippable: true })).toEqual([goods]);
    expect(await list({ url: 'https://example.com/x' })).toEqual([archived]);
    expect(await list({ ids: [plain, goods, 'prod_unknown'] })).toEqual([goods, plain]);
    expect(await list({ type: 'service' })).toHaveLength(3);
    expect(await list({ type: 'good' })).toEqual([]);
    expect(await list({ created: { lt: 1_000 } })).toEqual([]);
    expect(await list({ limit: 1, starting_after: goods })).toEqual([archived]);
    expect(await list({ ending_before: plain })).toEqual([goods, archived]);
  });
});

describe('refused, with nothing written', () => {
  beforeAll(async () => {
    await catalog.product({ id: 'taken', default_price_data: { currency: 'usd', unit_amount: 1 } });
    await catalog.product({ id: 'other' });
  });

  test.each(NEW_PRODUCTS)('a new product with %s', async (_, params, error) => {
    await catalog.refused('POST', '/v1/products', params, error);
  });

  test.each<Refusal>([
    [
      'an unknown default price',
      { default_price: 'price_unknown' },
      ['default_price', "No such price: 'price_unknown'", 'resource_missing'],
    ],
    ['an empty name', { name: '' }, ['name', "'name' cannot be unset", 'parameter_invalid_empty']],
  ])('a change of a product to %s', async (_, params, error) => {
    await catalog.refused('POST', '/v1/products/taken', params, error);
  });

  test('a default price that is inactive or of another product', async () => {
    const archived = await catalog.price({ product: 'taken', product_data: undefined, active: false });
    const params = { default_price: archived.id };
    await catalog.refused('POST', '/v1/products/taken', params, ['default_price', 'is inactive']);
    await catalog.refused('POST', '/v1/products/other', params, ['default_price', 'does not belong to this product']);
  });

  test('archiving a default price', async () => {
    const { default_price: id } = await catalog.ok('GET', '/v1/products/taken');
    const message = 'This price cannot be archived because it is the default price of its product.';
    await catalog.refused('POST', `/v1/prices/${id}`, { active: false }, ['active', message]);
  });

  test('deleting a product that has prices', async () => {
    const message = 'This product cannot be deleted because it has one or more user-created prices.';
    await catalog.refused('DELETE', '/v1/products/taken', {}, ['id', message]);
  });

  test.each(['GET', 'POST', 'DELETE'])('%s of an unknown product', async (method) => {
    const message = "No such product: 'prod_unknown'";
    await catalog.refused(method, '/v1/products/prod_unknown', {}, ['id', message, 'resource_missing', 404]);
  });

  test('a list of some ids that begins in the middle', async () => {
    const params = { ids: ['taken'], starting_after: 'taken' };
    await catalog.refused('GET', '/v1/products', params, ['ids', 'ids, starting_after', 'parameters_exclusive']);
  });

  test('what belongs to another account', async () => {
    const stranger = catalogOf(await newAccount());
    const gone = ['id', "No such product: 'taken'", 'resource_missing', 404] as const;
    for (const method of ['GET', 'POST', 'DELETE']) await stranger.refused(method, '/v1/products/taken', {}, gone);
    expect(await stranger.product({ id: 'taken' })).toMatchObject({ id: 'taken', default_price: null });
  });
});
