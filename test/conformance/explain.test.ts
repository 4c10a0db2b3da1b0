import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import Stripe from 'stripe';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { newDesk, newDraft, SENT } from '../support/billed.ts';
import { invoiceDifferences } from '../support/invoice-differences.ts';
import { licensedPrice, newShop, type Shop, use } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
});
afterAll(() => database.close());

const differences = (accountId: string) => invoiceDifferences(database, accountId);

const TIERS = [
  { up_to: 1000, unit_amount: 5, flat_amount: 900 },
  { up_to: 'inf' as const, unit_amount_decimal: '3.6' as never },
];

/** A sent invoice of tiered and packaged units with a credit of its own. */
async function tieredInvoice(shop: Shop): Promise<Stripe.Invoice> {
  const { stripe, customer } = shop;
  const tiered = await licensedPrice(stripe, {
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: TIERS,
    unit_amount: undefined as never,
  });
  const packages = await licensedPrice(stripe, { unit_amount: 4, transform_quantity: { divide_by: 100, round: 'up' } });
  const items = [
    { price: tiered.id, quantity: 1031 },
    { price: packages.id, quantity: 3001 },
  ];
  const { latest_invoice: id } = await stripe.subscriptions.create({ customer: customer.id, items, ...SENT });
  await stripe.invoices.addLines(id as string, { lines: [{ amount: -20, description: 'Sorry' }] });
  return await stripe.invoices.finalizeInvoice(id as string);
}

