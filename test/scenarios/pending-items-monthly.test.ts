import { expect, test } from 'vitest';
import { auditOf } from '../support/audit.ts';
import { SENT } from '../support/billed.ts';
import { advance, invoicesOf, newClockShop, read, text, unix } from '../support/clock-shop.ts';
import { licensedPrice } from '../support/shop.ts';

test('what is pending for a yearly subscription is invoiced each month, where there is anything', async () => {
  const { account, stripe, clock, customer } = await newClockShop('2026-01-31T00:00:00Z');
  const plan = await licensedPrice(stripe, {
    unit_amount: 12_000,
    product_data: { name: 'Plan' },
    recurring: { interval: 'year' },
  });
  const { id, ...subscription } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plan.id }],
    pending_invoice_item_interval: { interval: 'month' },
    ...SENT,
  });
  expect(subscription).toMatchObject({
    pending_invoice_item_interval: { interval: 'month', interval_count: 1 },
    next_pending_invoice_item_invoice: unix('2026-02-28T00:00:00Z'),
  });
  const charge = async (amount: number, description: string) =>
    await stripe.invoiceItems.create({ customer: customer.id, subscription: id, amount, description, currency: 'usd' });
  await charge(500, 'A visit');
  await advance(stripe, clock, '2026-03-01T00:00:00Z');
  await advance(stripe, clock, '2026-04-15T00:00:00Z');
  // Nothing was pending in March.
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    next_pending_invoice_item_invoice: unix('2026-04-30T00:00:00Z'),
  });
  await charge(700, 'Another visit');
  await stripe.subscriptionItems.update(subscription.items.data[0]!.id, { quantity: 2 });
  await advance(stripe, clock, '2026-05-01T00:00:00Z');
  const off = await stripe.subscriptions.update(id, { pending_invoice_item_interval: '' });
  expect(off).toMatchObject({ pending_invoice_item_interval: null, next_pending_invoice_item_invoice: null });
  await charge(900, 'The last visit');
  await advance(stripe, clock, '2027-01-31T02:00:00Z', 200 * 86_400);
  const reason = 'automatic_pending_invoice_item_invoice';
  const invoices = await invoicesOf(stripe, customer.id);
  // From April 15 on 291 of 365 days are left: 95.67 of each 120 USD.
  expect(invoices.map((each) => [text(each.created).slice(0, 10), each.billing_reason, ...read(each)])).toEqual([
    ['2026-01-31', 'subscription_create', ['1 × Plan (at $120.00 / year)', 12_000]],
    ['2026-02-28', reason, ['A visit', 500]],
    [
      '2026-04-30',
      reason,
      ['Unused time on Plan after 15 Apr 2026', -9567],
      ['Remaining time on 2 × Plan after 15 Apr 2026', 19_134],
      ['Another visit', 700],
    ],
    ['2027-01-31', 'subscription_cycle', ['The last visit', 900], ['2 × Plan (at $120.00 / year)', 24_000]],
  ]);
  expect(invoices[1]).toMatchObject({
    status: 'open',
    period_start: unix('2026-01-31T00:00:00Z'),
    period_end: unix('2026-02-28T00:00:00Z'),
  });
  expect(await auditOf(account)).toEqual([]);
});
