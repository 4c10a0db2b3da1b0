import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { advance, invoicesOf, read, useAt } from '../support/clock-shop.ts';
import { invoiceDifferences } from '../support/invoice-differences.ts';
import { billed, fates, type LateShop, newLateShop, setPolicy, useLate } from '../support/late-shop.ts';
import { licensedPrice, refusal } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
});
afterAll(() => database.close());

const differences = ({ account }: LateShop) => invoiceDifferences(database, account.accountId);

const JANUARY = 'late usage from 01 Jan 2026 to 01 Feb 2026';
const NOTHING = ['0 × Alpaca AI (at $0.04 / month)', 0];

describe('with the policy `next_invoice`', () => {
  test('each of two late events is billed once, each on the invoice that comes next', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, meter, customer, clock } = shop;
    await useLate(shop, 20);
    await useAt(stripe, meter, customer.id, 7, '2026-02-01T00:00:00Z');
    expect(await fates(shop)).toEqual([['pending', '120', '100', '20', 80]]);
    await advance(stripe, clock, '2026-03-05T00:00:00Z');
    expect(await fates(shop)).toEqual([['billed', '120', '120', '0', 0]]);
    await useLate(shop, 3, '2026-01-31T12:00:00Z');
    expect(await fates(shop)).toEqual([['pending', '123', '120', '3', 12]]);
    await advance(stripe, clock, '2026-05-02T00:00:00Z');
    expect(await billed(shop)).toEqual([
      [['100 × Alpaca AI (at $0.04 / month)', 400]],
      [
        ['7 × Alpaca AI (at $0.04 / month)', 28],
        [`20 × Alpaca AI (${JANUARY}, at $0.04 / month)`, 80],
      ],
      [NOTHING, [`3 × Alpaca AI (${JANUARY}, at $0.04 / month)`, 12]],
      [NOTHING],
    ]);
    expect(await fates(shop)).toEqual([['billed', '123', '123', '0', 0]]);
    expect(await differences(shop)).toEqual([]);
  });

  test('a line has the past period, its price and its item', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, customer, clock, price, subscription } = shop;
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-03-05T00:00:00Z');
    const [, february] = await invoicesOf(stripe, customer.id);
    expect(february).toMatchObject({ status: 'open', total: 80, amount_due: 80 });
    expect(february!.lines.data[1]).toMatchObject({
      amount: 80,
      quantity: 20,
      period: { start: Date.UTC(2026, 0, 1) / 1000, end: Date.UTC(2026, 1, 1) / 1000 },
      pricing: { price_details: { price: price.id }, unit_amount_decimal: expect.anything() },
      parent: {
        type: 'subscription_item_details',
        subscription_item_details: { subscription_item: subscription.items.data[0]!.id },
      },
    });
  });

  test('usage within the hour of grace is not late', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, meter, customer, clock } = shop;
    await advance(stripe, clock, '2026-03-01T00:30:00Z');
    await useAt(stripe, meter, customer.id, 5, '2026-02-28T23:00:00Z');
    await advance(stripe, clock, '2026-03-01T01:00:00Z');
    expect(await fates(shop)).toEqual([]);
    expect((await billed(shop)).at(-1)).toEqual([['5 × Alpaca AI (at $0.04 / month)', 20]]);
  });

  test('a line follows still later usage until its draft is final', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, customer, clock } = shop;
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-03-01T00:30:00Z');
    expect(await fates(shop)).toEqual([['on_draft', '120', '100', '20', 80]]);
    await useLate(shop, 5);
    const [, draft] = await invoicesOf(stripe, customer.id);
    expect(draft).toMatchObject({ status: 'draft', total: 100 });
    expect(read(draft!)).toEqual([NOTHING, [`25 × Alpaca AI (${JANUARY}, at $0.04 / month)`, 100]]);
    expect(await fates(shop)).toEqual([['on_draft', '125', '100', '25', 100]]);
    const lineId = draft!.lines.data[1]!.id;
    await advance(stripe, clock, '2026-03-01T01:00:00Z');
    const [, final] = await invoicesOf(stripe, customer.id);
    expect(final).toMatchObject({ status: 'open', total: 100 });
    expect(final!.lines.data[1]).toMatchObject({ id: lineId, quantity: 25 });
    expect(await fates(shop)).toEqual([['billed', '125', '125', '0', 0]]);
    expect(await differences(shop)).toEqual([]);
  });

  test('a line that is taken back by corrections before its draft is final goes', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, clock } = shop;
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-03-01T00:30:00Z');
    await useLate(shop, -20);
    await advance(stripe, clock, '2026-03-01T01:00:00Z');
    expect((await billed(shop)).at(-1)).toEqual([NOTHING]);
    expect(await fates(shop)).toEqual([]);
    expect(await differences(shop)).toEqual([]);
  });

  test('several periods have a line each, the older one first, and a preview shows them', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, meter, customer, clock, subscription } = shop;
    await advance(stripe, clock, '2026-03-02T00:00:00Z');
    await useLate(shop, 20);
    await useAt(stripe, meter, customer.id, 6, '2026-02-15T00:00:00Z');
    const lines = [
      NOTHING,
      [`20 × Alpaca AI (${JANUARY}, at $0.04 / month)`, 80],
      ['6 × Alpaca AI (late usage from 01 Feb 2026 to 01 Mar 2026, at $0.04 / month)', 24],
    ];
    const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
    expect([preview.total, read(preview)]).toEqual([104, lines]);
    expect(read(await stripe.invoices.retrieve(preview.id))).toEqual(lines);
    const { body } = await shop.account.request('GET', `/v1/usance/invoices/${preview.id}/explain`);
    const charges = body.charges as { amount: number; quantity_billed_before: string | null }[];
    expect(charges.map(({ amount, quantity_billed_before: before }) => [amount, before])).toEqual([
      [0, null],
      [80, '100'],
      [24, '0'],
    ]);
    const recurring = await stripe.invoices.createPreview({
      subscription: subscription.id,
      preview_mode: 'recurring',
    });
    expect(read(recurring)).toEqual([NOTHING]);
    await advance(stripe, clock, '2026-04-02T00:00:00Z');
    expect((await billed(shop)).at(-1)).toEqual(lines);
    expect(await fates(shop)).toEqual([
      ['billed', '6', '6', '0', 0],
      ['billed', '120', '120', '0', 0],
    ]);
  });

  test('a preview leaves out what is on a draft already', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, clock, subscription } = shop;
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-03-01T00:30:00Z');
    expect(read(await stripe.invoices.createPreview({ subscription: subscription.id }))).toEqual([NOTHING]);
  });

  test('a voided bill opens the usage again', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, meter, customer, clock } = shop;
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-03-05T00:00:00Z');
    const [, february] = await invoicesOf(stripe, customer.id);
    await stripe.invoices.voidInvoice(february!.id);
    expect(await fates(shop)).toEqual([['pending', '120', '100', '20', 80]]);
    await useAt(stripe, meter, customer.id, 1, '2026-03-04T00:00:00Z');
    await advance(stripe, clock, '2026-04-05T00:00:00Z');
    expect((await billed(shop)).at(-1)).toEqual([
      ['1 × Alpaca AI (at $0.04 / month)', 4],
      [`20 × Alpaca AI (${JANUARY}, at $0.04 / month)`, 80],
    ]);
    expect(await fates(shop)).toEqual([['billed', '120', '120', '0', 0]]);
    expect(await differences(shop)).toEqual([]);
  });

  test('a voided bill is opened again however long ago its period was', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, customer, clock } = shop;
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-07-05T00:00:00Z');
    const [, february] = await invoicesOf(stripe, customer.id);
    await stripe.invoices.voidInvoice(february!.id);
    await advance(stripe, clock, '2026-08-05T00:00:00Z');
    expect((await billed(shop)).at(-1)).toEqual([NOTHING, [`20 × Alpaca AI (${JANUARY}, at $0.04 / month)`, 80]]);
  });

  test('usage of a voided invoice is not billed again, only what came after it', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, customer, clock } = shop;
    const [january] = await invoicesOf(stripe, customer.id);
    await stripe.invoices.voidInvoice(january!.id);
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-03-05T00:00:00Z');
    expect((await billed(shop)).at(-1)).toEqual([NOTHING, [`20 × Alpaca AI (${JANUARY}, at $0.04 / month)`, 80]]);
  });

  test('a draft of a subscription, and a line on it, can not be deleted', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, customer, clock } = shop;
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-03-01T00:30:00Z');
    const [, draft] = await invoicesOf(stripe, customer.id);
    expect(await refusal(stripe.invoices.del(draft!.id))).toMatchObject({ code: 'invoice_not_editable' });
    const lines = [{ id: draft!.lines.data[1]!.id, behavior: 'delete' as const }];
    expect(await refusal(stripe.invoices.removeLines(draft!.id, { lines }))).toMatchObject({ status: 400 });
    expect(await fates(shop)).toEqual([['on_draft', '120', '100', '20', 80]]);
  });

  test('a draft that waits for somebody keeps its line, and the next invoice has none of it', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, customer, clock } = shop;
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-03-01T00:30:00Z');
    const [, draft] = await invoicesOf(stripe, customer.id);
    await stripe.invoices.update(draft!.id, { auto_advance: false });
    await advance(stripe, clock, '2026-04-05T00:00:00Z');
    expect((await billed(shop)).at(-1)).toEqual([NOTHING]);
    await stripe.invoices.finalizeInvoice(draft!.id);
    expect(await fates(shop)).toEqual([['billed', '120', '120', '0', 0]]);
    expect(await differences(shop)).toEqual([]);
  });

  test('corrections are told and never credited', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, clock } = shop;
    await useLate(shop, -30);
    expect(await fates(shop)).toEqual([['correction', '70', '100', '-30', -120]]);
    await advance(stripe, clock, '2026-03-05T00:00:00Z');
    expect((await billed(shop)).at(-1)).toEqual([NOTHING]);
    // What comes then fills up what was billed already.
    await useLate(shop, 40);
    expect(await fates(shop)).toEqual([['pending', '110', '100', '10', 40]]);
  });

  test('what a canceled subscription used is left to be billed by hand', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, clock, subscription } = shop;
    await stripe.subscriptions.cancel(subscription.id);
    await useLate(shop, 20);
    expect(await fates(shop)).toEqual([['by_hand', '120', '100', '20', 80]]);
    await advance(stripe, clock, '2026-03-05T00:00:00Z');
    expect(await billed(shop)).toHaveLength(1);
    expect(await fates(shop)).toEqual([['by_hand', '120', '100', '20', 80]]);
  });

  test('licensed items and discounts of the invoice go with it', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, customer, clock, meter, price } = shop;
    const seats = await licensedPrice(stripe);
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
    const rate = await stripe.taxRates.create({ display_name: 'VAT', percentage: 20, inclusive: false });
    const other = await stripe.customers.create({ email: 'b@example.com', test_clock: clock.id });
    await stripe.subscriptions.create({
      customer: other.id,
      items: [{ price: price.id, tax_rates: [rate.id] }, { price: seats.id }],
      collection_method: 'send_invoice',
      days_until_due: 30,
      discounts: [{ coupon: coupon.id }],
    });
    await advance(stripe, clock, '2026-03-12T00:00:00Z');
    await useAt(stripe, meter, other.id, 30, '2026-02-20T00:00:00Z');
    await advance(stripe, clock, '2026-04-12T00:00:00Z');
    // 2000 seats and 120 late, each less a half: 1060; 20 % of 60 is 12.
    const latest = (await invoicesOf(stripe, other.id)).at(-1)!;
    expect([latest.subtotal, latest.total]).toEqual([2120, 1072]);
    expect(read(latest)).toEqual([
      ['1 × Alpaca AI (at $20.00 / month)', 2000],
      NOTHING,
      ['30 × Alpaca AI (late usage from 10 Feb 2026 to 10 Mar 2026, at $0.04 / month)', 120],
    ]);
    expect(await differences(shop)).toEqual([]);
    expect(customer.id).not.toBe(other.id);
  });
});

