import { beforeAll, describe, expect, test } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';
import { directly } from '../support/direct.ts';
import { countRedemption, requireRedeemable } from '../../src/catalog/redemption.ts';
import { type Catalog, catalogOf, type Refusal } from './catalog.ts';

let account: TestAccount;
let catalog: Catalog;

beforeAll(async () => {
  account = await newAccount();
  catalog = catalogOf(account);
});

const NOW = Math.floor(Date.now() / 1000);
const YEAR = 366 * 86_400;
const tenPercent = { percent_off: 10 };
const fiveOff = { amount_off: 500, currency: 'usd' };
const exclusive = 'parameters_exclusive';
const integer = 'parameter_invalid_integer';

describe('a coupon', () => {
  test('of a percentage is once and for all, unless told otherwise', async () => {
    const created = await catalog.ok('POST', '/v1/coupons', { percent_off: '12.50' });
    expect(created).toEqual({
      id: expect.stringMatching(/^\w{8}$/),
      object: 'coupon',
      amount_off: null,
      created: expect.any(Number),
      currency: null,
      duration: 'once',
      duration_in_months: null,
      livemode: false,
      max_redemptions: null,
      metadata: {},
      name: null,
      percent_off: 12.5,
      redeem_by: null,
      times_redeemed: 0,
      valid: true,
    });
    expect(await catalog.ok('GET', `/v1/coupons/${created.id}`)).toEqual(created);
    expect(await catalog.eventsOf(created.id)).toMatchObject([{ type: 'coupon.created', data: { object: created } }]);
  });

  test('of an amount keeps all that it was given, and shows the rest when expanded', async () => {
    const { id: product } = await catalog.product();
    const details = {
      ...fiveOff,
      id: 'SUMMER',
      name: 'Summer',
      duration: 'repeating',
      duration_in_months: 3,
      max_redemptions: 2,
      redeem_by: NOW + YEAR,
      metadata: { a: '1' },
    };
    const created = await catalog.ok('POST', '/v1/coupons', {
      ...details,
      currency_options: { jpy: { amount_off: 700 }, eur: { amount_off: 400 } },
      applies_to: { products: [product] },
    });
    expect(created).toMatchObject(details);
    expect(created).not.toHaveProperty('applies_to');
    expect(created).not.toHaveProperty('currency_options');
    const parts = {
      applies_to: { products: [product] },
      currency_options: { eur: { amount_off: 400 }, jpy: { amount_off: 700 }, usd: { amount_off: 500 } },
    };
    const expand = ['applies_to', 'currency_options'];
    expect(await catalog.ok('GET', '/v1/coupons/SUMMER', { expand })).toEqual({ ...created, ...parts });
    const { data } = await catalog.ok('GET', '/v1/coupons', { expand: expand.map((name) => `data.${name}`) });
    expect(data[0]).toEqual({ ...created, ...parts });
    expect((await catalog.eventsOf('SUMMER'))[0]!.data.object).toEqual({ ...created, ...parts });
  });

  test('without products or currencies has nothing to expand', async () => {
    const created = await catalog.ok('POST', '/v1/coupons', {
      ...tenPercent,
      expand: ['applies_to', 'currency_options'],
    });
    expect(created).not.toHaveProperty('applies_to');
    expect(created).not.toHaveProperty('currency_options');
  });

  test('changes its name, metadata and other currencies, and tells what they were', async () => {
    await catalog.ok('POST', '/v1/coupons', { ...fiveOff, id: 'CHANGING', metadata: { a: '1', b: '2' } });
    const changed = await catalog.ok('POST', '/v1/coupons/CHANGING', {
      name: 'New',
      metadata: { a: '' },
      currency_options: { eur: { amount_off: 400 } },
    });
    expect(changed).toMatchObject({ name: 'New', metadata: { b: '2' } });
    await catalog.ok('POST', '/v1/coupons/CHANGING', { currency_options: { eur: { amount_off: 300 } } });
    expect(await catalog.ok('POST', '/v1/coupons/CHANGING', { name: 'New' })).toEqual(changed);
    const [, first, second, ...rest] = await catalog.eventsOf('CHANGING');
    expect(first).toMatchObject({
      type: 'coupon.updated',
      data: { previous_attributes: { name: null, metadata: { a: '1' }, currency_options: { eur: null } } },
    });
    expect(second!.data.previous_attributes).toEqual({ currency_options: { eur: { amount_off: 400 } } });
    expect(rest).toEqual([]);
    expect((await catalog.ok('POST', '/v1/coupons/CHANGING', { metadata: '' })).metadata).toEqual({});
  });

  test('is gone when it is deleted, and its id is free again', async () => {
    const created = await catalog.ok('POST', '/v1/coupons', { ...tenPercent, id: 'GONE' });
    expect(await catalog.ok('DELETE', '/v1/coupons/GONE')).toEqual({ id: 'GONE', object: 'coupon', deleted: true });
    const gone = ['id', "No such coupon: 'GONE'", 'resource_missing', 404] as const;
    for (const method of ['GET', 'POST', 'DELETE']) await catalog.refused(method, '/v1/coupons/GONE', {}, gone);
    expect((await catalog.eventsOf('GONE'))[1]).toMatchObject({
      type: 'coupon.deleted',
      data: { object: { ...created, valid: false } },
    });
    const again = await catalog.ok('POST', '/v1/coupons', { ...fiveOff, id: 'GONE' });
    expect(again).toMatchObject({ id: 'GONE', amount_off: 500, percent_off: null, valid: true });
    expect(await catalog.ok('GET', '/v1/coupons/GONE')).toEqual(again);
  });

  test.each(['50% OFF', 'ÉTÉ-20', 'a.b:c@d+e&f=g?h#i', 'x'.repeat(200), '€'.repeat(200)])(
    'can be named %j',
    async (id) => {
      const { stripe } = account;
      const { created } = await stripe.coupons.create({ ...tenPercent, id });
      expect(await stripe.coupons.retrieve(id)).toMatchObject({ id, created });
      expect(await stripe.coupons.del(id)).toMatchObject({ id, deleted: true });
    },
  );

  test('is listed, newest first, until it is deleted', async () => {
    const own = catalogOf(await newAccount());
    const create = (id: string) => own.ok('POST', '/v1/coupons', { ...tenPercent, id });
    for (const id of ['M', 'A', 'Z', 'B']) await create(id);
    await own.ok('DELETE', '/v1/coupons/A');
    const list = async (params = {}) =>
      (await own.ok('GET', '/v1/coupons', params)).data.map((each: { id: string }) => each.id);
    expect(await list()).toEqual(['B', 'Z', 'M']);
    expect(await list({ created: { lt: 1_000 } })).toEqual([]);
    expect(await list({ starting_after: 'B', limit: 1 })).toEqual(['Z']);
    expect(await list({ ending_before: 'M' })).toEqual(['B', 'Z']);
    await create('A');
    expect(await list({ starting_after: 'A' })).toEqual(['B', 'Z', 'M']);
  });
});

