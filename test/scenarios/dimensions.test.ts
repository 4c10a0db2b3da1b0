import { sql } from 'kysely';
import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/db/pool.ts';
import type { TestAccount } from '../support/account.ts';
import { meteredPrice, newShop } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

/** A shop whose meter tells usage apart by model and region. */
async function newDimensionedShop(keys = ['model', 'region']) {
  const shop = await newShop();
  const { databaseUrl } = await testServer();
  const database = openDatabase(databaseUrl, { maxConnections: 1 });
  await sql`update meters set dimension_keys = ${keys} where id = ${shop.meter.id}`.execute(database.kysely);
  await sql`update accounts set cache_epoch = cache_epoch + 1 where id = ${shop.account.accountId}`.execute(
    database.kysely,
  );
  await database.close();
  return shop;
}

type Values = Readonly<Record<string, string>>;

async function use(stripe: Stripe, meter: Stripe.Billing.Meter, customer: string, value: number, values: Values) {
  const payload = { stripe_customer_id: customer, value: String(value), ...values };
  await stripe.billing.meterEvents.create({ event_name: meter.event_name, payload });
}

/** A monthly price of so many cents a unit for the usage that has these values. */
async function filteredPrice(account: TestAccount, meterId: string, cents: string, dimension_filter: Values) {
  return await account.request('POST', '/v1/usance/prices', {
    currency: 'usd',
    unit_amount_decimal: cents,
    product_data: { name: `Tokens at ${cents}` },
    recurring: { interval: 'month', usage_type: 'metered', meter: meterId },
    dimension_filter,
  });
}

test('two prices with different filters split the usage of one meter between them, to the cent', async () => {
  const { account, stripe, meter, customer } = await newDimensionedShop();
  const small = (await filteredPrice(account, meter.id, '0.15', { model: 'small' })).body;
  const large = (await filteredPrice(account, meter.id, '2.5', { model: 'large' })).body;
  expect(small).toMatchObject({
    object: 'usance.price',
    id: small.price.id,
    price: { object: 'price', unit_amount_decimal: '0.15', recurring: { meter: meter.id } },
    dimension_filter: { model: 'small' },
  });
  const items = [{ price: small.id }, { price: large.id }];
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await use(stripe, meter, customer.id, 1001, { model: 'small', region: 'eu' });
  await use(stripe, meter, customer.id, 333, { model: 'large', region: 'eu' });
  await use(stripe, meter, customer.id, 2, { model: 'small', region: 'us' });
  await use(stripe, meter, customer.id, 5000, { model: 'medium', region: 'us' });
  const preview = await stripe.invoices.createPreview({ subscription: id });
  const lines = preview.lines.data.map(({ description, quantity, amount }) => [description, quantity, amount]);
  // 1003 × 0.15 = 150.45 and 333 × 2.5 = 832.5 cents, each rounded half away from zero; nobody rates the medium model.
  expect(lines).toEqual([
    ['333 × Tokens at 2.5 (at $0.025 / month)', 333, 833],
    ['1003 × Tokens at 0.15 (at $0.0015 / month)', 1003, 150],
  ]);
  expect(preview.total).toBe(983);
});

test('the parts of all values and of one value beside another add up to the price of everything', async () => {
  const { account, stripe, meter, customer } = await newDimensionedShop();
  const everything = await meteredPrice(stripe, meter.id, { unit_amount: 1 });
  const european = (await filteredPrice(account, meter.id, '1', { region: 'eu' })).body;
  const american = (await filteredPrice(account, meter.id, '1', { region: 'us' })).body;
  const both = (await filteredPrice(account, meter.id, '1', { region: 'eu', model: 'large' })).body;
  const items = [everything, european, american, both].map((price) => ({ price: price.id }));
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await use(stripe, meter, customer.id, 70, { model: 'small', region: 'eu' });
  await use(stripe, meter, customer.id, 25, { model: 'large', region: 'eu' });
  await use(stripe, meter, customer.id, 8, { model: 'large', region: 'us' });
  const { lines } = await stripe.invoices.createPreview({ subscription: id });
  // Newest item first.
  expect(lines.data.map((line) => line.amount)).toEqual([25, 8, 95, 103]);
});

test('the price is one of Stripe’s everywhere else, and tells its filter under our own path', async () => {
  const { account, stripe, meter, price } = await newDimensionedShop();
  const { body } = await filteredPrice(account, meter.id, '7', { region: 'eu' });
  const own = await account.request('GET', `/v1/usance/prices/${body.id}`);
  expect(own.body).toEqual(body);
  expect((await stripe.prices.retrieve(body.id)).recurring!.meter).toBe(meter.id);
  // Archiving it leaves the filter alone.
  await stripe.prices.update(body.id, { active: false });
  const after = await account.request('GET', `/v1/usance/prices/${body.id}`);
  expect(after.body.dimension_filter).toEqual({ region: 'eu' });
  const plain = await account.request('GET', `/v1/usance/prices/${price.id}`);
  expect(plain.body.dimension_filter).toEqual({});
  const absent = await account.request('GET', '/v1/usance/prices/price_no');
  expect([absent.status, absent.body.error.code]).toEqual([404, 'resource_missing']);
});

test('a filter on what the meter has no dimension for is refused', async () => {
  const { account, meter } = await newDimensionedShop(['model']);
  const unknown = await filteredPrice(account, meter.id, '1', { region: 'eu' });
  expect([unknown.status, unknown.body.error.param]).toEqual([400, 'dimension_filter[region]']);
  expect(unknown.body.error.message).toContain('they are model');
  const empty = await filteredPrice(account, meter.id, '1', { model: '' });
  expect([empty.status, empty.body.error.code]).toEqual([400, 'parameter_invalid_empty']);
  const licensed = await account.request('POST', '/v1/usance/prices', {
    currency: 'usd',
    unit_amount: 100,
    product_data: { name: 'Seats' },
    recurring: { interval: 'month' },
    dimension_filter: { model: 'small' },
  });
  expect([licensed.status, licensed.body.error.param]).toEqual([400, 'dimension_filter']);
  const onStripes = await account.request('POST', '/v1/prices', {
    currency: 'usd',
    unit_amount: 100,
    product_data: { name: 'Seats' },
    dimension_filter: { model: 'small' },
  });
  expect([onStripes.status, onStripes.body.error.code]).toEqual([400, 'parameter_unknown']);
});
