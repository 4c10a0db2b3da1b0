import { Stripe } from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientConfig } from '../support/account.ts';
import {
  advance,
  customerOn,
  invoicesOf,
  newClockShop,
  text,
  unix,
  untilStanding,
  useAt,
} from '../support/clock-shop.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { meteredPrice, refusal } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

/** A second server on the database of the first, whose operator has lifted the limits of clocks. */
let second: ServerProcess;
const LIFTED = {
  USANCE_CLOCK_INTERVALS: 'unlimited',
  USANCE_CLOCK_YEARS: 'unlimited',
  USANCE_CLOCK_CUSTOMERS: 'unlimited',
};

beforeAll(async () => {
  const { databaseUrl } = await testServer();
  second = await startServer({ name: `unlimited-${process.pid}`, databaseUrl, env: LIFTED });
});
afterAll(async () => await second.stop());

/** All events of an account, oldest first. */
async function allEvents(stripe: Stripe): Promise<Stripe.Event[]> {
  const events: Stripe.Event[] = [];
  for await (const event of stripe.events.list({ limit: 100 })) events.push(event);
  return events.toReversed();
}

/** The events of what is on an account's clocks, oldest first, each with its time. */
async function eventsOf(stripe: Stripe): Promise<[string, string][]> {
  const events = await allEvents(stripe);
  const onClocks = events.filter(({ type }) => !/^(billing|product|price)\./.test(type));
  return onClocks.map((event) => [text(event.created), event.type]);
}

test('an advance tells what it does in the order in which it is due, and at the end that it is ready', async () => {
  const { stripe, price, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  const later = await customerOn(stripe, clock);
  await advance(stripe, clock, '2026-01-01T00:30:00Z');
  await stripe.subscriptions.create({ customer: later.id, items: [{ price: price.id }] });
  const before = (await eventsOf(stripe)).length;
  const [sent, ready] = [
    await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: unix('2026-02-01T03:00:00Z') }),
    await untilStanding(stripe, clock.id),
  ];
  expect(sent).toMatchObject({
    status: 'advancing',
    frozen_time: unix('2026-01-01T00:30:00Z'),
    status_details: { advancing: { target_frozen_time: unix('2026-02-01T03:00:00Z') } },
  });
  expect(ready).toMatchObject({ status: 'ready', frozen_time: unix('2026-02-01T03:00:00Z'), status_details: {} });
  const paid = ['customer.updated', 'invoice.finalized', 'invoice.paid', 'invoice.payment_succeeded'];
  expect((await eventsOf(stripe)).slice(before)).toEqual([
    ['2026-01-01T00:30:00Z', 'test_helpers.test_clock.advancing'],
    ['2026-02-01T00:00:00Z', 'customer.subscription.updated'],
    ['2026-02-01T00:00:00Z', 'invoice.created'],
    ['2026-02-01T00:30:00Z', 'customer.subscription.updated'],
    ['2026-02-01T00:30:00Z', 'invoice.created'],
    ...paid.map((type) => ['2026-02-01T01:00:00Z', type]),
    ...paid.map((type) => ['2026-02-01T01:30:00Z', type]),
    ['2026-02-01T03:00:00Z', 'test_helpers.test_clock.ready'],
  ]);
  const [event] = (await stripe.events.list({ type: 'customer.subscription.updated', limit: 1 })).data;
  expect(event!.request).toEqual({ id: null, idempotency_key: null });
  expect(Object.keys(event!.data.previous_attributes!).toSorted()).toEqual(['items', 'latest_invoice']);
});

test('three customers share a clock and no invoice; the fourth finds no room', async () => {
  const { stripe, meter, price, clock, customer } = await newClockShop('2026-01-31T08:00:00Z');
  const customers = [customer, await customerOn(stripe, clock), await customerOn(stripe, clock)];
  expect(await refusal(customerOn(stripe, clock))).toMatchObject({ status: 400, param: 'test_clock' });
  for (const [index, { id }] of customers.entries()) {
    await stripe.subscriptions.create({ customer: id, items: [{ price: price.id }] });
    await useAt(stripe, meter, id, 1000 * (index + 1));
  }
  await advance(stripe, clock, '2026-02-28T09:00:00Z');
  for (const [index, { id }] of customers.entries()) {
    const invoices = await invoicesOf(stripe, id);
    // 40 cents are less than can be charged: they are carried over, and the invoice is paid by that.
    const status = index === 0 ? 'paid' : 'open';
    expect(invoices.map((invoice) => [invoice.total, invoice.status])).toEqual([[40 * (index + 1), status]]);
  }
  // A place becomes free.
  await stripe.customers.del(customers[2]!.id);
  await customerOn(stripe, clock);
});

test('deleting a clock deletes its customers and ends their subscriptions', async () => {
  const { stripe, meter, price, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await advance(stripe, clock, '2026-02-01T00:00:00Z');
  expect(await stripe.testHelpers.testClocks.del(clock.id)).toEqual({
    id: clock.id,
    object: 'test_helpers.test_clock',
    deleted: true,
  });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true });
  const ended = await stripe.subscriptions.retrieve(id);
  expect([ended.status, text(ended.ended_at!)]).toEqual(['canceled', '2026-02-01T00:00:00Z']);
  const clocks = stripe.testHelpers.testClocks;
  const later = { frozen_time: unix('2026-03-01T00:00:00Z') };
  const calls = [clocks.retrieve(clock.id), clocks.del(clock.id), clocks.advance(clock.id, later)];
  for (const refused of await Promise.all(calls.map((call) => refusal(call)))) {
    expect(refused).toMatchObject({ status: 404, code: 'resource_missing' });
  }
  expect((await stripe.testHelpers.testClocks.list()).data).toEqual([]);
  expect(await refusal(customerOn(stripe, clock))).toMatchObject({ code: 'resource_missing', param: 'test_clock' });
  expect(await refusal(useAt(stripe, meter, customer.id, 1))).toMatchObject({ code: 'resource_missing' });
  const types = (await eventsOf(stripe)).map(([, type]) => type);
  expect(types.slice(-4)).toEqual([
    'customer.subscription.deleted',
    'invoice.updated',
    'customer.deleted',
    'test_helpers.test_clock.deleted',
  ]);
});