describe('an explanation', () => {
  test('shows the arithmetic of every line, and adds up to the invoice', async () => {
    const shop = await newShop();
    const invoice = await tieredInvoice(shop);
    const { body } = await shop.account.request('GET', `/v1/usance/invoices/${invoice.id}/explain`);
    expect(body).toMatchObject({
      invoice: invoice.id,
      currency: 'usd',
      total: invoice.total,
      subtotal: invoice.subtotal,
    });
    expect(body.charges.map((charge: { amount: number }) => charge.amount)).toEqual([124, 6012, -20]);
    const steps = body.charges.map(({ lines }: { lines: { steps: string[] }[] }) => lines.map((line) => line.steps));
    expect(steps).toEqual([
      [['3001 ÷ 100 = 30.01', 'rounded up: 31 packages', '31 × 4 = 124']],
      [
        ['1000 of 1031 lie in tier 1, above 0 up to 1000', '1000 × 5 = 5000'],
        ['the flat amount of tier 1, which was entered: 900'],
        ['31 of 1031 lie in tier 2, above 1000', '31 × 3.6 = 111.6', 'rounded half away from zero: 112'],
        ['the flat amount of tier 2, which was entered: 0'],
      ],
      [['1 × -20 = -20']],
    ]);
    expect(body.subtotal_steps).toBe('124 + 5000 + 900 + 112 + 0 + -20 = 6116');
    expect(invoice.total).toBe(6116);
  });

  test('tells the usage of the first invoice of a classic subscription, and where its events would be', async () => {
    const shop = await newShop();
    const { account, stripe, customer, price, meter } = shop;
    const { latest_invoice: id } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      billing_mode: { type: 'classic' },
    });
    const { body } = await account.request('GET', `/v1/usance/invoices/${id as string}/explain`);
    const { usage } = body.charges[0];
    expect(usage).toMatchObject({
      meter: meter.id,
      formula: 'sum',
      quantity: '0',
      quantity_not_billed: '0',
      by_day: [],
    });
    expect(usage.events).toMatchObject({ method: 'GET', path: '/v1/usance/meter_events' });
    expect((await account.request('GET', usage.events.path, usage.events.parameters)).body.data).toEqual([]);
  });

  test('tells usage by day and dimensions, with the very events', async () => {
    const { shop, invoice, call } = await usedInvoice();
    const { body } = await shop.account.request('GET', `/v1/usance/invoices/${invoice}/explain`);
    const { usage, quantity, amount } = body.charges[0];
    expect({ quantity, amount }).toEqual({ quantity: '42', amount: 168 });
    const groups = usage.by_day as { day: string; dimensions: object; event_count: number; quantity: string }[];
    expect(groups.map((group) => [group.dimensions, group.event_count, group.quantity])).toEqual([
      [{ model: 'small', region: 'eu' }, 2, '35'],
      [{ model: 'small', region: 'us' }, 1, '7'],
    ]);
    expect(usage.quantity_not_billed).toBe('0');
    const { data } = (await shop.account.request('GET', usage.events.path, usage.events.parameters)).body;
    expect(data.map((event: { value: string }) => event.value)).toEqual(['7', '5', '30']);
    expect(await differences(shop.account.accountId)).toEqual([]);
    await call(8, 'small', 'us');
    await call(500, 'large', 'us');
    const later = await shop.account.request('GET', `/v1/usance/invoices/${invoice}/explain`);
    expect(later.body.charges[0]).toMatchObject({ amount: 168, usage: { quantity: '50', quantity_not_billed: '8' } });
  });

  test('tells of a preview what it was computed from', async () => {
    const shop = await newShop();
    const { account, stripe, customer, price, meter } = shop;
    const items = [{ price: price.id }];
    const { id: subscription } = await stripe.subscriptions.create({ customer: customer.id, items });
    for (const tokens of [3000, 1]) await use(stripe, meter, customer.id, tokens);
    await stripe.invoiceItems.create({ customer: customer.id, amount: 250 });
    const preview = await stripe.invoices.createPreview({ subscription, invoice_items: [{ amount: -50 }] });
    const explain = async () => (await account.request('GET', `/v1/usance/invoices/${preview.id}/explain`)).body;
    const { charges, total } = await explain();
    expect(total).toBe(324);
    expect(charges).toMatchObject([
      { amount: -50, usage: null },
      { amount: 250, usage: null },
      {
        amount: 124,
        lines: [{ steps: ['3001 ÷ 100 = 30.01', 'rounded up: 31 packages', '31 × 4 = 124'] }],
        usage: { quantity: '3001', quantity_not_billed: '0', by_day: [{ dimensions: {}, event_count: 2 }] },
      },
    ]);
    await use(stripe, meter, customer.id, 99);
    expect((await explain()).charges[2].usage).toMatchObject({ quantity: '3100', quantity_not_billed: '99' });
  });

  test('adds up to any invoice, in any currency', async () => {
    const { account, stripe } = await newDesk();
    const customers = new Map<string, string>();
    for (const currency of ['usd', 'jpy', 'kwd']) {
      customers.set(currency, (await stripe.customers.create({ email: 'a@example.com' })).id);
    }
    const { id: product } = await stripe.products.create({ name: 'Any' });
    const decimals = (max: number) =>
      fc
        .tuple(fc.integer({ min: 0, max }), fc.integer({ min: 0, max: 999_999 }))
        .map(([whole, fraction]) => `${whole}.${String(fraction).padStart(6, '0')}`);
    const line = fc.oneof(
      fc.integer({ min: -1_000_000, max: 1_000_000 }).map((amount) => ({ amount })),
      fc.record({ unit: decimals(5_000), quantity: decimals(1_000) }),
    );
    const lines = fc.array(line, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(lines, fc.constantFrom(...customers.keys()), async (wanted, currency) => {
        const { id } = await stripe.invoices.create({ customer: customers.get(currency)!, currency });
        const params = wanted.map((each) =>
          'amount' in each
            ? each
            : {
                price_data: { currency, product, unit_amount_decimal: Stripe.Decimal.from(each.unit) },
                quantity_decimal: Stripe.Decimal.from(each.quantity),
              },
        );
        const invoice = await stripe.invoices.addLines(id, { lines: params });
        const { body } = await account.request('GET', `/v1/usance/invoices/${id}/explain`);
        const charges = body.charges as { amount: number; lines: { line: string; amount: number }[] }[];
        expect(charges.reduce((sum, { amount }) => sum + amount, 0)).toBe(invoice.total);
        expect(charges.flatMap((charge) => charge.lines).map((each) => [each.line, each.amount])).toEqual(
          invoice.lines.data.map((each) => [each.id, each.amount]),
        );
      }),
      { numRuns: 15 },
    );
    expect(await differences(account.accountId)).toEqual([]);
  });

  test('is told of what exists, to its own account', async () => {
    const desk = await newDesk();
    const { id } = await newDraft(desk, [1000]);
    const other = await newDesk();
    for (const path of [`/v1/usance/invoices/${id}/explain`, '/v1/usance/invoices/in_no/explain']) {
      expect((await other.account.request('GET', path)).status).toBe(404);
    }
  });
});

