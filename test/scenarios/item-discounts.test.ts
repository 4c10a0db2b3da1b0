import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { advance, invoicesOf, newClockShop } from '../support/clock-shop.ts';
import { invoiceDifferences } from '../support/invoice-differences.ts';
import { licensedPrice, refusal } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
});
afterAll(() => database.close());

const partsOf = ({ lines }: Stripe.Invoice) =>
  lines.data.map((line) => [line.amount, ...(line.discount_amounts ?? []).map(({ amount }) => -amount)]);

const timesRedeemed = async (stripe: Stripe, id: string) => (await stripe.coupons.retrieve(id)).times_redeemed;

test('a discount of a pending item comes on the renewal with it, before those of subscription and item', async () => {
  const { stripe, account, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const seats = await licensedPrice(stripe, { product_data: { name: 'Seats' } });
  const third = await stripe.coupons.create({ percent_off: 33.3, duration: 'once' });
  const ten = await stripe.coupons.create({ percent_off: 10, duration: 'forever' });
  const less = await stripe.coupons.create({ amount_off: 500, currency: 'usd', duration: 'forever' });
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id, discounts: [{ coupon: ten.id }] }],
    discounts: [{ coupon: less.id }],
    collection_method: 'send_invoice',
    days_until_due: 30,
  });
  const item = await stripe.invoiceItems.create({
    customer: customer.id,
    amount: 999,
    currency: 'usd',
    discounts: [{ coupon: third.id }, { coupon: less.id }],
    expand: ['discounts'],
  });
  expect(item).toMatchObject({
    net_amount: 166,
    discounts: [{ invoice: null, subscription: null, subscription_item: null, invoice_item: item.id }, {}],
  });
  const preview = await stripe.invoices.createPreview({ subscription: id });
  // A third of 9.99 is 3.33, then 5 USD; of 20 USD a tenth; 5 USD over 1.66 and 18.00.
  const expected = [
    [999, -333, -500, -42],
    [2000, -200, -458],
  ];
  expect(partsOf(preview)).toEqual(expected);
  await advance(stripe, clock, '2026-03-01T02:00:00Z');
  const [, second, last] = await invoicesOf(stripe, customer.id);
  expect(partsOf(second!)).toEqual(expected);
  expect(second).toMatchObject({ subtotal: 2999, total: 1466, status: 'open' });
  expect(second!.discounts).toHaveLength(1);
  expect(second!.total_discount_amounts).toHaveLength(4);
  expect(second!.lines.data[0]!.discounts).toEqual(item.discounts!.map((each) => (each as Stripe.Discount).id));
  expect(partsOf(last!)).toEqual([[2000, -200, -500]]);
  expect([await timesRedeemed(stripe, third.id), await timesRedeemed(stripe, less.id)]).toEqual([1, 2]);
  const told = await invoiceDifferences(database, account.accountId);
  expect(told.filter((each) => !each.startsWith('unchecked '))).toEqual([]);
});