describe('redeeming', () => {
  /** Redeems as invoices and subscriptions do: true where it was allowed. */
  async function redeem(kind: 'coupon' | 'promotion_code', id: string): Promise<boolean> {
    const purchase = { customerId: null, currency: 'usd', amount: 1_000n, hasPaidBefore: false };
    try {
      await directly(account, async (context) => {
        const redeemable = await requireRedeemable(context, { kind, id }, purchase, 'discounts[0]');
        await countRedemption(context, redeemable, 'discounts[0]');
      });
      return true;
    } catch (error) {
      expect(error).toMatchObject({ fields: { code: 'coupon_expired', param: 'discounts[0]' } });
      return false;
    }
  }

  test('never passes the limit of a coupon, however many redeem at once', async () => {
    await catalog.ok('POST', '/v1/coupons', { ...tenPercent, id: 'LIMITED', max_redemptions: 5 });
    const results = await Promise.all(Array.from({ length: 20 }, () => redeem('coupon', 'LIMITED')));
    expect(results.filter(Boolean)).toHaveLength(5);
    const after = await catalog.ok('GET', '/v1/coupons/LIMITED');
    expect(after).toMatchObject({ times_redeemed: 5, valid: false });
  });

  test('never passes the limit of a promotion code, and counts for its coupon', async () => {
    await catalog.ok('POST', '/v1/coupons', { ...tenPercent, id: 'BASE', max_redemptions: 100 });
    const promotion = { type: 'coupon', coupon: 'BASE' };
    const { id } = await catalog.ok('POST', '/v1/promotion_codes', { promotion, max_redemptions: 3 });
    const results = await Promise.all(Array.from({ length: 12 }, () => redeem('promotion_code', id)));
    expect(results.filter(Boolean)).toHaveLength(3);
    expect(await catalog.ok('GET', `/v1/promotion_codes/${id}`)).toMatchObject({ times_redeemed: 3, active: false });
    // What was refused for its code was not counted for the coupon either.
    expect(await catalog.ok('GET', '/v1/coupons/BASE')).toMatchObject({ times_redeemed: 3, valid: true });
  });

  test('a change of a coupon forgets no redemption', async () => {
    await catalog.ok('POST', '/v1/coupons', { ...tenPercent, id: 'BUSY' });
    await Promise.all([
      ...Array.from({ length: 6 }, () => redeem('coupon', 'BUSY')),
      ...['a', 'b', 'c'].map((name) => catalog.ok('POST', '/v1/coupons/BUSY', { name })),
    ]);
    expect((await catalog.ok('GET', '/v1/coupons/BUSY')).times_redeemed).toBe(6);
  });

  test('an id that names nothing', async () => {
    const purchase = { customerId: null, currency: null, amount: null, hasPaidBefore: false };
    for (const kind of ['coupon', 'promotion_code'] as const) {
      const attempt = directly(account, async (context) => {
        await requireRedeemable(context, { kind, id: 'none' }, purchase, 'discounts[0]');
      });
      await expect(attempt).rejects.toMatchObject({ fields: { code: 'resource_missing', param: 'discounts[0]' } });
    }
  });
});

