import { beforeAll, describe, expect, test } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';
import type { Params } from '../support/form.ts';
import { type Catalog, catalogOf, type Refusal } from './catalog.ts';

let account: TestAccount;
let catalog: Catalog;
let customer: string;
let other: string;

beforeAll(async () => {
  account = await newAccount();
  catalog = catalogOf(account);
  customer = (await account.stripe.customers.create()).id;
  other = (await account.stripe.customers.create()).id;
  await catalog.ok('POST', '/v1/coupons', { percent_off: 10, id: 'TEN' });
});

const NOW = Math.floor(Date.now() / 1000);
const DAY = 86_400;
const promotion = { type: 'coupon', coupon: 'TEN' };
const create = (params: Params = {}) => catalog.ok('POST', '/v1/promotion_codes', { promotion, ...params });
const missing = 'parameter_missing';

describe('a promotion code', () => {
  test('needs only a coupon', async () => {
    const created = await create();
    expect(created).toEqual({
      id: expect.stringMatching(/^promo_\w{24}$/),
      object: 'promotion_code',
      active: true,
      code: expect.stringMatching(/^[A-Z0-9]{8}$/),
      created: expect.any(Number),
      customer: null,
      customer_account: null,
      expires_at: null,
      livemode: false,
      max_redemptions: null,
      metadata: {},
      promotion: { coupon: 'TEN', type: 'coupon' },
      restrictions: { first_time_transaction: false, minimum_amount: null, minimum_amount_currency: null },
      times_redeemed: 0,
    });
    const path = `/v1/promotion_codes/${created.id}`;
    expect(await catalog.ok('GET', path)).toEqual(created);
    expect(await catalog.eventsOf(created.id)).toMatchObject([
      { type: 'promotion_code.created', data: { object: created } },
    ]);
    const expanded = await catalog.ok('GET', path, { expand: ['promotion.coupon', 'restrictions.currency_options'] });
    expect(expanded.promotion.coupon).toMatchObject({ id: 'TEN', object: 'coupon', percent_off: 10 });
  });

  test('keeps all that it was given', async () => {
    const details = {
      code: 'Spring-26_x',
      customer,
      expires_at: NOW + DAY,
      max_redemptions: 7,
      metadata: { a: '1' },
    };
    const created = await create({
      ...details,
      restrictions: {
        first_time_transaction: true,
        minimum_amount: 1_000,
        minimum_amount_currency: 'USD',
        currency_options: { jpy: { minimum_amount: 900 }, eur: { minimum_amount: 800 } },
      },
    });
    expect(created).toMatchObject(details);
    expect(created.restrictions).toEqual({
      currency_options: { eur: { minimum_amount: 800 }, jpy: { minimum_amount: 900 }, usd: { minimum_amount: 1_000 } },
      first_time_transaction: true,
      minimum_amount: 1_000,
      minimum_amount_currency: 'usd',
    });
    const expanded = await catalog.ok('GET', `/v1/promotion_codes/${created.id}`, { expand: ['customer'] });
    expect(expanded.customer).toMatchObject({ id: customer, object: 'customer' });
  });

  test('is switched off and on, and changes metadata and minimum amounts', async () => {
    const { id } = await create({
      metadata: { a: '1' },
      restrictions: { minimum_amount: 5, minimum_amount_currency: 'usd' },
    });
    const path = `/v1/promotion_codes/${id}`;
    const off = await catalog.ok('POST', path, { active: false, metadata: { a: '', b: '2' } });
    expect(off).toMatchObject({ active: false, metadata: { b: '2' } });
    const more = await catalog.ok('POST', path, { restrictions: { currency_options: { eur: { minimum_amount: 4 } } } });
    expect(more.restrictions.currency_options).toEqual({ eur: { minimum_amount: 4 }, usd: { minimum_amount: 5 } });
    expect(await catalog.ok('POST', path, { active: true, metadata: '' })).toMatchObject({
      active: true,
      metadata: {},
    });
    const [, first, second] = await catalog.eventsOf(id);
    expect(first).toMatchObject({
      type: 'promotion_code.updated',
      data: { previous_attributes: { active: true, metadata: { a: '1', b: null } } },
    });
    expect(second!.data.previous_attributes).toEqual({ restrictions: { currency_options: { eur: null } } });
  });

  test('falls with its coupon', async () => {
    await catalog.ok('POST', '/v1/coupons', { percent_off: 5, id: 'FALLING' });
    const { id } = await create({ promotion: { type: 'coupon', coupon: 'FALLING' }, code: 'FALLING' });
    await catalog.ok('DELETE', '/v1/coupons/FALLING');
    const path = `/v1/promotion_codes/${id}`;
    expect(await catalog.ok('GET', path)).toMatchObject({ active: false, promotion: { coupon: 'FALLING' } });
    await catalog.refused('POST', path, { active: true }, ['active', 'cannot be made active']);
    const { promotion: expanded } = await catalog.ok('GET', path, { expand: ['promotion.coupon'] });
    expect(expanded.coupon).toMatchObject({ id: 'FALLING', valid: false });
    // Nobody can redeem it, so others may be called so.
    expect(await create({ code: 'falling' })).toMatchObject({ active: true });
  });
});

