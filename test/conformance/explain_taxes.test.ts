import { sql } from 'kysely';
import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { newDraft, newPayer, type Payer } from '../support/billed.ts';
import { invoiceDifferences } from '../support/invoice-differences.ts';
import { testServer } from '../support/test-server.ts';

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
});
afterAll(() => database.close());

test('an explanation shows the arithmetic of taxes, rounded by line and by invoice', async () => {
  const payer = await newPayer();
  const { account, stripe } = payer;
  const { id: rate } = await stripe.taxRates.create({ display_name: 'VAT', percentage: 10, inclusive: true });
  const coupon = await stripe.coupons.create({ percent_off: 50 });
  const params = { default_tax_rates: [rate], discounts: [{ coupon: coupon.id }] };
  const explain = async () => {
    const { id } = await newDraft(payer, [100_000, 5000], params);
    return (await account.request('GET', `/v1/usance/invoices/${id}/explain`)).body;
  };
  const byLine = await explain();
  expect(byLine.taxes).toMatchObject([
    {
      tax_rate: rate,
      percentage: '10',
      tax_behavior: 'inclusive',
      amount: 4772,
      lines: [
        { steps: ['50000 × 10 ÷ 110 = 4545.454545454545…', 'rounded half away from zero: 4545'] },
        { steps: ['2500 × 10 ÷ 110 = 227.272727272727…', 'rounded half away from zero: 227'] },
      ],
      steps: ['4545 + 227 = 4772'],
    },
  ]);
  expect(byLine.discounts).toMatchObject([
    {
      percent_off: '50',
      amount_off: null,
      amount: 52_500,
      lines: [{ steps: ['100000 × 50 ÷ 100 = 50000'] }, { steps: ['5000 × 50 ÷ 100 = 2500'] }],
      steps: ['50000 + 2500 = 52500'],
    },
  ]);
  expect(byLine.total_steps.slice(-2)).toEqual(['without any tax: 47728', '47728 + 4772 = 52500']);
  await account.request('POST', '/v1/usance/invoice_settings', { tax_rounding: 'invoice' });
  expect((await explain()).taxes).toMatchObject([
    { amount: 4773, steps: ['all lines together: 4772.727272727273…', 'rounded half away from zero: 4773'] },
  ]);
});

test('an explanation shows discounts in their order, each of what the ones before left', async () => {
  const payer = await newPayer();
  const { account, stripe, customer } = payer;
  const [share, amount] = [
    await stripe.coupons.create({ percent_off: 12.5 }),
    await stripe.coupons.create({ amount_off: 500, currency: 'usd' }),
  ];
  const draft = await newDraft(payer, [1000], { discounts: [{ coupon: amount.id }] });
  const discounts = [{ coupon: share.id }];
  await stripe.invoiceItems.create({
    customer: customer.id,
    invoice: draft.id,
    amount: 2_001,
    currency: 'usd',
    discounts,
  });
  const { body } = await account.request('GET', `/v1/usance/invoices/${draft.id}/explain`);
  expect(body.discounts).toMatchObject([
    {
      percent_off: '12.5',
      amount: 250,
      lines: [{ steps: ['2001 × 12.5 ÷ 100 = 250.125', 'rounded half away from zero: 250'] }],
    },
    { amount_off: 500, amount: 500, steps: [expect.stringMatching(/^\d+ \+ \d+ = 500$/)] },
  ]);
  expect(body.discounts[1].lines.map(({ steps }: { steps: string[] }) => steps[0]?.split(' ')[0])).toContain('1751');
  expect(body.total).toBe(3001 - 750);
});

/** One for each way to round and each kind of customer, with credits, and a draft of each. */
async function taxedInvoices(desk: Payer, discounts: Stripe.InvoiceCreateParams.Discount[]): Promise<void> {
  const { account, stripe, customer } = desk;
  const [within, onTop] = await ratesOf(desk);
  for (const rounding of ['line', 'invoice']) {
    await account.request('POST', '/v1/usance/invoice_settings', { tax_rounding: rounding });
    for (const exempt of ['none', 'exempt', 'reverse'] as const) {
      await stripe.customers.update(customer.id, { tax_exempt: exempt });
      const params = { default_tax_rates: [within, onTop], discounts };
      const taxed = await newDraft(desk, [1001, 999, 350, -7], params);
      await stripe.invoices.addLines(taxed.id, { lines: [{ amount: 333, tax_rates: [onTop] }] });
      await stripe.invoices.finalizeInvoice(taxed.id);
      await newDraft(desk, [77, 78], params);
    }
  }
}