const REFUSED: readonly Refusal[] = [
  ['nothing to take off', {}, [undefined, 'Must provide percent_off or amount_off.', 'parameter_missing']],
  [
    'a percentage and an amount',
    { ...tenPercent, ...fiveOff },
    [undefined, 'Received both percent_off and amount_off parameters. Please pass in only one.'],
  ],
  ['an amount without currency', { amount_off: 5 }, ['currency', 'You must pass currency when passing amount_off']],
  ['an unknown currency', { amount_off: 5, currency: 'xyz' }, ['currency', 'Invalid currency: xyz']],
  ['a percentage in a currency', { ...tenPercent, currency: 'usd' }, ['currency', 'currency, percent_off', exclusive]],
  [
    'a percentage with currencies',
    { ...tenPercent, currency_options: { eur: { amount_off: 1 } } },
    ['currency_options', 'currency_options, percent_off', exclusive],
  ],
  ['an amount of nothing', { amount_off: 0, currency: 'usd' }, ['amount_off', 'greater than or equal to 1', integer]],
  ['an amount of nine digits', { amount_off: 100_000_000, currency: 'usd' }, ['amount_off', 'less than', integer]],
  ['a fraction of a cent', { amount_off: '1.5', currency: 'usd' }, ['amount_off', 'Invalid integer: 1.5', integer]],
  ['0 %', { percent_off: 0 }, ['percent_off', "greater than or equal to 0.01 (it currently is '0')"]],
  ['less than 0 %', { percent_off: -5 }, ['percent_off', 'greater than or equal to 0.01']],
  ['101 %', { percent_off: 101 }, ['percent_off', "less than or equal to 100 (it currently is '101')"]],
  ['a third', { percent_off: 33.333 }, ['percent_off', 'Invalid decimal: 33.333; must contain at maximum two decimal']],
  ['no number', { percent_off: 'ten' }, ['percent_off', 'Invalid decimal: ten']],
  [
    'months without number',
    { ...tenPercent, duration: 'repeating' },
    ['duration', 'The duration_in_months param must be set when creating a coupon with a repeating duration'],
  ],
  [
    'months of once',
    { ...tenPercent, duration: 'once', duration_in_months: 3 },
    ['duration_in_months', '`duration_in_months` requires `duration=repeating`.'],
  ],
  [
    'no months',
    { ...tenPercent, duration: 'repeating', duration_in_months: 0 },
    ['duration_in_months', 'greater than', integer],
  ],
  ['an unknown duration', { ...tenPercent, duration: 'twice' }, ['duration', 'must be one of forever, once']],
  ['no redemption', { ...tenPercent, max_redemptions: 0 }, ['max_redemptions', 'greater than', integer]],
  ['a past moment', { ...tenPercent, redeem_by: 1_000 }, ['redeem_by', 'the value `1000` which is in the past']],
  [
    'a moment far away',
    { ...tenPercent, redeem_by: NOW + 5 * YEAR + 86_400 },
    ['redeem_by', 'can be no more than five years in the future'],
  ],
  ['a long name', { ...tenPercent, name: 'n'.repeat(41) }, ['name', 'must be at most 40 characters']],
  ['a taken id', { ...tenPercent, id: 'TAKEN' }, ['id', 'Coupon already exists.', 'resource_already_exists']],
  ['an id with a slash', { ...tenPercent, id: 'a/b' }, ['id', 'Invalid string: a/b']],
  ['an id that names a path', { ...tenPercent, id: '..' }, ['id', 'Invalid string: ..']],
  ['an id of 201 characters', { ...tenPercent, id: 'x'.repeat(201) }, ['id', '1 to 200 characters']],
  [
    'an unknown product',
    { ...tenPercent, applies_to: { products: ['prod_none'] } },
    ['applies_to[products][0]', "No such product: 'prod_none'", 'resource_missing'],
  ],
  [
    'its own currency again',
    { ...fiveOff, currency_options: { usd: { amount_off: 1 } } },
    ['currency_options[usd]', "the coupon's own currency"],
  ],
  [
    'a currency without amount',
    { ...fiveOff, currency_options: { eur: { other: 1 } } },
    ['currency_options[eur][other]', 'unknown', 'parameter_unknown'],
  ],
  ['an unknown parameter', { ...tenPercent, percent: 5 }, ['percent', 'unknown', 'parameter_unknown']],
];

