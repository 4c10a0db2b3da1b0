import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { advance, invoicesOf, read, useAt } from '../support/clock-shop.ts';
import { invoiceDifferences } from '../support/invoice-differences.ts';
import { billed, fates, type LateShop, newLateShop, setPolicy, useLate } from '../support/late-shop.ts';
import { billed as billedOf, callPrices, newPlanner, schedule } from '../support/scheduled.ts';
import { licensedPrice, meteredPrice } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

// Late usage on invoices that are made otherwise than by a renewal.

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
});
afterAll(() => database.close());

const differences = ({ account }: Pick<LateShop, 'account'>) => invoiceDifferences(database, account.accountId);

const JANUARY = 'late usage from 01 Jan 2026 to 01 Feb 2026';
const NOTHING = ['0 × Alpaca AI (at $0.04 / month)', 0];

test('the last invoice of a subscription bills it, at the end of the period', async () => {
  const shop = await newLateShop('next_invoice');
  const { stripe, clock, subscription } = shop;
  await useLate(shop, 20);
  await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
  await advance(stripe, clock, '2026-03-05T00:00:00Z');
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled');
  expect((await billed(shop)).at(-1)).toEqual([NOTHING, [`20 × Alpaca AI (${JANUARY}, at $0.04 / month)`, 80]]);
  await useLate(shop, 1);
  expect(await fates(shop)).toEqual([['by_hand', '121', '120', '1', 4]]);
});

test('the last invoice of a subscription bills it, where that is made at once', async () => {
  const shop = await newLateShop('next_invoice');
  const { stripe, meter, customer, subscription } = shop;
  await useLate(shop, 20);
  await useAt(stripe, meter, customer.id, 6, '2026-02-09T00:00:00Z');
  await stripe.subscriptions.cancel(subscription.id, { invoice_now: true });
  expect((await billed(shop)).at(-1)).toEqual([
    ['6 × Alpaca AI (at $0.04 / month)', 24],
    [`20 × Alpaca AI (${JANUARY}, at $0.04 / month)`, 80],
  ]);
  await stripe.invoices.finalizeInvoice((await invoicesOf(stripe, customer.id)).at(-1)!.id);
  expect(await differences(shop)).toEqual([]);
});

test('the invoice at the turn of a schedule bills it, at the price of the phase in which it was used', async () => {
  const planner = await newPlanner('2026-02-01T00:00:00Z');
  const { stripe, clock, customer } = planner;
  await setPolicy(planner, 'next_invoice');
  const { meter, ten, seven } = await callPrices(planner);
  await schedule(planner, [
    { items: [{ price: ten }], duration: { interval: 'month', interval_count: 2 } },
    { items: [{ price: seven }], duration: { interval: 'month' } },
  ]);
  await useAt(stripe, meter, customer.id, 60);
  await advance(stripe, clock, '2026-03-10T00:00:00Z');
  await useAt(stripe, meter, customer.id, 5, '2026-02-20T00:00:00Z');
  await useAt(stripe, meter, customer.id, 40);
  await advance(stripe, clock, '2026-04-01T02:00:00Z');
  expect((await billedOf(planner)).slice(-2)).toEqual([
    ['2026-03-01T00:00:00Z', 600, '60 × Calls (at $0.10 / month): 600'],
    [
      '2026-04-01T00:00:00Z',
      450,
      '40 × Calls (at $0.10 / month): 400',
      '5 × Calls (late usage from 01 Feb 2026 to 01 Mar 2026, at $0.10 / month): 50',
    ],
  ]);
  expect(await differences(planner)).toEqual([]);
});

/** In February 30 units were used until the price rose to 0.10 USD on the 10th, and 7 more of them came late, on the 20th. */
async function newRaised(policy: 'drop' | 'next_invoice') {
  const shop = await newLateShop(policy);
  const { stripe, clock, meter, customer, subscription } = shop;
  const raised = await meteredPrice(stripe, meter.id, { unit_amount: 10, product_data: { name: 'Raised' } });
  await useAt(stripe, meter, customer.id, 30, '2026-02-05T00:00:00Z');
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: subscription.items.data[0]!.id, price: raised.id }],
  });
  await advance(stripe, clock, '2026-02-20T00:00:00Z');
  await useLate(shop, 7, '2026-02-06T00:00:00Z');
  await useAt(stripe, meter, customer.id, 5);
  return shop;
}

const BEFORE = ['30 × Alpaca AI (at $0.04 / month)', 120];
const AFTER = ['5 × Raised (at $0.10 / month)', 50];
const LATE = 'late usage from 01 Feb 2026 to 10 Feb 2026, at $0.04 / month';

