import { expect, test } from 'vitest';
import { SENT } from '../support/billed.ts';
import { read } from '../support/clock-shop.ts';
import { eventually } from '../support/payer.ts';
import { meteredPrice, newShop, use } from '../support/shop.ts';

test('usage that reaches a threshold is invoiced moments later, and once', async () => {
  const { stripe, meter, customer } = await newShop();
  const price = await meteredPrice(stripe, meter.id, { unit_amount: 100 });
  await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    billing_thresholds: { amount_gte: 500 },
    ...SENT,
  });
  const listed = async () => (await stripe.invoices.list({ customer: customer.id })).data;
  await use(stripe, meter, customer.id, 4);
  await use(stripe, meter, customer.id, 2);
  const [invoice] = await eventually(listed, (invoices) => invoices.length > 0);
  expect(read(invoice!)).toEqual([['6 × Alpaca AI (at $1.00 / month)', 600]]);
  await use(stripe, meter, customer.id, 5);
  const [second] = await eventually(listed, (invoices) => invoices.length > 1);
  expect(second).toMatchObject({ billing_reason: 'subscription_threshold', total: 500, status: 'draft' });
});

test('a threshold that is put below what was used is reached at once', async () => {
  const { stripe, meter, customer } = await newShop();
  const price = await meteredPrice(stripe, meter.id, { unit_amount: 100 });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...SENT });
  await use(stripe, meter, customer.id, 7);
  await stripe.subscriptions.update(id, { billing_thresholds: { amount_gte: 600 } });
  const listed = async () => (await stripe.invoices.list({ customer: customer.id })).data;
  const [invoice] = await eventually(listed, (invoices) => invoices.length > 0);
  expect(invoice).toMatchObject({ total: 700, threshold_reason: { amount_gte: 600 } });
});
