import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/pool.ts';
import { eventTypes, licensedPrice, meteredPrice, newShop, refusal, type Shop } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

type Create = Stripe.SubscriptionCreateParams;

function ownPrice(product: string) {
  return { currency: 'usd', product, recurring: { interval: 'month' as const }, unit_amount: 100 };
}

/** A metered price with a flat fee, which is owed without any usage. */
async function flatPrice(stripe: Stripe, meterId: string, flatAmount: number): Promise<Stripe.Price> {
  return await meteredPrice(stripe, meterId, {
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [{ up_to: 'inf', unit_amount: 1, flat_amount: flatAmount }],
  });
}

/** What a request may not ask for: how to make it, and the error that it gets. */
const REFUSED: readonly [string, (shop: Shop) => Promise<Partial<Create>> | Partial<Create>, object][] = [
  [
    'an unknown customer',
    () => ({ customer: 'cus_unknown' }),
    { status: 400, code: 'resource_missing', param: 'customer', message: "No such customer: 'cus_unknown'" },
  ],
  [
    'a deleted customer',
    async ({ stripe }) => ({ customer: (await stripe.customers.del((await stripe.customers.create({})).id)).id }),
    { code: 'resource_missing', param: 'customer' },
  ],
  [
    'an unknown price',
    ({ price }) => ({ items: [{ price: price.id }, { price: 'price_unknown' }] }),
    { code: 'resource_missing', param: 'items[1][price]', message: "No such price: 'price_unknown'" },
  ],
  [
    'an inactive price',
    async ({ stripe, price }) => ({ items: [{ price: (await stripe.prices.update(price.id, { active: false })).id }] }),
    {
      status: 400,
      param: 'items[0][price]',
      message: 'The price specified is inactive. This field only accepts active prices.',
    },
  ],
  [
    'a one-time price',
    async ({ stripe }) => {
      const once = await stripe.prices.create({ currency: 'usd', unit_amount: 5, product_data: { name: 'Setup' } });
      return { items: [{ price: once.id }] };
    },
    {
      param: 'items[0][price]',
      message:
        'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
    },
  ],
  [
    'a price of an inactive product',
    async ({ stripe, price }) => {
      await stripe.products.update(price.product as string, { active: false });
      return {};
    },
    { code: 'product_inactive', param: 'items[0][price]' },
  ],
  [
    'a price and the terms of one',
    ({ price }) => ({ items: [{ price: price.id, price_data: ownPrice('prod_no') }] }),
    { code: 'parameters_exclusive', param: 'items[0][price]' },
  ],
  [
    'items without a price',
    () => ({ items: [{ quantity: 2 }] }),
    { code: 'parameter_missing', param: 'items[0][price]' },
  ],
  [
    'a price of its own of an unknown product',
    ({ price }) => ({ items: [{ price: price.id }, { price_data: ownPrice('prod_no') }] }),
    { code: 'resource_missing', param: 'items[1][price_data][product]' },
  ],
  [
    'a price of its own of an inactive product',
    async ({ stripe }) => {
      const { id } = await stripe.products.create({ name: 'Old', active: false });
      return { items: [{ price_data: ownPrice(id) }] };
    },
    { code: 'product_inactive', param: 'items[0][price_data][product]' },
  ],
  [
    'the same price twice',
    ({ price }) => ({ items: [{ price: price.id }, { price: price.id }] }),
    {
      param: 'items[1][price]',
      message: expect.stringContaining('Cannot add multiple subscription items with the same'),
    },
  ],
  [
    'a quantity of usage',
    ({ price }) => ({ items: [{ price: price.id, quantity: 1 }] }),
    { param: 'items[0][quantity]', message: expect.stringContaining('cannot set the quantity for metered') },
  ],
  [
    'a negative quantity',
    async ({ stripe }) => ({ items: [{ price: (await licensedPrice(stripe)).id, quantity: -1 }] }),
    { code: 'parameter_invalid_integer', param: 'items[0][quantity]' },
  ],
  [
    'no items',
    () => ({ items: [] }),
    { code: 'parameter_missing', param: 'items', message: 'Missing required param: items.' },
  ],
  [
    'an item without a price',
    () => ({ items: [{ metadata: { a: 'b' } }] }),
    { code: 'parameter_missing', param: 'items[0][price]' },
  ],
  [
    'items in different currencies',
    async ({ stripe, meter, price }) => {
      const euro = await meteredPrice(stripe, meter.id, { currency: 'eur' });
      return { items: [{ price: price.id }, { price: euro.id }] };
    },
    {
      param: 'items[1][price]',
      message: "The price specified only supports `eur`. This doesn't match the expected currency: `usd`.",
    },
  ],
  [
    'a currency that the price does not have',
    () => ({ currency: 'jpy' }),
    {
      param: 'items[0][price]',
      message: "The price specified only supports `usd`. This doesn't match the expected currency: `jpy`.",
    },
  ],
  [
    "a currency other than the customer's",
    async ({ stripe, meter, price, customer }) => {
      await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
      const euro = await meteredPrice(stripe, meter.id, { currency: 'eur' });
      return { items: [{ price: euro.id }] };
    },
    { status: 400, message: expect.stringMatching(/^You cannot combine currencies on a single customer\..*usd\.$/) },
  ],
  [
    'intervals that do not line up',
    async ({ stripe, meter }) => {
      const prices = [2, 3].map((months) => meteredPrice(stripe, meter.id, { recurring: { interval_count: months } }));
      return { items: (await Promise.all(prices)).map(({ id }) => ({ price: id })) };
    },
    { param: 'items', message: expect.stringContaining('3 months is not a multiple of 2 months') },
  ],
  [
    'different intervals in classic mode',
    async ({ stripe, meter, price }) => {
      const yearly = await meteredPrice(stripe, meter.id, { recurring: { interval: 'year' } });
      return { billing_mode: { type: 'classic' }, items: [{ price: price.id }, { price: yearly.id }] };
    },
    { param: 'items', message: expect.stringContaining('All prices on a subscription must have the same') },
  ],
  [
    'sent invoices without a time to pay',
    () => ({ collection_method: 'send_invoice' }),
    { code: 'parameter_missing', param: 'days_until_due' },
  ],
  ['a time to pay what is charged at once', () => ({ days_until_due: 7 }), { status: 400, param: 'days_until_due' }],
  [
    'sent invoices to a customer without an email',
    async ({ stripe }) => {
      const customer = await stripe.customers.create({ name: 'Jane' });
      return { customer: customer.id, collection_method: 'send_invoice', days_until_due: 7 };
    },
    {
      status: 400,
      message:
        'Missing email. In order to create invoices that are sent to the customer, the customer must have a valid email.',
    },
  ],
  [
    'a licensed price charged automatically, without a payment method',
    async ({ stripe }) => ({ items: [{ price: (await licensedPrice(stripe)).id }] }),
    { status: 400, code: 'resource_missing' },
  ],
  [
    'what is not served yet',
    () => ({ trial_from_plan: true }),
    { status: 400, code: 'parameter_not_served', param: 'trial_from_plan' },
  ],
  [
    'an end that is not served yet',
    () => ({ cancel_at: 'max_billed_until' }),
    { code: 'parameter_not_served', param: 'cancel_at' },
  ],
  ['an end that is past', () => ({ cancel_at: 1 }), { status: 400, param: 'cancel_at' }],
  [
    'two ends',
    () => ({ cancel_at: 4_000_000_000, cancel_at_period_end: true }),
    { code: 'parameters_exclusive', param: 'cancel_at' },
  ],
  [
    'the earliest end of periods that all end together',
    () => ({ billing_mode: { type: 'classic' }, cancel_at: 'min_period_end' }),
    { status: 400, param: 'cancel_at' },
  ],
  [
    'a threshold of less than 50 cents',
    () => ({ billing_thresholds: { amount_gte: 49 } }),
    { status: 400, param: 'billing_thresholds[amount_gte]' },
  ],
  [
    'a threshold that is reached without any usage',
    async ({ stripe, meter }) => ({
      items: [{ price: (await flatPrice(stripe, meter.id, 500)).id }],
      billing_thresholds: { amount_gte: 500 },
    }),
    { status: 400, param: 'billing_thresholds[amount_gte]', message: expect.stringContaining('500') },
  ],
  [
    'a threshold of usage on a licensed item',
    async ({ stripe }) => ({
      items: [{ price: (await licensedPrice(stripe)).id, billing_thresholds: { usage_gte: 5 } }],
    }),
    { status: 400, param: 'items[0][billing_thresholds]' },
  ],
  [
    'pending items that are invoiced less than once a year',
    () => ({ pending_invoice_item_interval: { interval: 'month', interval_count: 13 } }),
    { status: 400, param: 'pending_invoice_item_interval[interval_count]' },
  ],
  [
    'phases of billing, which are not served',
    () => ({ billing_schedules: [{ key: 'a', bill_until: { type: 'timestamp', timestamp: 4_000_000_000 } }] }),
    { code: 'parameter_not_served', param: 'billing_schedules' },
  ],
  [
    'what is flexible of a classic one',
    () => ({ billing_mode: { type: 'classic', flexible: { proration_discounts: 'included' } } }),
    { param: 'billing_mode[flexible]' },
  ],
  [
    'itemized discounts',
    () => ({ billing_mode: { type: 'flexible', flexible: { proration_discounts: 'itemized' } } }),
    { code: 'parameter_not_served', param: 'billing_mode[flexible][proration_discounts]' },
  ],
];