/** 19 % within, 7.5 % on top. */
async function ratesOf({ stripe }: Pick<Payer, 'stripe'>): Promise<[string, string]> {
  const within = await stripe.taxRates.create({ display_name: 'A', percentage: 19, inclusive: true });
  const onTop = await stripe.taxRates.create({ display_name: 'B', percentage: 7.5, inclusive: false });
  return [within.id, onTop.id];
}

test('a verification finds nothing wrong with taxes of all kinds', async () => {
  const payer = await newPayer();
  const halved = await payer.stripe.coupons.create({ percent_off: 33.33 });
  const less = await payer.stripe.coupons.create({ amount_off: 77, currency: 'usd' });
  await taxedInvoices(payer, [{ coupon: halved.id }, { coupon: less.id }]);
  expect(await invoiceDifferences(database, payer.account.accountId)).toEqual([]);
});

const TAX = 'tax by txr of line';
const tamperedTaxes: [name: string, change: string, told: string[]][] = [
  [
    'a tax that is too small by one',
    `update invoice_lines set taxes = jsonb_set(taxes, '{0,amount}', '"159"')`,
    [
      `${TAX}: 160, 159`,
      'amount excluding tax of line: 840, 839',
      'sum of taxes by txr: 160, 159',
      'tax by txr: 159, 160',
    ],
  ],
  [
    'a tax of the invoice that no line has',
    `update invoices set taxes = jsonb_set(taxes, '{1,amount}', '"64"'), total = 1000, amount_due = 1000`,
    ['tax by txr: 63, 64', 'total: 1062, 1000', 'amount due: 1062, 1000'],
  ],
  [
    'a rate that has another percentage',
    `update tax_rates set percentage = 8 where not inclusive and`,
    [`${TAX}: 67, 63`, 'sum of taxes by txr: 67, 63', 'total: 1066, 1062', 'amount due: 1066, 1062'],
  ],
  [
    'a tax that is not due',
    `update invoices set customer_snapshot = jsonb_set(customer_snapshot, '{taxExempt}', '"exempt"')`,
    [
      `${TAX}: 0, 160`,
      `taxable amount of ${TAX}: 0, 839`,
      `reason of ${TAX}: customer_exempt, not_available`,
      `${TAX}: 0, 63`,
      `taxable amount of ${TAX}: 0, 839`,
      `reason of ${TAX}: customer_exempt, not_available`,
      'sum of taxes by txr: 0, 160',
      'sum of taxes by txr: 0, 63',
      'total: 839, 1062',
      'amount due: 839, 1062',
    ],
  ],
  [
    'net amounts',
    `update invoices set subtotal_excluding_tax = 1, total_excluding_tax = 2`,
    ['total excluding tax: 839, 2', 'subtotal excluding tax: 839, 1'],
  ],
  [
    'a tax that a line lost',
    `update invoice_lines set taxes = taxes - 1`,
    [
      'taxes of line: txr txr, txr',
      `${TAX}: one, none`,
      'sum of taxes by txr: 63, 0',
      'tax by txr: 0, 63',
      'taxable amount by txr: 0, 839',
      'reason of the tax by txr: , not_available',
    ],
  ],
  [
    'a tax that the invoice lost',
    `update invoices set taxes = taxes - 0`,
    [
      'taxes: txr txr, txr',
      'tax by txr: 160, 0',
      'taxable amount by txr: 839, 0',
      'reason of the tax by txr: not_available, ',
    ],
  ],
];
test.each(tamperedTaxes)('a verification finds %s', async (_, change, told) => {
  const payer = await newPayer();
  const { accountId } = payer.account;
  const draft = await newDraft(payer, [999], { default_tax_rates: await ratesOf(payer) });
  await payer.stripe.invoices.finalizeInvoice(draft.id);
  expect(await invoiceDifferences(database, accountId)).toEqual([]);
  const where = change.endsWith(' and') ? '' : 'where';
  await sql`${sql.raw(change)} ${sql.raw(where)} account_id = ${accountId}`.execute(database.kysely);
  expect((await invoiceDifferences(database, accountId)).map((each) => each.replaceAll(/txr_\w+/g, 'txr'))).toEqual(
    told,
  );
});
