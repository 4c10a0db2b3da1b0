import { describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { SENT } from '../support/billed.ts';
import type { Params } from '../support/form.ts';
import { licensedPrice, meteredPrice, newMeter, newShop, type Shop, use } from '../support/shop.ts';
import { usance } from '../support/usance.ts';

const PATH = '/v1/usance/shared_meters';

/** A subscription to prices, by a plain request: its answer with its headers. */
async function subscribe({ account }: Shop, customer: string, prices: readonly string[]) {
  const items = Object.fromEntries(prices.map((price, place) => [`items[${place}][price]`, price]));
  const { body, headers } = await account.request('POST', '/v1/subscriptions', {
    customer,
    collection_method: 'send_invoice',
    days_until_due: '30',
    ...items,
  });
  return { id: body.id as string, items: body.items.data as { id: string }[], notice: headers.get('stripe-notice') };
}

async function listed({ account }: Shop, params: Params = {}) {
  return (await account.request('GET', PATH, params)).body;
}

describe('a meter on two subscriptions of a customer', () => {
  test('is billed by both, and the answer that makes it so warns of it', async () => {
    const shop = await newShop();
    const { stripe, customer, meter, price } = shop;
    const first = await subscribe(shop, customer.id, [price.id]);
    expect(first.notice).toBeNull();
    expect((await listed(shop)).data).toEqual([]);
    const second = await subscribe(shop, customer.id, [price.id]);
    const warning = `The usage of the meter ${meter.id} by the customer ${customer.id} is billed by each of 2 subscription items: ${first.items[0]!.id} of ${first.id}, ${second.items[0]!.id} of ${second.id}.`;
    expect(second.notice).toBe(warning);
    const item = ({ id, items }: typeof first) => ({
      dimension_filter: {},
      price: price.id,
      subscription: id,
      subscription_item: items[0]!.id,
    });
    expect(await listed(shop)).toEqual({
      object: 'list',
      url: PATH,
      has_more: false,
      data: [
        {
          id: `shared_${customer.id.slice('cus_'.length)}_${meter.id.slice('mtr_'.length)}`,
          object: 'usance.shared_meter',
          customer: customer.id,
          items: [item(first), item(second)],
          livemode: false,
          meter: meter.id,
          warning,
        },
      ],
    });
    // 250 tokens are 3 packages of 100 at 4 cents, for each of the two.
    await use(stripe, meter, customer.id, 250);
    for (const { id } of [first, second]) {
      expect((await stripe.invoices.createPreview({ subscription: id })).total).toBe(12);
    }
    await stripe.subscriptions.cancel(first.id);
    expect((await listed(shop)).data).toEqual([]);
  });

  test('is warned of by the update that makes it so, and by those that leave it so', async () => {
    const shop = await newShop();
    const { account, customer, meter, price, stripe } = shop;
    const other = await meteredPrice(stripe, meter.id);
    const seats = await licensedPrice(stripe);
    const { id, items } = await subscribe(shop, customer.id, [price.id, seats.id]);
    const added = await account.request('POST', '/v1/subscription_items', { subscription: id, price: other.id });
    expect(added.headers.get('stripe-notice')).toContain(`${items[0]!.id} of ${id}, ${added.body.id} of ${id}.`);
    const named = await account.request('POST', `/v1/subscriptions/${id}`, { 'metadata[a]': 'b' });
    expect(named.headers.get('stripe-notice')).toContain('is billed by each of 2 subscription items');
    const removed = await account.request('DELETE', `/v1/subscription_items/${added.body.id}`);
    expect([removed.status, removed.headers.get('stripe-notice')]).toEqual([200, null]);
    const again = await account.request('POST', `/v1/subscriptions/${id}`, { 'metadata[a]': 'c' });
    expect(again.headers.get('stripe-notice')).toBeNull();
  });

  test('a notice of the version stands beside it', async () => {
    const shop = await newShop();
    const { account, customer, price } = shop;
    await subscribe(shop, customer.id, [price.id]);
    const params = {
      customer: customer.id,
      'items[0][price]': price.id,
      collection_method: 'send_invoice',
      days_until_due: '1',
    };
    const { headers } = await account.request('POST', '/v1/subscriptions', params, { 'stripe-version': '2024-06-20' });
    expect(headers.get('stripe-notice')).toMatch(/2024-06-20.* The usage of the meter /);
  });

  test('is warned of in a header of bounded length', async () => {
    const shop = await newShop();
    const { stripe, customer } = shop;
    const prices: string[] = [];
    for (let meters = 0; meters < 4; meters++) {
      const { id } = await newMeter(stripe);
      for (let each = 0; each < (meters === 0 ? 7 : 2); each++) prices.push((await meteredPrice(stripe, id)).id);
    }
    const { notice, items, id } = await subscribe(shop, customer.id, prices);
    expect(notice).toContain(`7 subscription items: ${items[0]!.id} of ${id}, `);
    expect(notice).toContain(`${items[4]!.id} of ${id}, and 2 more. The usage`);
    expect(notice).toMatch(/\. GET \/v1\/usance\/shared_meters names 1 more\.$/);
  });

  test('shares nothing with other customers, other meters and other values of a dimension', async () => {
    const shop = await newShop();
    const { account, stripe, customer, meter, price } = shop;
    const other = await stripe.customers.create({ email: 'b@example.com' });
    const second = await meteredPrice(stripe, (await newMeter(stripe)).id);
    for (const [each, prices] of [
      [customer.id, [price.id, second.id]],
      [other.id, [price.id]],
    ] as const) {
      expect((await subscribe(shop, each, prices)).notice).toBeNull();
    }
    const { body: split } = await account.request('POST', '/v1/usance/meters', {
      display_name: 'Tokens',
      event_name: 'split',
      'default_aggregation[formula]': 'sum',
      'dimension_payload_keys[0]': 'model',
      'dimension_payload_keys[1]': 'region',
    });
    const filtered = async (filter: Params) =>
      (
        await account.request('POST', '/v1/usance/prices', {
          currency: 'usd',
          unit_amount: '4',
          'recurring[interval]': 'month',
          'recurring[usage_type]': 'metered',
          'recurring[meter]': split.id,
          'product_data[name]': 'Tokens',
          ...filter,
        })
      ).body.id as string;
    const [small, large, europe] = [
      await filtered({ 'dimension_filter[model]': 'small' }),
      await filtered({ 'dimension_filter[model]': 'large' }),
      await filtered({ 'dimension_filter[region]': 'eu' }),
    ];
    expect((await subscribe(shop, customer.id, [small, large])).notice).toBeNull();
    expect((await listed(shop)).data).toEqual([]);
    // What small models use in Europe is of both prices.
    const { notice } = await subscribe(shop, other.id, [small, europe]);
    expect(notice).toContain(split.id);
    expect((await listed(shop)).data).toMatchObject([{ customer: other.id, meter: split.id }]);
    expect(meter.id).not.toBe(split.id);
  });
});

describe('the list', () => {
  test('is paged forwards and backwards, and filtered', async () => {
    const shop = await newShop();
    const { account, stripe, meter, price } = shop;
    const second = await newMeter(stripe);
    const [one, two] = [await meteredPrice(stripe, second.id), await meteredPrice(stripe, second.id)];
    const also = await meteredPrice(stripe, meter.id);
    const customers = [];
    for (const email of ['a@example.com', 'b@example.com', 'c@example.com']) {
      const { id } = await stripe.customers.create({ email });
      await stripe.subscriptions.create({
        customer: id,
        items: [price, also, one, two].map((each) => ({ price: each.id })),
        ...SENT,
      });
      customers.push(id);
    }
    const all = (await listed(shop)).data as { id: string; customer: string; meter: string }[];
    // The newest customer first, and of each the newest meter.
    expect(all.map((each) => [each.customer, each.meter])).toEqual(
      customers.toReversed().flatMap((id) => [
        [id, second.id],
        [id, meter.id],
      ]),
    );
    const forwards: unknown[] = [];
    for (let cursor: Params = {}; ;) {
      const { data, has_more: more } = await listed(shop, { limit: '4', ...cursor });
      forwards.push(...data);
      if (more === false) break;
      cursor = { starting_after: data.at(-1).id };
    }
    expect(forwards).toEqual(all);
    const before = await listed(shop, { limit: '2', ending_before: all[5]!.id });
    expect([before.data, before.has_more]).toEqual([all.slice(3, 5), true]);
    expect((await listed(shop, { customer: customers[1]! })).data).toEqual(all.slice(2, 4));
    expect((await listed(shop, { meter: meter.id })).data).toEqual(all.filter((each) => each.meter === meter.id));
    for (const [param, value] of [
      ['customer', 'cus_no'],
      ['meter', 'mtr_no'],
      ['starting_after', 'shared_no'],
      ['ending_before', 'cus_no'],
    ] as const) {
      const { status, body } = await account.request('GET', PATH, { [param]: value });
      expect([status, body.error.code, body.error.param]).toEqual([400, 'resource_missing', param]);
    }
    const both = await account.request('GET', PATH, { starting_after: all[0]!.id, ending_before: all[1]!.id });
    expect(both.body.error.code).toBe('parameters_exclusive');
    const stranger = await newAccount();
    expect((await stranger.request('GET', PATH)).body.data).toEqual([]);
    expect((await stranger.request('GET', PATH, { starting_after: all[0]!.id })).status).toBe(400);
  });
});

test('`usance verify invoices` names them, and they are no differences', async () => {
  const shop = await newShop();
  const { account, customer, price, meter } = shop;
  await subscribe(shop, customer.id, [price.id]);
  await subscribe(shop, customer.id, [price.id]);
  const { code, stdout } = await usance('verify', 'invoices', '--account', account.accountId);
  expect(code).toBe(0);
  expect(stdout).toContain(
    `${account.accountId} ${customer.id} notice: The usage of the meter ${meter.id} by the customer ${customer.id} is billed by each of 2`,
  );
});