test('a draft follows what is put on its items and lines, and what ends with them; yen stay whole', async () => {
  const { stripe, account, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const half = await stripe.coupons.create({ percent_off: 50 });
  const yen = await stripe.coupons.create({ amount_off: 100, currency: 'jpy' });
  const { id } = await stripe.invoices.create({
    customer: customer.id,
    currency: 'jpy',
    discounts: [{ coupon: yen.id }],
  });
  const on = { customer: customer.id, invoice: id, currency: 'jpy' };
  const item = await stripe.invoiceItems.create({ ...on, amount: 333, discounts: [{ coupon: half.id }] });
  const added = await stripe.invoices.addLines(id, {
    lines: [{ amount: 1000 }, { amount: 500, discounts: [{ coupon: half.id }], discountable: false }],
  });
  // Half of 333 is 167; 100 yen over 166 and 1000. What is not discountable keeps its discount, which takes nothing off.
  expect(partsOf(added)).toEqual([[333, -167, -14], [1000, -86], [500]]);
  expect(added.lines.data.map((line) => line.discounts.length)).toEqual([1, 0, 1]);
  const [, plain, kept] = added.lines.data;
  await stripe.invoices.updateLineItem(id, plain!.id, { discounts: [{ coupon: yen.id }] });
  const updated = await stripe.invoices.updateLines(id, {
    lines: [{ id: kept!.id, discountable: true }],
  });
  // 100 yen over 166, 900 and 250: rounded down, the last has what is left.
  expect(partsOf(updated)).toEqual([
    [333, -167, -12],
    [1000, -100, -68],
    [500, -250, -20],
  ]);
  const same = [{ discount: item.discounts![0] as string }, { coupon: yen.id }];
  expect((await stripe.invoiceItems.update(item.id, { discounts: same })).discounts![0]).toBe(item.discounts![0]);
  expect((await stripe.invoiceItems.update(item.id, { discounts: '' })).discounts).toEqual([]);
  const gone = kept!.parent!.invoice_item_details!.invoice_item;
  await stripe.invoiceItems.del(gone);
  const draft = await stripe.invoices.retrieve(id);
  // 100 yen over 333 and 900.
  expect(partsOf(draft)).toEqual([
    [333, -27],
    [1000, -100, -73],
  ]);
  expect(draft).toMatchObject({ subtotal: 1333, total: 1133 });
  expect([await timesRedeemed(stripe, half.id), await timesRedeemed(stripe, yen.id)]).toEqual([2, 3]);
  await stripe.invoices.finalizeInvoice(id);
  const told = await invoiceDifferences(database, account.accountId);
  expect(told.filter((each) => !each.startsWith('unchecked '))).toEqual([]);
});

test('an item that leaves a draft takes its discounts along, and brings them to the next', async () => {
  const { stripe, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const half = await stripe.coupons.create({ percent_off: 50 });
  const { id } = await stripe.invoiceItems.create({
    customer: customer.id,
    amount: 900,
    discounts: [{ coupon: half.id }],
  });
  const include = { customer: customer.id, pending_invoice_items_behavior: 'include' } as const;
  const first = await stripe.invoices.create(include);
  expect(first).toMatchObject({ total: 450, discounts: [] });
  const lines = [{ id: first.lines.data[0]!.id, behavior: 'unassign' as const }];
  expect(await stripe.invoices.removeLines(first.id, { lines })).toMatchObject({
    total: 0,
    total_discount_amounts: [],
  });
  const taken = await stripe.invoices.addLines(first.id, { lines: [{ invoice_item: id }] });
  expect(taken).toMatchObject({ subtotal: 900, total: 450 });
  await stripe.invoices.del(first.id);
  expect(await stripe.invoices.create(include)).toMatchObject({ subtotal: 900, total: 450 });
  const item = await stripe.invoiceItems.retrieve(id, { expand: ['discounts'] });
  expect(item.discounts).toMatchObject([{ invoice_item: id, source: { coupon: half.id } }]);
  expect(item.discounts![0]).not.toHaveProperty('deleted');
  expect(await timesRedeemed(stripe, half.id)).toBe(1);
});

type Make = (stripe: Stripe) => Promise<Stripe.InvoiceItemCreateParams.Discount[]>;
const coupon = async (stripe: Stripe, params: Stripe.CouponCreateParams) => (await stripe.coupons.create(params)).id;
const refusals: [string, Make, object][] = [
  ['of no coupon', async () => [{ coupon: 'none' }], { code: 'resource_missing', param: 'discounts[0][coupon]' }],
  ['of another thing', async () => [{ discount: 'di_none' }], { param: 'discounts[0][discount]' }],
  [
    'in another currency',
    async (stripe) => [{ coupon: await coupon(stripe, { amount_off: 5, currency: 'eur' }) }],
    { param: 'discounts[0][coupon]', message: expect.stringContaining('takes off an amount in eur') },
  ],
  [
    'that is named twice',
    async (stripe) => {
      const id = await coupon(stripe, { percent_off: 5 });
      return [{ coupon: id }, { coupon: id }];
    },
    { param: 'discounts[1][coupon]' },
  ],
  [
    'that is used up',
    async (stripe) => {
      const id = await coupon(stripe, { percent_off: 5, max_redemptions: 1 });
      const { id: other } = await stripe.customers.create();
      await stripe.invoiceItems.create({ customer: other, amount: 1, currency: 'usd', discounts: [{ coupon: id }] });
      return [{ coupon: id }];
    },
    { code: 'coupon_expired', param: 'discounts[0][coupon]' },
  ],
  ['of 21', async () => Array.from({ length: 21 }, () => ({ coupon: 'X' })), { param: 'discounts' }],
];

test('what cannot be redeemed is refused on items and lines, and nothing is made', async () => {
  const { stripe, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const draft = await stripe.invoices.create({ customer: customer.id, currency: 'usd' });
  for (const [name, make, refused] of refusals) {
    const discounts = await make(stripe);
    const create = stripe.invoiceItems.create({ customer: customer.id, amount: 100, currency: 'usd', discounts });
    expect(await refusal(create), name).toMatchObject({ status: 400, ...refused });
    const param = expect.stringContaining('lines[0][discounts]');
    const add = stripe.invoices.addLines(draft.id, { lines: [{ amount: 100, discounts }] });
    expect(await refusal(add), name).toMatchObject({ status: 400, ...refused, param });
  }
  expect((await stripe.invoiceItems.list({ customer: customer.id })).data).toEqual([]);
  expect((await stripe.invoices.retrieve(draft.id)).lines.data).toEqual([]);
});

test('the line of a subscription item has the discounts of that item, and none of its own', async () => {
  const { stripe, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const seats = await licensedPrice(stripe, { product_data: { name: 'Seats' } });
  const { latest_invoice: first } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id }],
    collection_method: 'send_invoice',
    days_until_due: 30,
  });
  const { lines } = await stripe.invoices.retrieve(first as string);
  const update = stripe.invoices.updateLineItem(first as string, lines.data[0]!.id, { discounts: '' });
  expect(await refusal(update)).toMatchObject({ code: 'invoice_not_editable', param: 'discounts' });
});