const TIERS = [
  { up_to: 100, unit_amount: 10, flat_amount: 500 },
  { up_to: 'inf' as const, unit_amount: 5, flat_amount: 300 },
];

/** What 50 late units cost after 100 that were billed, and what 1 more costs after that. */
const MODELS: readonly [string, Parameters<typeof newLateShop>[1], number, number][] = [
  // 100 × 10 + 500 were billed. 50 × 5 + 300 come to it, then 5.
  ['graduated', { billing_scheme: 'tiered', tiers_mode: 'graduated', tiers: TIERS }, 550, 5],
  // 100 × 8 were billed; 150 × 7 are 1050, and 151 × 7 are 1057.
  [
    'volume',
    {
      billing_scheme: 'tiered',
      tiers_mode: 'volume',
      tiers: [
        { up_to: 100, unit_amount: 8 },
        { up_to: 'inf' as const, unit_amount: 7 },
      ],
    },
    250,
    7,
  ],
  // 4 packages of 30 were billed; 150 units are 5, and 151 are 6.
  ['packages', { unit_amount: 9, transform_quantity: { divide_by: 30, round: 'up' } }, 9, 9],
];

test.each(MODELS)(
  'late usage of a price by %s costs what the whole period costs more',
  async (_, terms, first, more) => {
    const shop = await newLateShop('next_invoice', terms);
    const { account, stripe, clock, customer } = shop;
    await useLate(shop, 50);
    expect(await fates(shop)).toEqual([['pending', '150', '100', '50', first]]);
    await advance(stripe, clock, '2026-03-02T00:00:00Z');
    await useLate(shop, 1);
    await advance(stripe, clock, '2026-04-02T00:00:00Z');
    const lines = (await invoicesOf(stripe, customer.id)).map((invoice) => invoice.lines.data.at(-1)!);
    expect(lines.slice(1).map(({ quantity, amount }) => [quantity, amount])).toEqual([
      [50, first],
      [1, more],
    ]);
    expect(await differences(shop)).toEqual([]);
    const [, february] = await invoicesOf(stripe, customer.id);
    const { body } = await account.request('GET', `/v1/usance/invoices/${february!.id}/explain`);
    expect(body.charges.at(-1)).toMatchObject({ quantity: '50', quantity_billed_before: '100', amount: first });
  },
);

