import { beforeAll, describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { LATE_STATUSES } from '../../src/billing/late_usage/late_usage.params.ts';
import { advance, invoicesOf, unix, useAt } from '../support/clock-shop.ts';
import type { Params } from '../support/form.ts';
import { lateOf, newLateShop, useLate } from '../support/late-shop.ts';
import { meteredPrice, newMeter, type Refusal } from '../support/shop.ts';
import { usance } from '../support/usance.ts';

const PATH = '/v1/usance/late_usage';

/** An account with late usage of two items in each of three months, and of another customer in one. */
let many: Awaited<ReturnType<typeof newManyShop>>;

beforeAll(async () => {
  many = await newManyShop();
});

async function newManyShop() {
  const shop = await newLateShop('drop');
  const { stripe, meter, customer, clock, price } = shop;
  const other = await stripe.customers.create({ email: 'b@example.com', test_clock: clock.id });
  const second = await newMeter(stripe);
  const cheap = await meteredPrice(stripe, second.id, { unit_amount: 1 });
  const subscribe = async (id: string, prices: readonly string[]) =>
    await stripe.subscriptions.create({
      customer: id,
      items: prices.map((each) => ({ price: each })),
      collection_method: 'send_invoice',
      days_until_due: 30,
    });
  const both = await subscribe(other.id, [price.id, cheap.id]);
  for (const month of ['03', '04', '05']) {
    await advance(stripe, clock, `2026-${month}-12T00:00:00Z`);
    for (const each of [meter, second]) await useAt(stripe, each, other.id, 5, `2026-${month}-09T00:00:00Z`);
  }
  await useAt(stripe, meter, customer.id, 2, '2026-04-20T00:00:00Z');
  return { ...shop, other, second, both };
}

/** The rows in short: which subscription, meter and month. */
async function listed(params: Params): Promise<string[]> {
  const { body } = await many.account.request('GET', PATH, params);
  return body.data.map(inShort);
}

function inShort(late: { subscription: string; meter: string; period: { start: number } }): string {
  const month = new Date(late.period.start * 1000).getUTCMonth() + 1;
  return `${late.subscription === many.both.id ? 'both' : 'one'} ${late.meter === many.second.id ? 'second' : 'first'} ${month}`;
}

const ALL = [
  'both second 4',
  'both first 4',
  'one first 4',
  'both second 3',
  'both first 3',
  'both second 2',
  'both first 2',
];

describe('the list', () => {
  test('tells all of late usage', async () => {
    const shop = await newLateShop('next_invoice');
    const { account, stripe, clock, customer, subscription, meter, price } = shop;
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-03-05T00:00:00Z');
    await useLate(shop, 3);
    const [january, february] = await invoicesOf(stripe, customer.id);
    const { status, body } = await account.request('GET', PATH);
    expect(status).toBe(200);
    expect(body).toEqual({
      object: 'list',
      url: PATH,
      has_more: false,
      data: [
        {
          id: january!.lines.data[0]!.id.replace('il_', 'late_'),
          object: 'usance.late_usage',
          amount: 12,
          bills: [
            {
              amount: 80,
              invoice: february!.id,
              invoice_line_item: february!.lines.data[1]!.id,
              quantity: '20',
              status: 'open',
            },
          ],
          created: unix('2026-02-01T00:00:00Z'),
          currency: 'usd',
          customer: customer.id,
          invoice: january!.id,
          livemode: false,
          meter: meter.id,
          period: { end: unix('2026-02-01T00:00:00Z'), start: unix('2026-01-01T00:00:00Z') },
          price: price.id,
          quantity: '3',
          quantity_billed: '120',
          quantity_used: '123',
          status: 'pending',
          subscription: subscription.id,
          subscription_item: subscription.items.data[0]!.id,
        },
      ],
    });
  });

  test('goes from the newest invoice to the oldest, in the order of its lines', async () => {
    expect(await listed({})).toEqual(ALL);
  });

  test.each([1, 2, 3])('is paged forwards and backwards, %d at a time', async (limit) => {
    const page = async (params: Params) =>
      (await many.account.request('GET', PATH, { limit: String(limit), ...params })).body;
    const forwards: { id: string }[] = [];
    for (let cursor: Params = {}; ;) {
      const { data, has_more: more } = await page(cursor);
      forwards.push(...data);
      if (more === false) break;
      expect(data).toHaveLength(limit);
      cursor = { starting_after: data.at(-1).id };
    }
    expect(forwards.map(inShort as never)).toEqual(ALL);
    const backwards: { id: string }[] = [];
    for (let cursor: Params = { ending_before: forwards.at(-1)!.id }; ;) {
      const { data, has_more: more } = await page(cursor);
      backwards.unshift(...data);
      if (more === false) break;
      cursor = { ending_before: data[0].id };
    }
    expect(backwards).toEqual(forwards.slice(0, -1));
  });

  test('is filtered by customer, subscription, meter, time and what became of it', async () => {
    const { other, customer, both, subscription, second, meter } = many;
    expect(await listed({ customer: customer.id })).toEqual(['one first 4']);
    expect(await listed({ customer: other.id, meter: meter.id })).toEqual([
      'both first 4',
      'both first 3',
      'both first 2',
    ]);
    expect(await listed({ subscription: subscription.id })).toEqual(['one first 4']);
    expect(await listed({ subscription: both.id, meter: second.id })).toEqual([
      'both second 4',
      'both second 3',
      'both second 2',
    ]);
    expect(await listed({ customer: customer.id, subscription: both.id })).toEqual([]);
    const april = {
      'created[gte]': String(unix('2026-04-01T00:00:00Z')),
      'created[lt]': String(unix('2026-05-01T00:00:00Z')),
    };
    expect(await listed(april)).toEqual(['both second 3', 'both first 3']);
    expect(await listed({ status: 'dropped' })).toEqual(ALL);
    expect(await listed({ status: 'billed' })).toEqual([]);
    expect(await listed({ status: 'dropped', limit: '2', meter: second.id })).toEqual([
      'both second 4',
      'both second 3',
    ]);
  });

  test.each<[string, Params, Partial<Refusal>]>([
    ['an unknown status', { status: 'lost' }, { param: 'status' }],
    ['a page of none', { limit: '0' }, { param: 'limit' }],
    ['an unknown customer', { customer: 'cus_no' }, { param: 'customer', code: 'resource_missing' }],
    ['an unknown subscription', { subscription: 'sub_no' }, { param: 'subscription', code: 'resource_missing' }],
    ['an unknown meter', { meter: 'mtr_no' }, { param: 'meter', code: 'resource_missing' }],
    ['an unknown cursor', { starting_after: 'late_no' }, { param: 'starting_after', code: 'resource_missing' }],
    ['a cursor of another kind', { ending_before: 'il_no' }, { param: 'ending_before', code: 'resource_missing' }],
    ['two cursors', { starting_after: 'late_a', ending_before: 'late_b' }, { code: 'parameters_exclusive' }],
    ['a parameter that it has not', { invoice: 'in_1' }, { param: 'invoice', code: 'parameter_unknown' }],
  ])('refuses %s', async (_, params, error) => {
    const { status, body } = await many.account.request('GET', PATH, params);
    expect(status).toBe(400);
    expect(body.error).toMatchObject(error);
  });

  test('is empty for another account, which can not use its cursors', async () => {
    const { request } = await newAccount();
    const [first] = await lateOf(many);
    expect((await request('GET', PATH)).body.data).toEqual([]);
    expect((await request('GET', PATH, { starting_after: first!['id'] as string })).body.error.code).toBe(
      'resource_missing',
    );
    expect((await request('GET', PATH, { customer: many.other.id })).body.error.code).toBe('resource_missing');
  });
});

/** What late events make of the figures of a meter, and what of that is billed later at 4 cents. */
const FORMULAS: readonly [formula: string, late: number[], expected: unknown[]][] = [
  ['sum', [5, 7], ['pending', '112', '100', '12', 48]],
  ['count', [5, 7], ['pending', '3', '1', '2', 8]],
  ['last', [103], ['pending', '103', '100', '3', 12]],
  ['last', [40], ['correction', '40', '100', '-60', -240]],
  ['max', [90, 130], ['pending', '130', '100', '30', 120]],
  ['min', [90], ['correction', '90', '100', '-10', -40]],
  ['average', [200], ['pending', '150', '100', '50', 200]],
];

test.each(FORMULAS)('late events of a meter by %s: %j', async (formula, late, expected) => {
  const shop = await newLateShop('next_invoice');
  const { account, stripe, clock } = shop;
  const customer = await stripe.customers.create({ email: 'c@example.com', test_clock: clock.id });
  const { body: meter } = await account.request('POST', '/v1/usance/meters', {
    display_name: 'M',
    event_name: `by_${formula}_${late[0]}`,
    'default_aggregation[formula]': formula,
  });
  const price = await meteredPrice(stripe, meter.id);
  await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    collection_method: 'send_invoice',
    days_until_due: 1,
  });
  await advance(stripe, clock, '2026-02-20T00:00:00Z');
  await useAt(stripe, meter, customer.id, 100, '2026-02-15T00:00:00Z');
  await advance(stripe, clock, '2026-03-12T00:00:00Z');
  for (const value of late) await useAt(stripe, meter, customer.id, value, '2026-02-20T00:00:00Z');
  const [row] = await lateOf(shop, { customer: customer.id });
  const { status, quantity_used: used, quantity_billed: billed, quantity, amount } = row!;
  expect([status, used, billed, quantity, amount]).toEqual(expected);
});