describe('a code is unique among the active ones', () => {
  const taken = (code: string) => ['code', `An active promotion code with \`code: ${code}\` already exists.`] as const;

  test('regardless of case, until it is switched off', async () => {
    const { id } = await create({ code: 'Unique' });
    const again = { promotion, code: 'UNIQUE' };
    await catalog.refused('POST', '/v1/promotion_codes', again, taken('UNIQUE'));
    const idle = await create({ code: 'unique', active: false });
    await catalog.refused('POST', `/v1/promotion_codes/${idle.id}`, { active: true }, taken('unique'));
    await catalog.ok('POST', `/v1/promotion_codes/${id}`, { active: false });
    expect((await catalog.ok('POST', `/v1/promotion_codes/${idle.id}`, { active: true })).active).toBe(true);
    await catalog.refused('POST', `/v1/promotion_codes/${id}`, { active: true }, taken('Unique'));
  });

  test('and for each customer', async () => {
    await create({ code: 'MINE', customer });
    await create({ code: 'MINE', customer: other });
    await catalog.refused('POST', '/v1/promotion_codes', { promotion, code: 'mine', customer }, taken('mine'));
    await catalog.refused('POST', '/v1/promotion_codes', { promotion, code: 'MINE' }, taken('MINE'));
    await create({ code: 'OURS' });
    await catalog.refused('POST', '/v1/promotion_codes', { promotion, code: 'OURS', customer }, taken('OURS'));
  });

  test('also for those that ask at once', async () => {
    const attempts = await Promise.all(
      ['race', 'RACE', 'Race', 'rAce'].map((code) =>
        account.request('POST', '/v1/promotion_codes', { promotion, code }),
      ),
    );
    expect(attempts.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400, 400]);
  });
});

test('promotion codes are found by every filter of the list', async () => {
  const own = catalogOf(await newAccount());
  const { id: buyer } = await own.ok('POST', '/v1/customers');
  for (const id of ['A', 'B']) await own.ok('POST', '/v1/coupons', { percent_off: 10, id });
  const make = async (coupon: string, params: Params = {}) =>
    (await own.ok('POST', '/v1/promotion_codes', { promotion: { type: 'coupon', coupon }, ...params })).id as string;
  const plain = await make('A', { code: 'Plain' });
  const idle = await make('A', { active: false });
  const theirs = await make('B', { customer: buyer });
  const list = async (params: Params) => {
    const { data } = await own.ok('GET', '/v1/promotion_codes', params);
    return data.map(({ id }: { id: string }) => id).toSorted();
  };
  expect(await list({})).toEqual([plain, idle, theirs].toSorted());
  expect(await list({ active: true })).toEqual([plain, theirs].toSorted());
  expect(await list({ active: false })).toEqual([idle]);
  expect(await list({ code: 'pLAIN' })).toEqual([plain]);
  expect(await list({ code: 'none' })).toEqual([]);
  expect(await list({ coupon: 'A' })).toEqual([plain, idle].toSorted());
  expect(await list({ customer: buyer })).toEqual([theirs]);
  expect(await list({ created: { lt: 1_000 } })).toEqual([]);
  await own.ok('DELETE', '/v1/coupons/B');
  expect(await list({ active: true })).toEqual([plain]);
  const unknown = ['coupon', "No such coupon: 'B'", 'resource_missing'] as const;
  await own.refused('GET', '/v1/promotion_codes', { coupon: 'B' }, unknown);
  const nobody = ['customer', "No such customer: 'cus_x'", 'resource_missing'] as const;
  await own.refused('GET', '/v1/promotion_codes', { customer: 'cus_x' }, nobody);
});