/**
 * An invoice that bills usage of the current period, of one model alone: its line is written as a renewal writes it,
 * since the period of a new subscription is not over.
 */
async function usedInvoice() {
  const shop = await newShop();
  const { account, stripe, customer } = shop;
  const eventName = `calls_${customer.id}`;
  const meter = (
    await account.request('POST', '/v1/usance/meters', {
      display_name: 'Calls',
      event_name: eventName,
      default_aggregation: { formula: 'sum' },
      dimension_payload_keys: ['model', 'region'],
    })
  ).body as { id: string };
  const price = (
    await account.request('POST', '/v1/usance/prices', {
      currency: 'usd',
      unit_amount: '4',
      product_data: { name: 'Calls' },
      recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
      dimension_filter: { model: 'small' },
    })
  ).body as { id: string };
  const { latest_invoice: invoice } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    billing_mode: { type: 'classic' },
  });
  const call = async (value: number, model: string, region: string) => {
    const payload = { stripe_customer_id: customer.id, value: String(value), model, region };
    await stripe.billing.meterEvents.create({ event_name: eventName, payload });
  };
  await call(30, 'small', 'eu');
  await call(5, 'small', 'eu');
  await call(7, 'small', 'us');
  await call(1000, 'large', 'eu');
  await sql`
    update invoice_lines set quantity = 42, amount = 168, amount_excluding_tax = 168, period_start_at = period_start_at - interval '1 minute',
      period_end_at = period_end_at + interval '1 hour'
    where account_id = ${account.accountId} and invoice_id = ${invoice}
  `.execute(database.kysely);
  await sql`
    update invoices set subtotal = 168, total = 168, amount_due = 168, amount_paid = 168,
      subtotal_excluding_tax = 168, total_excluding_tax = 168
    where account_id = ${account.accountId} and id = ${invoice}
  `.execute(database.kysely);
  return { shop, invoice: invoice as string, call };
}