test('years in one advance, where the operator allows it', async () => {
  const { account, stripe, meter, price, clock, customer } = await newClockShop('2026-01-31T00:00:00Z');
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await useAt(stripe, meter, customer.id, 12_345);
  const unlimited = new Stripe(account.secretKey, clientConfig(second.url));
  await unlimited.testHelpers.testClocks.advance(clock.id, { frozen_time: unix('2029-01-31T01:00:00Z') });
  expect(await untilStanding(unlimited, clock.id)).toMatchObject({ status: 'ready' });
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(({ total }) => total)).toEqual([124 * 4, ...Array<number>(35).fill(0)]);
  expect(text(invoices.at(-1)!.period_end)).toBe('2029-01-31T00:00:00Z');
  await Promise.all(Array.from({ length: 5 }, () => customerOn(unlimited, clock)));
});

test('one jump, single days and single hours end in the same invoices and the same events', async () => {
  const { account, stripe, meter } = await newClockShop('2026-01-01T00:00:00Z');
  const daily = await meteredPrice(stripe, meter.id, { recurring: { interval: 'day' } });
  const unlimited = new Stripe(account.secretKey, clientConfig(second.url));
  const start = unix('2026-02-27T18:30:00Z');
  const fly = async (hopSeconds: number) => {
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: start });
    const customer = await customerOn(stripe, clock);
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: daily.id }] });
    await useAt(stripe, meter, customer.id, 17);
    await advance(unlimited, clock, start + 2 * 86_400 + 7_200, hopSeconds);
    const invoices = await invoicesOf(stripe, customer.id);
    const events = (await allEvents(stripe)).filter(({ data: { object } }) =>
      [object, (object as Stripe.Invoice).customer].some(
        (of) => of === customer.id || (of as { id?: string } | undefined)?.id === id,
      ),
    );
    return {
      invoices: invoices.map(({ created, status, total, status_transitions: times }) => ({
        created,
        status,
        total,
        finalized: times.finalized_at,
      })),
      events: events.map(({ type, created }) => [type, created]),
    };
  };
  const jump = await fly(30 * 86_400);
  expect(jump.invoices.map(({ total }) => total)).toEqual([68, 0]);
  // The customer has nothing to pay with, and is told to be behind; the invoice of nothing changes nothing of that.
  expect(jump.events).toHaveLength(13);
  expect(await fly(86_400)).toEqual(jump);
  expect(await fly(3_600)).toEqual(jump);
});

test('while a clock advances nothing on it can be changed, and it can be deleted', async () => {
  const { account, stripe, meter, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const daily = await meteredPrice(stripe, meter.id, { recurring: { interval: 'day' } });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: daily.id }] });
  const unlimited = new Stripe(account.secretKey, clientConfig(second.url));
  const far = unix('2126-01-01T00:00:00Z');
  await unlimited.testHelpers.testClocks.advance(clock.id, { frozen_time: far });
  expect(await refusal(unlimited.testHelpers.testClocks.advance(clock.id, { frozen_time: far + 1 }))).toMatchObject({
    status: 400,
    message: `The test clock ${clock.id} is advancing. Wait until it is ready.`,
  });
  const calls = [
    stripe.customers.update(customer.id, { name: 'New' }),
    stripe.subscriptions.create({ customer: customer.id, items: [{ price: daily.id }] }),
    stripe.subscriptions.update(id, { metadata: { k: 'v' } }),
    stripe.subscriptions.cancel(id),
    customerOn(stripe, clock),
  ];
  for (const refused of await Promise.all(calls.map((call) => refusal(call)))) {
    expect(refused).toMatchObject({ status: 429, code: 'lock_timeout' });
  }
  const { frozen_time: then } = await stripe.testHelpers.testClocks.retrieve(clock.id);
  await stripe.testHelpers.testClocks.del(clock.id);
  const ended = await stripe.subscriptions.retrieve(id);
  expect(ended.status).toBe('canceled');
  expect(ended.ended_at).toBeGreaterThanOrEqual(then);
  expect(ended.ended_at).toBeLessThan(far);
});

test('what a customer on a clock pays with is attached, replaced and detached in the time of the clock', async () => {
  const { stripe, clock } = await newClockShop('2026-01-01T00:00:00Z');
  const customer = await stripe.customers.create({
    test_clock: clock.id,
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  await advance(stripe, clock, '2026-01-02T00:00:00Z');
  await stripe.paymentMethods.attach('pm_card_mastercard', { customer: customer.id });
  await stripe.paymentMethods.detach(customer.invoice_settings.default_payment_method as string);
  const told = (await eventsOf(stripe)).filter(([, type]) => !type.startsWith('test_helpers'));
  expect(told).toEqual([
    // That of the shop, then ours.
    ['2026-01-01T00:00:00Z', 'customer.created'],
    ['2026-01-01T00:00:00Z', 'customer.created'],
    ['2026-01-01T00:00:00Z', 'payment_method.attached'],
    ['2026-01-01T00:00:00Z', 'customer.updated'],
    ['2026-01-02T00:00:00Z', 'payment_method.attached'],
    ['2026-01-02T00:00:00Z', 'customer.updated'],
    ['2026-01-02T00:00:00Z', 'payment_method.detached'],
  ]);
});