describe('the setting', () => {
  const SETTINGS = '/v1/usance/billing_settings';

  test('changes by itself, and the others stay', async () => {
    const { request } = await newAccount();
    expect((await request('GET', SETTINGS)).body).toMatchObject({ draft_hours: 1, late_usage: 'drop' });
    await Promise.all([
      request('POST', SETTINGS, { late_usage: 'next_invoice' }),
      request('POST', SETTINGS, { draft_hours: '24' }),
    ]);
    expect((await request('GET', SETTINGS)).body).toMatchObject({ draft_hours: 24, late_usage: 'next_invoice' });
    const refused = await request('POST', SETTINGS, { draft_hours: '3', late_usage: 'bill' });
    expect(refused).toMatchObject({ status: 400, body: { error: { param: 'late_usage' } } });
    expect((await request('GET', SETTINGS)).body).toMatchObject({ draft_hours: 24, late_usage: 'next_invoice' });
  });
});

describe('the command', () => {
  test('prints late usage, what became of it, and the sums', async () => {
    const shop = await newLateShop('next_invoice');
    const { account, stripe, clock, customer, subscription, meter } = shop;
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-03-05T00:00:00Z');
    await useLate(shop, 3);
    const [january, february] = await invoicesOf(stripe, customer.id);
    const ofAccount = ['--account', account.accountId];
    const [words, json, none, wrong] = await Promise.all([
      usance('late', ...ofAccount),
      usance('late', '--json', ...ofAccount, '--customer', customer.id),
      usance('late', ...ofAccount, '--status', 'dropped'),
      usance('late', ...ofAccount, '--status', 'lost'),
    ]);
    expect(words).toEqual({
      code: 0,
      stderr: '',
      stdout: [
        `pending: ${meter.id} from 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z`,
        `    customer ${customer.id}, subscription ${subscription.id}, item ${subscription.items.data[0]!.id}`,
        `    first billed by ${january!.id}`,
        '    used in all: 123; billed in all: 120; not billed: 3, worth $0.12 USD',
        `    billed late by ${february!.id} (open): 20 for $0.80 USD`,
        '',
        'In all:',
        '  pending: 1 period, not billed: $0.12 USD',
        '',
      ].join('\n'),
    });
    expect(JSON.parse(json.stdout)).toEqual((await lateOf(shop))[0]);
    // An explanation tells days, and dimensions only where there are any.
    const explained = (await usance('explain', january!.id, ...ofAccount)).stdout;
    expect(explained).toContain('\n        2026-01-10: 100 of 1 event\n        2026-01-31: 23 of 2 events\n');
    expect(none.stdout).toBe('No usage came late.\n');
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('--status must be one of billed, ') });
    const help = (await usance('late', '--help')).stdout.replaceAll(/\s+/g, ' ');
    for (const status of LATE_STATUSES) expect(help).toMatch(new RegExp(`\\b${status}\\b`));
  });
});