describe('a verification', () => {
  test('finds nothing wrong with invoices of all kinds', async () => {
    const shop = await newShop();
    const { account, stripe, customer } = shop;
    await tieredInvoice(shop);
    const desk = { account, stripe, customer };
    const paid = await newDraft(desk, [100, -30]);
    await stripe.invoices.pay(paid.id, { paid_out_of_band: true });
    const skipped = await stripe.customers.retrieve(customer.id);
    await stripe.customers.update(customer.id, {
      next_invoice_sequence: (skipped as Stripe.Customer).next_invoice_sequence! + 5,
    });
    const voided = await newDraft(desk, [900]);
    await stripe.invoices.finalizeInvoice(voided.id);
    await stripe.invoices.voidInvoice(voided.id);
    await stripe.customers.createBalanceTransaction(customer.id, { amount: -150, currency: 'usd' });
    const halved = await stripe.coupons.create({ percent_off: 33.33 });
    const less = await stripe.coupons.create({ amount_off: 77, currency: 'usd' });
    const discounts = [{ coupon: halved.id }, { coupon: less.id }];
    const discounted = await newDraft(desk, [1001, 999, -7], { discounts });
    await stripe.invoices.finalizeInvoice(discounted.id);
    await stripe.invoices.voidInvoice(discounted.id);
    await stripe.customers.update(customer.id, { invoice_prefix: 'OTHER' });
    await stripe.invoices.finalizeInvoice((await newDraft(desk, [2000])).id);
    await account.request('POST', '/v1/usance/invoice_settings', { numbering: 'account' });
    await stripe.invoices.finalizeInvoice((await newDraft(desk, [3])).id);
    const begun = await stripe.customers.create({ next_invoice_sequence: 7 });
    await account.request('POST', '/v1/usance/invoice_settings', { numbering: 'customer' });
    await stripe.invoices.finalizeInvoice((await newDraft({ stripe, customer: begun }, [4])).id);
    await newDraft(desk, [5], { number: 'OTHER-0099' });
    expect(await differences(account.accountId)).toEqual([]);
  });

  const tampered: [name: string, change: string, told: string[]][] = [
    [
      'an amount',
      `update invoice_lines set amount = 101`,
      ['amount of line: 100, 101', 'invoice item of line: 100 for 1, 101 for 1'],
    ],
    [
      'a unit amount',
      `update invoice_lines set unit_amount = 99`,
      [
        'amount of line: 99, 100',
        'subtotal: 99, 100',
        'amount excluding tax of line: 99, 100',
        'total excluding tax: 99, 100',
        'subtotal excluding tax: 99, 100',
        'total: 99, 100',
        'amount due: 99, 100',
      ],
    ],
    ['a total', `update invoices set total = 99`, ['total: 100, 99']],
    ['an amount due', `update invoices set amount_due = 0`, ['amount due: 100, 0']],
    ['a payment that was never made', `update invoices set amount_paid = 100`, ['amount paid: 0, 100']],
    [
      'an item without its line',
      `delete from invoice_lines`,
      [
        'subtotal: 0, 100',
        'total excluding tax: 0, 100',
        'subtotal excluding tax: 0, 100',
        'total: 0, 100',
        'amount due: 0, 100',
        'invoice item: a line, none',
      ],
    ],
    [
      'a balance that was left elsewhere',
      `update invoices set starting_balance = -30`,
      ['amount due: 70, 100', 'change of the balance: 30, 0'],
    ],
    [
      'a discount that nobody gave',
      `update invoices set total = 90, amount_due = 90, discounts =
        '[{"id": "di_1", "percentOff": "10", "amountOff": null, "productIds": null, "amount": "10"}]'`,
      ['part of di_1 of line: 10, 0', 'sum of di_1: 10, 0', 'total excluding tax: 90, 100'],
    ],
    ['a number that nobody has', `update invoices set number = 'X'`, ['number 1: one invoice, no invoice']],
  ];
  test.each(tampered)('finds %s', async (_, change, told) => {
    const desk = await newDesk();
    const { accountId } = desk.account;
    await desk.stripe.invoices.finalizeInvoice((await newDraft(desk, [100])).id);
    expect(await differences(accountId)).toEqual([]);
    await sql`${sql.raw(change)} where account_id = ${accountId}`.execute(database.kysely);
    expect(await differences(accountId)).toEqual(told);
  });

  test('finds usage that no event brought', async () => {
    const { shop, invoice } = await usedInvoice();
    await sql`
      update invoice_lines set quantity = 43, amount = 172, amount_excluding_tax = 172 where invoice_id = ${invoice}
    `.execute(database.kysely);
    await sql`
      update invoices set subtotal = 172, total = 172, amount_due = 172, amount_paid = 172,
        subtotal_excluding_tax = 172, total_excluding_tax = 172
      where id = ${invoice}
    `.execute(database.kysely);
    expect(await differences(shop.account.accountId)).toEqual(['usage of line: 42, 43']);
  });
});

describe('the commands', () => {
  test('explain an invoice in words and as JSON, and verify it', async () => {
    const shop = await newShop();
    const { account } = shop;
    const invoice = await tieredInvoice(shop);
    const ofAccount = ['--account', account.accountId];
    const [words, json, unknown, clean] = await Promise.all([
      run('explain', invoice.id, ...ofAccount),
      run('explain', invoice.id, '--json', ...ofAccount),
      run('explain', 'in_no', ...ofAccount),
      run('verify', 'invoices', ...ofAccount),
    ]);
    expect(words.code).toBe(0);
    expect(words.stdout).toContain('    31 × 3.6 = 111.6\n    rounded half away from zero: 112\n');
    expect(words.stdout).toMatch(/\nTotal 6116, amount due 6116\n$/);
    const { body } = await account.request('GET', `/v1/usance/invoices/${invoice.id}/explain`);
    expect(JSON.parse(json.stdout)).toEqual(body);
    expect(unknown).toMatchObject({ code: 1, stderr: "usance: No such invoice: 'in_no'\n" });
    expect([clean.code, clean.stdout]).toEqual([0, '1 invoice: all as they must be.\n']);
    await sql`update invoices set total = 1 where id = ${invoice.id}`.execute(database.kysely);
    const wrong = await run('verify', 'invoices', ...ofAccount);
    expect([wrong.code, wrong.stdout]).toEqual([
      1,
      `${account.accountId} ${invoice.id} total: expected 6116; found 1\n1 invoice, 1 difference.\n`,
    ]);
  });
});

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const bin = fileURLToPath(new URL('../../bin/usance.js', import.meta.url));
  const env = { PATH: process.env['PATH'], DATABASE_URL: (await testServer()).databaseUrl };
  return await new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
