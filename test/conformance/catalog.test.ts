import { beforeAll, describe, expect, test } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';
import type { Params } from '../support/form.ts';
import { type Catalog, catalogOf } from './catalog.ts';

let account: TestAccount;
let catalog: Catalog;

beforeAll(async () => {
  account = await newAccount();
  catalog = catalogOf(account);
});

const amountless = { unit_amount: undefined };
const monthly = { interval: 'month' };
const tiered = { ...amountless, billing_scheme: 'tiered', tiers_mode: 'graduated', recurring: monthly };

describe('a price', () => {
  test('of a flat amount is charged once unless it recurs', async () => {
    const created = await catalog.price({ nickname: 'Standard', metadata: { a: '1' } });
    expect(created).toEqual({
      id: expect.stringMatching(/^price_\w{24}$/),
      object: 'price',
      active: true,
      billing_scheme: 'per_unit',
      created: expect.any(Number),
      currency: 'usd',
      custom_unit_amount: null,
      livemode: false,
      lookup_key: null,
      metadata: { a: '1' },
      nickname: 'Standard',
      product: expect.stringMatching(/^prod_/),
      recurring: null,
      tax_behavior: 'unspecified',
      tiers_mode: null,
      transform_quantity: null,
      type: 'one_time',
      unit_amount: 500,
      unit_amount_decimal: '500',
    });
    expect(await catalog.ok('GET', `/v1/prices/${created.id}`)).toEqual(created);
    expect(await catalog.eventsOf(created.id)).toMatchObject([{ type: 'price.created', data: { object: created } }]);
    expect(await catalog.typesOf(created.product)).toEqual(['product.created']);
  });

  test('of the guide: a package of 100 metered units', async () => {
    const { id } = await catalog.meter('alpaca_ai_tokens');
    const created = await catalog.price({
      unit_amount: 4,
      billing_scheme: 'per_unit',
      transform_quantity: { divide_by: 100, round: 'up' },
      recurring: { usage_type: 'metered', interval: 'month', meter: id },
    });
    expect(created).toMatchObject({
      type: 'recurring',
      transform_quantity: { divide_by: 100, round: 'up' },
      recurring: { interval: 'month', interval_count: 1, meter: id, trial_period_days: null, usage_type: 'metered' },
    });
  });

  test.each([
    ['0.000000000001', null, '0.000000000001'],
    ['99999999', 99_999_999, '99999999'],
    ['5.10', null, '5.1'],
    ['5.000', 5, '5'],
    ['0', 0, '0'],
  ])('of %s minor units reads %s and %s', async (given, whole, exact) => {
    const created = await catalog.price({ ...amountless, unit_amount_decimal: given });
    expect([created.unit_amount, created.unit_amount_decimal]).toEqual([whole, exact]);
  });

  test('in tiers shows them only when they are expanded', async () => {
    const tiers = [
      { up_to: 10, unit_amount: 5, flat_amount: 100 },
      { up_to: 20, flat_amount_decimal: '0.5' },
      { up_to: 'inf', unit_amount_decimal: '1.25', flat_amount: 0 },
    ];
    const created = await catalog.price({ ...tiered, tiers });
    expect(created).toMatchObject({
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      unit_amount: null,
      unit_amount_decimal: null,
    });
    expect(created).not.toHaveProperty('tiers');
    const shown = [
      { flat_amount: 100, flat_amount_decimal: '100', unit_amount: 5, unit_amount_decimal: '5', up_to: 10 },
      { flat_amount: null, flat_amount_decimal: '0.5', unit_amount: null, unit_amount_decimal: null, up_to: 20 },
      { flat_amount: 0, flat_amount_decimal: '0', unit_amount: null, unit_amount_decimal: '1.25', up_to: null },
    ];
    expect((await catalog.ok('GET', `/v1/prices/${created.id}`, { expand: ['tiers'] })).tiers).toEqual(shown);
    expect((await catalog.eventsOf(created.id))[0]!.data.object['tiers']).toEqual(shown);
    const volume = await catalog.price({ ...tiered, tiers_mode: 'volume', tiers, expand: ['tiers'] });
    expect(volume).toMatchObject({ tiers_mode: 'volume', tiers: shown });
    const flat = await catalog.price({ expand: ['tiers'] });
    expect(flat).not.toHaveProperty('tiers');
  });

  test('has amounts of its own in each currency, shown when they are expanded', async () => {
    const created = await catalog.price({
      currency: 'USD',
      currency_options: { jpy: { unit_amount: 700, tax_behavior: 'inclusive' }, eur: { unit_amount_decimal: '4.5' } },
    });
    expect(created.currency).toBe('usd');
    expect(created).not.toHaveProperty('currency_options');
    const option = (unit_amount: number | null, decimals: string, tax_behavior = 'unspecified') => {
      return { custom_unit_amount: null, tax_behavior, unit_amount, unit_amount_decimal: decimals };
    };
    const { data } = await catalog.ok('GET', '/v1/prices', { limit: 1, expand: ['data.currency_options'] });
    expect(data[0].currency_options).toEqual({
      eur: option(null, '4.5'),
      jpy: option(700, '700', 'inclusive'),
      usd: option(500, '500'),
    });
    const change = {
      currency_options: { eur: { unit_amount: 6 }, gbp: { unit_amount: 5 } },
      expand: ['currency_options'],
    };
    const changed = await catalog.ok('POST', `/v1/prices/${created.id}`, change);
    expect(changed.currency_options).toMatchObject({
      eur: option(6, '6'),
      gbp: option(5, '5'),
      jpy: option(700, '700', 'inclusive'),
    });
    const [, event] = await catalog.eventsOf(created.id);
    expect(event!.data.previous_attributes).toEqual({
      currency_options: { eur: { unit_amount: null, unit_amount_decimal: '4.5' }, gbp: null },
    });
  });

  test('in tiers has tiers in each currency', async () => {
    const options = {
      eur: {
        tiers: [
          { up_to: 5, unit_amount: 1 },
          { up_to: 'inf', flat_amount: 9 },
        ],
      },
    };
    const created = await catalog.price({
      ...tiered,
      tiers: [{ up_to: 'inf', unit_amount: 2 }],
      currency_options: options,
      expand: ['currency_options'],
    });
    expect(created.currency_options.eur).toMatchObject({ unit_amount: null, tiers: [{ up_to: 5 }, { up_to: null }] });
    expect(created.currency_options.usd.tiers).toMatchObject([{ up_to: null, unit_amount: 2 }]);
  });

  test('changes all but what it costs', async () => {
    const created = await catalog.price({ lookup_key: 'changing', nickname: 'Old', metadata: { a: '1' } });
    const changes = {
      active: false,
      nickname: 'New',
      metadata: { a: '', b: '2' },
      lookup_key: 'changed',
      tax_behavior: 'inclusive',
    };
    const changed = await catalog.ok('POST', `/v1/prices/${created.id}`, changes);
    expect(changed).toEqual({ ...created, ...changes, metadata: { b: '2' } });
    const [, event] = await catalog.eventsOf(created.id);
    expect(event).toMatchObject({
      type: 'price.updated',
      data: {
        object: changed,
        previous_attributes: { active: true, nickname: 'Old', lookup_key: 'changing', tax_behavior: 'unspecified' },
      },
    });
    const cleared = await catalog.ok('POST', `/v1/prices/${created.id}`, {
      nickname: '',
      metadata: '',
      lookup_key: '',
    });
    expect(cleared).toMatchObject({ nickname: null, metadata: {}, lookup_key: null });
    await catalog.ok('POST', `/v1/prices/${created.id}`, { tax_behavior: 'inclusive' });
    expect(await catalog.typesOf(created.id)).toEqual(['price.created', 'price.updated', 'price.updated']);
  });

  test('may be added to an inactive product, and leads to it', async () => {
    const { id } = await catalog.product({ active: false });
    const created = await catalog.price({ product: id, product_data: undefined, active: false, expand: ['product'] });
    expect(created).toMatchObject({ active: false, product: { id, name: 'Alpaca AI', active: false } });
  });

  test('brings the product that is given with it', async () => {
    const data = {
      id: 'inline',
      name: 'Inline',
      active: false,
      metadata: { a: '1' },
      statement_descriptor: 'INLINE',
      unit_label: 'seat',
    };
    const created = await catalog.price({ product_data: data, expand: ['product.default_price'] });
    expect(created.product).toMatchObject({ ...data, default_price: null });
  });

  test('reads and writes with the official client', async () => {
    const { prices, products } = account.stripe;
    const { id } = await products.create({ name: 'Client' });
    const created = await prices.create({
      product: id,
      currency: 'usd',
      billing_scheme: 'tiered',
      tiers_mode: 'volume',
      recurring: { interval: 'month' },
      tiers: [
        { up_to: 3, unit_amount: 10 },
        { up_to: 'inf', flat_amount: 1 },
      ],
      currency_options: { eur: { tiers: [{ up_to: 'inf', unit_amount: 9 }] } },
      expand: ['tiers', 'currency_options', 'product'],
    });
    expect(created.tiers).toMatchObject([{ up_to: 3 }, { up_to: null }]);
    expect(created.tiers?.[0]?.unit_amount_decimal?.toString()).toBe('10');
    expect(created.currency_options?.['eur']?.tiers).toHaveLength(1);
    expect(created.product).toMatchObject({ id, name: 'Client' });
    const { data } = await prices.list({ product: id, recurring: { interval: 'month' } });
    expect(data.map((found) => found.id)).toEqual([created.id]);
  });

  test('is found by every filter of the list', async () => {
    const own = catalogOf(await newAccount());
    const { id: meterId } = await own.meter('m');
    const make = (params: Params) => own.price(params);
    const once = await make({ lookup_key: 'once' });
    const archived = await make({ active: false, recurring: { interval: 'year' }, lookup_key: 'yearly' });
    const metered = await make({
      currency: 'eur',
      recurring: { interval: 'month', usage_type: 'metered', meter: meterId },
    });
    const both = await make({
      currency: 'gbp',
      currency_options: { eur: { unit_amount: 1 } },
      product_data: undefined,
      product: once.product,
    });
    const list = async (params: Params) => {
      const { data } = await own.ok('GET', '/v1/prices', params);
      return data.map(({ id }: { id: string }) => id);
    };
    expect(await list({})).toEqual([both.id, metered.id, archived.id, once.id]);
    expect(await list({ active: false })).toEqual([archived.id]);
    expect(await list({ active: true })).toHaveLength(3);
    expect(await list({ currency: 'eur' })).toEqual([both.id, metered.id]);
    expect(await list({ lookup_keys: ['yearly', 'once', 'none'] })).toEqual([archived.id, once.id]);
    expect(await list({ product: once.product })).toEqual([both.id, once.id]);
    expect(await list({ recurring: { interval: 'year' } })).toEqual([archived.id]);
    expect(await list({ recurring: { meter: meterId } })).toEqual([metered.id]);
    expect(await list({ recurring: { usage_type: 'licensed' } })).toEqual([archived.id]);
    expect(await list({ type: 'recurring' })).toEqual([metered.id, archived.id]);
    expect(await list({ type: 'one_time' })).toEqual([both.id, once.id]);
    expect(await list({ type: 'one_time', currency: 'usd' })).toEqual([once.id]);
    expect(await list({ created: { gt: 4_000_000_000 } })).toEqual([]);
    const page = await own.ok('GET', '/v1/prices', { limit: 1, expand: ['data.product'] });
    expect(page).toMatchObject({ has_more: true, url: '/v1/prices', data: [{ product: { id: once.product } }] });
  });
});