test('usage that comes late for the time before a change of price is billed at the price that was in force', async () => {
  const shop = await newRaised('next_invoice');
  const { stripe, clock, subscription } = shop;
  const expected = [BEFORE, AFTER, [`7 × Alpaca AI (${LATE})`, 28]];
  expect(read(await stripe.invoices.createPreview({ subscription: subscription.id }))).toEqual(expected);
  await advance(stripe, clock, '2026-03-02T00:00:00Z');
  expect((await billed(shop)).at(-1)).toEqual(expected);
  expect(await fates(shop)).toEqual([['billed', '37', '37', '0', 0]]);

  // What comes after that bills its own difference.
  await useLate(shop, 3, '2026-02-07T00:00:00Z');
  expect(await fates(shop)).toEqual([['pending', '40', '37', '3', 12]]);
  await advance(stripe, clock, '2026-04-02T00:00:00Z');
  expect((await billed(shop)).at(-1)).toEqual([
    ['0 × Raised (at $0.10 / month)', 0],
    [`3 × Alpaca AI (${LATE})`, 12],
  ]);
  expect(await fates(shop)).toEqual([['billed', '40', '40', '0', 0]]);
  expect(await differences(shop)).toEqual([]);
});

test('it is listed where it is dropped, and goes on the last invoice of a subscription that ends', async () => {
  const dropped = await newRaised('drop');
  await advance(dropped.stripe, dropped.clock, '2026-03-02T00:00:00Z');
  expect((await billed(dropped)).at(-1)).toEqual([BEFORE, AFTER]);
  expect(await fates(dropped)).toEqual([['dropped', '37', '30', '7', 28]]);
  const ended = await newRaised('next_invoice');
  await ended.stripe.subscriptions.update(ended.subscription.id, { cancel_at_period_end: true });
  await advance(ended.stripe, ended.clock, '2026-03-02T00:00:00Z');
  expect((await billed(ended)).at(-1)).toEqual([BEFORE, AFTER, [`7 × Alpaca AI (${LATE})`, 28]]);
  const canceled = await newRaised('next_invoice');
  await canceled.stripe.subscriptions.cancel(canceled.subscription.id, { invoice_now: true });
  expect((await billed(canceled)).at(-1)).toEqual([BEFORE, AFTER, [`7 × Alpaca AI (${LATE})`, 28]]);
});

test.each([
  [
    'an item that is removed',
    'item',
    [
      ['6 × Alpaca AI (at $0.04 / month)', 24],
      [`2 × Alpaca AI (late usage from 01 Feb 2026 to 10 Feb 2026, at $0.04 / month)`, 8],
    ],
  ],
  // Its draft follows its usage.
  ['a subscription that is canceled', 'subscription', [['8 × Alpaca AI (at $0.04 / month)', 32]]],
])('usage of the very second of the end of %s is billed once', async (_, what, expected) => {
  const shop = await newLateShop('next_invoice');
  const { stripe, clock, customer, meter, subscription } = shop;
  const flat = await licensedPrice(stripe, { product_data: { name: 'Flat' } });
  await stripe.subscriptionItems.create({ subscription: subscription.id, price: flat.id, proration_behavior: 'none' });
  await useAt(stripe, meter, customer.id, 6);
  if (what === 'item') await stripe.subscriptionItems.del(subscription.items.data[0]!.id);
  else await stripe.subscriptions.cancel(subscription.id, { invoice_now: true });
  // This comes after it, for the same second.
  await useAt(stripe, meter, customer.id, 2);
  await advance(stripe, clock, '2026-03-05T00:00:00Z');
  const ofFebruary = (await billed(shop)).slice(1).flat() as [string, number][];
  expect(ofFebruary.filter(([description]) => description.includes('Alpaca AI'))).toEqual(expected);
  expect(await differences(shop)).toEqual([]);
});

test('an item that takes the meter of a removed one takes the usage of that second', async () => {
  const shop = await newLateShop('next_invoice');
  const { stripe, clock, customer, meter, subscription } = shop;
  const raised = await meteredPrice(stripe, meter.id, { unit_amount: 10, product_data: { name: 'Raised' } });
  await useAt(stripe, meter, customer.id, 6);
  const items = [{ id: subscription.items.data[0]!.id, deleted: true }, { price: raised.id }];
  await stripe.subscriptions.update(subscription.id, { items });
  await advance(stripe, clock, '2026-03-05T00:00:00Z');
  expect((await billed(shop)).at(-1)).toEqual([['6 × Raised (at $0.10 / month)', 60]]);
  expect(await fates(shop)).toEqual([]);
});