test('more units that cost less are told and not billed', async () => {
  const shop = await newLateShop('next_invoice', {
    billing_scheme: 'tiered',
    tiers_mode: 'volume',
    tiers: [
      { up_to: 100, unit_amount: 10 },
      { up_to: 'inf', unit_amount: 5 },
    ],
  });
  const { stripe, clock } = shop;
  await useLate(shop, 50);
  // 150 × 5 are 750, and 100 × 10 were billed.
  expect(await fates(shop)).toEqual([['no_charge', '150', '100', '50', -250]]);
  await advance(stripe, clock, '2026-03-02T00:00:00Z');
  expect((await billed(shop)).at(-1)).toHaveLength(1);
  await useLate(shop, 100);
  expect(await fates(shop)).toEqual([['pending', '250', '100', '150', 250]]);
});

describe('the policy', () => {
  test('is to drop, as the original does, until it is changed', async () => {
    const shop = await newLateShop(undefined);
    const { stripe, clock } = shop;
    await useLate(shop, 20);
    expect(await fates(shop)).toEqual([['dropped', '120', '100', '20', 80]]);
    await advance(stripe, clock, '2026-03-05T00:00:00Z');
    expect(await billed(shop)).toEqual([[['100 × Alpaca AI (at $0.04 / month)', 400]], [NOTHING]]);
    expect(await fates(shop)).toEqual([['dropped', '120', '100', '20', 80]]);
  });

  test('counts as it is when the next invoice is made', async () => {
    const shop = await newLateShop('next_invoice');
    const { stripe, clock } = shop;
    await useLate(shop, 20);
    await setPolicy(shop, 'drop');
    expect(await fates(shop)).toEqual([['dropped', '120', '100', '20', 80]]);
    await advance(stripe, clock, '2026-03-01T00:30:00Z');
    await setPolicy(shop, 'next_invoice');
    await advance(stripe, clock, '2026-03-02T00:00:00Z');
    expect((await billed(shop)).at(-1)).toEqual([NOTHING]);
    // January ended less than 36 days before March began, so the next invoice still looks at it.
    expect(await fates(shop)).toEqual([['pending', '120', '100', '20', 80]]);
    await advance(stripe, clock, '2026-04-02T00:00:00Z');
    expect((await billed(shop)).at(-1)).toEqual([NOTHING, [`20 × Alpaca AI (${JANUARY}, at $0.04 / month)`, 80]]);
  });

  test('does not reach back beyond what can still change', async () => {
    const shop = await newLateShop('drop');
    const { stripe, clock } = shop;
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-04-05T00:00:00Z');
    await setPolicy(shop, 'next_invoice');
    expect(await fates(shop)).toEqual([['dropped', '120', '100', '20', 80]]);
    await advance(stripe, clock, '2026-05-02T00:00:00Z');
    expect((await billed(shop)).at(-1)).toEqual([NOTHING]);
  });
});
