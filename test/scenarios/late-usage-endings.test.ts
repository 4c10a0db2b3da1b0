import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { advance, invoicesOf, useAt } from '../support/clock-shop.ts';
import { invoiceDifferences } from '../support/invoice-differences.ts';
import { billed, fates, type LateShop, newLateShop, setPolicy, useLate } from '../support/late-shop.ts';
import { billed as billedOf, callPrices, newPlanner, schedule } from '../support/scheduled.ts';
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