describe('refused, with nothing written', () => {
  beforeAll(async () => {
    await catalog.ok('POST', '/v1/coupons', { ...tenPercent, id: 'TAKEN' });
    await catalog.ok('POST', '/v1/coupons', { ...fiveOff, id: 'AMOUNT' });
  });

  test.each(REFUSED)('a coupon of %s', async (_, params, error) => {
    await catalog.refused('POST', '/v1/coupons', params, error);
  });

  test.each<[string, string, ...Refusal]>([
    [
      'TAKEN',
      'of a percentage',
      'currencies',
      { currency_options: { eur: { amount_off: 1 } } },
      ['currency_options', 'has no `currency_options`'],
    ],
    [
      'AMOUNT',
      'of an amount',
      'its own currency',
      { currency_options: { usd: { amount_off: 1 } } },
      ['currency_options[usd]', 'own currency'],
    ],
    ['AMOUNT', 'of an amount', 'another amount', { amount_off: 1 }, ['amount_off', 'unknown', 'parameter_unknown']],
    ['AMOUNT', 'of an amount', 'no name', { name: '' }, ['name', "'name' cannot be unset", 'parameter_invalid_empty']],
  ])('%s %s changed to %s', async (id, _of, _to, params, error) => {
    await catalog.refused('POST', `/v1/coupons/${id}`, params, error);
  });

  test('one of two that are created at once with an id', async () => {
    const attempts = await Promise.all(
      [1, 2].map(() => account.request('POST', '/v1/coupons', { ...tenPercent, id: 'TWICE' })),
    );
    expect(attempts.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400]);
  });
});
