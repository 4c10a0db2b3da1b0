import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { newDesk, newDraft, SENT } from '../support/billed.ts';
import { eventTypes, licensedPrice, plain } from '../support/shop.ts';

/** Lines as a customer reads them. */
const read = ({ lines }: Stripe.Invoice) => lines.data.map(({ description, amount }) => [description, amount]);

test('a month of consulting: pending hours, an expense, a credit, paid by bank transfer', async () => {
  const { stripe, customer } = await newDesk();
  const hour = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 12_550,
    product_data: { name: 'Consulting', unit_label: 'hour' },
  });
  for (const hours of ['7.25', '0.333333333333']) {
    await stripe.invoiceItems.create({
      customer: customer.id,
      pricing: { price: hour.id },
      quantity_decimal: Stripe.Decimal.from(hours),
    });
  }
  const preview = await stripe.invoices.createPreview({ customer: customer.id });
  const draft = await stripe.invoices.create({
    customer: customer.id,
    pending_invoice_items_behavior: 'include',
    description: 'May',
    ...SENT,
  });
  // 0.333333333333 h × 125.50 = 41.83333…; 7.25 h × 125.50 = 909.875, half away from zero.
  expect(read(draft)).toEqual([
    ['Consulting', 4183],
    ['Consulting', 90_988],
  ]);
  expect(read(preview)).toEqual(read(draft));
  await stripe.invoices.addLines(draft.id, {
    lines: [
      { amount: 4599, description: 'Train' },
      { amount: -10_000, description: 'Paid in advance' },
    ],
  });
  const sent = await stripe.invoices.sendInvoice(draft.id);
  expect(sent).toMatchObject({ status: 'open', amount_due: 89_770, amount_remaining: 89_770 });
  expect(sent.number).toBe(`${customer.invoice_prefix}-0001`);
  const paid = await stripe.invoices.pay(draft.id, { paid_out_of_band: true });
  expect(paid).toMatchObject({ status: 'paid', amount_paid: 89_770, amount_remaining: 0 });
  expect(await eventTypes(stripe, 'invoice.')).toEqual([
    'invoice.created',
    'invoice.updated',
    'invoice.finalized',
    'invoice.sent',
    'invoice.paid',
  ]);
  expect((await stripe.invoiceItems.list({ pending: true })).data).toEqual([]);
});

test('a wrong invoice is voided and its items are billed anew, under the next number', async () => {
  const desk = await newDesk();
  const { stripe, customer } = desk;
  const wrong = await newDraft(desk, [1999]);
  await stripe.invoices.finalizeInvoice(wrong.id);
  const voided = await stripe.invoices.voidInvoice(wrong.id);
  const right = await newDraft(desk, [999]);
  const final = await stripe.invoices.finalizeInvoice(right.id);
  expect([voided.number, final.number]).toEqual([`${customer.invoice_prefix}-0001`, `${customer.invoice_prefix}-0002`]);
  expect([voided.status, final.status, final.amount_due]).toEqual(['void', 'open', 999]);
  const list = async (status: 'void' | 'open') => (await stripe.invoices.list({ status })).data.map(({ id }) => id);
  expect([await list('void'), await list('open')]).toEqual([[wrong.id], [right.id]]);
});

test('seats of a subscription and what was agreed on beside them, in a currency without decimals', async () => {
  const { stripe } = await newDesk();
  const customer = await stripe.customers.create({ name: 'Ume', email: 'ume@example.com' });
  const seats = await licensedPrice(stripe, { currency: 'jpy', unit_amount: 1980 });
  const items = [{ price: seats.id, quantity: 3 }];
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items, ...SENT });
  const id = subscription.latest_invoice as string;
  const draft = await stripe.invoices.addLines(id, {
    lines: [
      {
        price_data: {
          currency: 'jpy',
          product_data: { name: 'Lesson' },
          unit_amount_decimal: Stripe.Decimal.from('0.5'),
        },
        quantity: 333,
      },
    ],
  });
  expect(read(draft)).toEqual([
    ['3 × Alpaca AI (at ¥1,980 / month)', 5940],
    ['Lesson', 167],
  ]);
  const final = await stripe.invoices.finalizeInvoice(id);
  expect(final).toMatchObject({ currency: 'jpy', total: 6107, status: 'open' });
  expect(plain(final.parent)).toMatchObject({ subscription_details: { subscription: subscription.id } });
  const { status } = await stripe.invoices.pay(id, { paid_out_of_band: true });
  expect(status).toBe('paid');
});
