import { Stripe } from 'stripe';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { clientConfig, newAccount, type TestAccount } from '../support/account.ts';
import { SENT } from '../support/billed.ts';
import { advance, customerOn, unix } from '../support/clock-shop.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { meteredPrice } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

// Two servers on one database: what one changes, the other follows with its very next event.

let second: ServerProcess;
let account: TestAccount;
let other: Stripe;
let customer: string;
let meter: string;

beforeAll(async () => {
  const { databaseUrl } = await testServer();
  second = await startServer({ name: `second-${process.pid}`, databaseUrl });
});
afterAll(async () => await second.stop());

beforeEach(async () => {
  account = await newAccount();
  other = new Stripe(account.secretKey, clientConfig(second.url));
  customer = (await account.stripe.customers.create()).id;
  meter = (await newMeter()).id;
  // Both servers now remember the meter, the customer and the settings.
  await send(account.stripe);
  await send(other);
});

async function newMeter() {
  const params = { display_name: 'Calls', event_name: 'calls', default_aggregation: { formula: 'sum' as const } };
  return await account.stripe.billing.meters.create(params);
}

async function send(through: Stripe, identifier?: string) {
  const payload = { stripe_customer_id: customer, value: '1' };
  const params = { event_name: 'calls', payload, ...(identifier !== undefined && { identifier }) };
  return await through.billing.meterEvents.create(params);
}

/** Usage of the meter as the other server tells it. */
async function usage(of = meter): Promise<number> {
  const now = Math.floor(Date.now() / 60_000) * 60;
  const range = { customer, start_time: now - 3_600, end_time: now + 3_600 };
  const { data } = await other.billing.meters.listEventSummaries(of, range);
  return data[0]!.aggregated_value;
}

test('a meter that one switches off takes no event of the other', async () => {
  await account.stripe.billing.meters.deactivate(meter);
  await expect(send(other)).rejects.toThrow('is inactive');
  await account.stripe.billing.meters.reactivate(meter);
  await send(other);
  expect(await usage()).toBe(3);
});

test('a name that one gives to another meter means that meter to the other', async () => {
  await account.stripe.billing.meters.deactivate(meter);
  const successor = await newMeter();
  await send(other);
  expect([await usage(), await usage(successor.id)]).toEqual([2, 1]);
});

test('a name without a meter gets one', async () => {
  const params = { event_name: 'late', payload: { stripe_customer_id: customer, value: '1' } };
  await expect(other.billing.meterEvents.create(params)).rejects.toThrow('No meter was found');
  await account.stripe.billing.meters.create({
    display_name: 'Late',
    event_name: 'late',
    default_aggregation: { formula: 'sum' },
  });
  await other.billing.meterEvents.create(params);
});

test('a customer that one deletes has no events of the other', async () => {
  await account.stripe.customers.del(customer);
  await expect(send(other)).rejects.toThrow('No such customer');
});

test('a setting of one holds for the other', async () => {
  await send(account.stripe, 'twice');
  await expect(send(other, 'twice')).rejects.toThrow('An event already exists with identifier twice.');
  await account.request('POST', '/v1/usance/metering_settings', { repeated_identifiers: 'accept_identical' });
  await send(other, 'twice');
  expect(await usage()).toBe(3);
});

test('an identifier that both are sent at once counts once', async () => {
  const identifiers = Array.from({ length: 60 }, (_, n) => `both-${n}`);
  const sent = identifiers.flatMap((identifier) => [send(account.stripe, identifier), send(other, identifier)]);
  const results = await Promise.allSettled(sent);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(60);
  const refused = results.filter((result) => result.status === 'rejected');
  for (const { reason } of refused) expect(String(reason)).toContain('An event already exists with identifier both-');
  expect(await usage()).toBe(62);
});

test('usage that one takes too late is listed by the other at once, and is on its previews', async () => {
  const { stripe } = account;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix('2026-01-01T00:00:00Z') });
  const { id } = await customerOn(stripe, clock);
  const price = await meteredPrice(stripe, meter);
  const terms = { customer: id, items: [{ price: price.id }], ...SENT };
  const subscription = await other.subscriptions.create(terms);
  await advance(other, clock, '2026-02-02T00:00:00Z');
  await account.request('POST', '/v1/usance/billing_settings', { late_usage: 'next_invoice' });
  for (const quantity of [3, 6]) {
    const payload = { stripe_customer_id: id, value: '3' };
    await stripe.billing.meterEvents.create({
      event_name: 'calls',
      payload,
      timestamp: unix('2026-01-05T00:00:00Z'),
    });
    const listed: unknown = await other.rawRequest('GET', `/v1/usance/late_usage?customer=${id}`);
    expect(listed).toMatchObject({ data: [{ status: 'pending', quantity: String(quantity), amount: 4 * quantity }] });
    expect((await other.invoices.createPreview({ subscription: subscription.id })).total).toBe(4 * quantity);
  }
});