describe('a lookup key', () => {
  test('moves to a new price, and the price that loses it is told', async () => {
    const first = await catalog.price({ lookup_key: 'gold' });
    const second = await catalog.price({ lookup_key: 'gold', transfer_lookup_key: true });
    expect(second.lookup_key).toBe('gold');
    expect(await catalog.ok('GET', `/v1/prices/${first.id}`)).toMatchObject({ lookup_key: null, active: true });
    const [, event] = await catalog.eventsOf(first.id);
    expect(event).toMatchObject({ type: 'price.updated', data: { previous_attributes: { lookup_key: 'gold' } } });
    await catalog.ok('POST', `/v1/prices/${first.id}`, { lookup_key: 'gold', transfer_lookup_key: true });
    expect((await catalog.ok('GET', `/v1/prices/${second.id}`)).lookup_key).toBeNull();
    expect(await catalog.typesOf(second.id)).toEqual(['price.created', 'price.updated']);
    await catalog.ok('POST', `/v1/prices/${first.id}`, { lookup_key: 'gold' });
  });

  test('has one holder, however many ask at once', async () => {
    const { id } = await catalog.product();
    const ask = (transfer: boolean) =>
      account.request('POST', '/v1/prices', {
        currency: 'usd',
        unit_amount: 1,
        product: id,
        lookup_key: 'contested',
        transfer_lookup_key: transfer,
      });
    const refusing = await Promise.all(Array.from({ length: 8 }, () => ask(false)));
    expect(refusing.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(refusing.filter(({ body }) => body.error?.param === 'lookup_key')).toHaveLength(7);
    const moving = await Promise.all(Array.from({ length: 8 }, () => ask(true)));
    expect(moving.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    const { data } = await catalog.ok('GET', '/v1/prices', { lookup_keys: ['contested'] });
    expect(data).toHaveLength(1);
  });

  test('can be swapped in both directions at once', async () => {
    const [a, b] = [await catalog.price({ lookup_key: 'left' }), await catalog.price({ lookup_key: 'right' })];
    const take = (id: string, key: string) =>
      catalog.ok('POST', `/v1/prices/${id}`, { lookup_key: key, transfer_lookup_key: true });
    await Promise.all([take(a.id, 'right'), take(b.id, 'left')]);
    expect(await catalog.ok('GET', `/v1/prices/${a.id}`)).toMatchObject({ lookup_key: 'right' });
    expect(await catalog.ok('GET', `/v1/prices/${b.id}`)).toMatchObject({ lookup_key: 'left' });
  });
});
