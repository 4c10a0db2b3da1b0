import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { newRate, SENT } from '../support/billed.ts';
import { advance, invoicesOf, newClockShop, useAt } from '../support/clock-shop.ts';
import { invoiceDifferences } from '../support/invoice-differences.ts';
import { licensedPrice, meteredPrice } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
});
afterAll(() => database.close());

/** A customer on a clock with seats of 10.00 and usage in two tiers, 20 % on top but 10 % within the seats. */
async function newTaxed() {
  const shop = await newClockShop('2026-01-15T10:00:00Z');
  const { stripe, meter, customer } = shop;
  const seats = await licensedPrice(stripe, { unit_amount: 1000 });
  const usage = await meteredPrice(stripe, meter.id, {
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 10, unit_amount: 7 },
      { up_to: 'inf', unit_amount: 3 },
    ],
  });
  const [onTop, within] = [await newRate(shop, [20, 'on top']), await newRate(shop, [10, 'within'])];
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    ...SENT,
    items: [{ price: seats.id, tax_rates: [within] }, { price: usage.id }],
    default_tax_rates: [onTop],
  });
  const last = async () => (await invoicesOf(stripe, customer.id)).at(-1)!;
  return { ...shop, subscription, last, onTop };
}

test('usage that comes late to a draft is taxed, tier by tier, and final taxes stay', async () => {
  const { account, stripe, meter, clock, customer, subscription, last, onTop } = await newTaxed();
  await useAt(stripe, meter, customer.id, 9);
  await stripe.invoiceItems.create({ customer: customer.id, subscription: subscription.id, amount: 333 });
  await advance(stripe, clock, '2026-02-15T10:00:00Z');
  // 3.33 and 0.63 with 20 % on top, and 10.00 with 10 % within.
  const draft = await last();
  expect(draft).toMatchObject({ status: 'draft', default_tax_rates: [{ id: onTop }], subtotal: 1396 });
  const taxesOf = (invoice: typeof draft) => invoice.lines.data.map((line) => line.taxes!.map(({ amount }) => amount));
  expect(taxesOf(draft)).toEqual([[67], [13], [91]]);
  expect(draft).toMatchObject({
    total_excluding_tax: 1305,
    total: 1476,
    total_taxes: [{ amount: 80 }, { amount: 91 }],
  });
  await stripe.subscriptions.update(subscription.id, { default_tax_rates: '' });
  // Five more: one at 0.07 and four at 0.03.
  await useAt(stripe, meter, customer.id, 5, '2026-02-10T00:00:00Z');
  const late = await last();
  expect(taxesOf(late)).toEqual([[67], [14], [2], [91]]);
  expect(late.total).toBe(1396 + 7 + 12 + 67 + 14 + 2);
  await advance(stripe, clock, '2026-02-15T11:00:00Z');
  const final = await last();
  expect(final).toMatchObject({ status: 'open', total: late.total, amount_due: late.total });
  expect(taxesOf(final)).toEqual(taxesOf(late));
  await stripe.customers.update(customer.id, { tax_exempt: 'exempt' });
  await advance(stripe, clock, '2026-03-15T11:00:00Z');
  const exempt = await last();
  // The seats without the tax within; usage and its default rate are gone.
  expect(exempt).toMatchObject({ status: 'open', subtotal: 1000, total: 909, customer_tax_exempt: 'exempt' });
  expect(await stripe.invoices.retrieve(final.id)).toMatchObject({ total: late.total, customer_tax_exempt: 'none' });
  expect(await differencesOf(account.accountId)).toEqual([]);
});

test('a draft that is stopped keeps lines and totals together, whatever has become of its customer', async () => {
  const { account, stripe, meter, clock, customer, subscription, last } = await newTaxed();
  await useAt(stripe, meter, customer.id, 9);
  await advance(stripe, clock, '2026-02-15T10:00:00Z');
  await useAt(stripe, meter, customer.id, 5, '2026-02-10T00:00:00Z');
  await stripe.customers.update(customer.id, { tax_exempt: 'reverse' });
  const before = await last();
  await stripe.subscriptions.cancel(subscription.id);
  expect(await last()).toMatchObject({
    status: 'draft',
    auto_advance: false,
    total: before.total,
    lines: { data: before.lines.data },
  });
  expect(await differencesOf(account.accountId)).toEqual([]);
});

/** Which usage came before an invoice on a clock can't be told: that is left out. */
async function differencesOf(accountId: string): Promise<string[]> {
  return (await invoiceDifferences(database, accountId)).filter((told) => !told.startsWith('unchecked '));
}