const REFUSED: readonly Refusal[] = [
  ['nothing', { promotion: undefined }, ['promotion', 'Missing required param: promotion.', missing]],
  ['no type', { promotion: { coupon: 'TEN' } }, ['promotion[type]', 'Missing required param', missing]],
  [
    'no coupon',
    { promotion: { type: 'coupon' } },
    ['promotion.coupon', 'You must pass promotion.coupon when passing promotion'],
  ],
  [
    'an unknown coupon',
    { promotion: { type: 'coupon', coupon: 'NONE' } },
    ['promotion[coupon]', "No such coupon: 'NONE'", 'resource_missing'],
  ],
  ['a coupon of old', { promotion: undefined, coupon: 'TEN' }, ['coupon', 'unknown', 'parameter_unknown']],
  ['a code with blanks', { code: 'a b' }, ['code', 'Invalid string: a b']],
  ['a code of 501 characters', { code: 'x'.repeat(501) }, ['code', 'at most 500']],
  ['an unknown customer', { customer: 'cus_x' }, ['customer', "No such customer: 'cus_x'", 'resource_missing']],
  ['a customer account', { customer_account: 'acct_1' }, ['customer_account', 'not served', 'parameter_not_served']],
  ['a past moment', { expires_at: 1_000 }, ['expires_at', 'the value `1000` which is in the past']],
  ['a moment far away', { expires_at: NOW + 6 * 366 * DAY }, ['expires_at', 'no more than five years']],
  ['no redemption', { max_redemptions: 0 }, ['max_redemptions', 'greater than', 'parameter_invalid_integer']],
  [
    'a minimum without currency',
    { restrictions: { minimum_amount: 5 } },
    ['restrictions[minimum_amount_currency]', 'Missing required param', missing],
  ],
  [
    'a currency without minimum',
    { restrictions: { minimum_amount_currency: 'usd' } },
    ['restrictions[minimum_amount]', 'Missing required param', missing],
  ],
  [
    'minimums in other currencies alone',
    { restrictions: { currency_options: { eur: { minimum_amount: 5 } } } },
    ['restrictions[currency_options]', 'requires `minimum_amount`'],
  ],
  [
    'a minimum twice',
    {
      restrictions: {
        minimum_amount: 5,
        minimum_amount_currency: 'usd',
        currency_options: { usd: { minimum_amount: 5 } },
      },
    },
    ['restrictions[currency_options][usd]', 'the currency of the minimum amount'],
  ],
  [
    'more than its coupon: redemptions',
    { promotion: { type: 'coupon', coupon: 'TIGHT' }, max_redemptions: 4 },
    ['max_redemptions', "greater than the coupon's"],
  ],
  [
    'more than its coupon: time',
    { promotion: { type: 'coupon', coupon: 'TIGHT' }, expires_at: NOW + 2 * DAY },
    ['expires_at', "after the coupon's `redeem_by`"],
  ],
];

describe('refused, with nothing written', () => {
  let id: string;
  beforeAll(async () => {
    await catalog.ok('POST', '/v1/coupons', { percent_off: 5, id: 'TIGHT', max_redemptions: 3, redeem_by: NOW + DAY });
    id = (await create()).id;
  });

  test.each(REFUSED)('a promotion code of %s', async (_, params, error) => {
    await catalog.refused('POST', '/v1/promotion_codes', { promotion, ...params }, error);
  });

  test.each<Refusal>([
    ['a code', { code: 'x' }, ['code', 'unknown', 'parameter_unknown']],
    [
      'minimums where it has none',
      { restrictions: { currency_options: { eur: { minimum_amount: 5 } } } },
      ['restrictions[currency_options]', 'requires `minimum_amount`'],
    ],
  ])('a change of %s', async (_, params, error) => {
    await catalog.refused('POST', `/v1/promotion_codes/${id}`, params, error);
  });

  test.each(['GET', 'POST'])('%s of an unknown one', async (method) => {
    const error = ['id', "No such promotion code: 'promo_x'", 'resource_missing', 404] as const;
    await catalog.refused(method, '/v1/promotion_codes/promo_x', {}, error);
  });
});