describe('a subscription is refused, and nothing is written, for', () => {
  test.each(REFUSED)('%s', async (_, change, expected) => {
    const shop = await newShop();
    const { stripe, price, customer } = shop;
    const params = { customer: customer.id, items: [{ price: price.id }], ...(await change(shop)) };
    const before = await eventTypes(stripe);
    const existing = (await stripe.subscriptions.list({ status: 'all' })).data.length;
    expect(await refusal(stripe.subscriptions.create(params))).toMatchObject(expected);
    expect(await eventTypes(stripe)).toEqual(before);
    expect((await stripe.subscriptions.list({ status: 'all' })).data).toHaveLength(existing);
    expect((await stripe.invoices.list()).data).toEqual([]);
  });

  test('a customer with 500 of them, until one ends', async () => {
    const { account, stripe, price, customer } = await newShop();
    const items = [{ price: price.id }];
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
    const database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
    await database.pool.query(
      `insert into subscriptions
       select (jsonb_populate_record(s, jsonb_build_object('id', s.id || '_' || n))).*
       from subscriptions s, generate_series(2, 500) n where s.account_id = $1 and s.id = $2`,
      [account.accountId, id],
    );
    await database.close();
    expect(await refusal(stripe.subscriptions.create({ customer: customer.id, items }))).toMatchObject({
      status: 400,
      code: 'customer_max_subscriptions',
      message: `Customer ${customer.id} already has the maximum 500 current subscriptions.`,
    });
    await stripe.subscriptions.cancel(id);
    await stripe.subscriptions.create({ customer: customer.id, items });
  });

  test('one of two currencies asked for at the same moment', async () => {
    const { stripe, meter, customer } = await newShop();
    const prices = await Promise.all(['usd', 'eur'].map((currency) => meteredPrice(stripe, meter.id, { currency })));
    const create = (price: Stripe.Price) =>
      stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    const outcomes = await Promise.allSettled(prices.map(create));
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const [subscription] = (await stripe.subscriptions.list()).data;
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ currency: subscription!.currency });
  });

  test('the second of two ends at the same moment', async () => {
    const { stripe, price, customer } = await newShop();
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    const outcomes = await Promise.allSettled([stripe.subscriptions.cancel(id), stripe.subscriptions.cancel(id)]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await eventTypes(stripe, 'customer.subscription.deleted')).toHaveLength(1);
  });
});
