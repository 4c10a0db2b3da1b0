import { expect, test } from 'vitest';
import { advance, invoicesOf, newClockShop, read, text, unix } from '../support/clock-shop.ts';
import { eventTypes, licensedPrice } from '../support/shop.ts';

const SENT = { collection_method: 'send_invoice', days_until_due: 30 } as const;

test('half way through a month of 10 USD, 20 USD: 5 are given back and 10 debited, on the next invoice', async () => {
  const { stripe, clock, customer } = await newClockShop('2026-04-01T00:00:00Z');
  const basic = await licensedPrice(stripe, { unit_amount: 1000, product_data: { name: 'Basic' } });
  const plus = await licensedPrice(stripe, { unit_amount: 2000, product_data: { name: 'Plus' } });
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: basic.id }],
    ...SENT,
  });
  // April has 30 days.
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  const change = [{ id: items.data[0]!.id, price: plus.id }];
  const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: { items: change } });
  const changed = await stripe.subscriptions.update(id, { items: change });
  expect(changed.items.data).toMatchObject([{ id: items.data[0]!.id, quantity: 1, price: { id: plus.id } }]);
  expect(text(changed.items.data[0]!.current_period_end)).toBe('2026-05-01T00:00:00Z');
  const pending = await stripe.invoiceItems.list({ customer: customer.id, pending: true });
  const [first] = await invoicesOf(stripe, customer.id);
  expect(pending.data).toMatchObject([
    {
      amount: -500,
      description: 'Unused time on Basic after 16 Apr 2026',
      proration: true,
      discountable: false,
      period: { start: unix('2026-04-16T00:00:00Z'), end: unix('2026-05-01T00:00:00Z') },
      parent: { subscription_details: { subscription: id, subscription_item: items.data[0]!.id } },
      proration_details: {
        credited_items: {
          type: 'invoice_line_items',
          invoice_line_item_details: { invoice: first!.id, invoice_line_items: [first!.lines.data[0]!.id] },
        },
      },
    },
    { amount: 1000, description: 'Remaining time on Plus after 16 Apr 2026', proration: true },
  ]);
  await advance(stripe, clock, '2026-05-01T01:00:00Z');
  const [, second] = await invoicesOf(stripe, customer.id);
  expect(read(second!)).toEqual([
    ['Unused time on Basic after 16 Apr 2026', -500],
    ['Remaining time on Plus after 16 Apr 2026', 1000],
    ['1 × Plus (at $20.00 / month)', 2000],
  ]);
  expect(second!.total).toBe(2500);
  expect(read(preview)).toEqual(read(second!));
  expect(await eventTypes(stripe, 'customer.subscription.updated', 'invoiceitem.')).toEqual([
    'customer.subscription.updated',
    'invoiceitem.created',
    'invoiceitem.created',
    'customer.subscription.updated',
    // The first invoice was to be paid by the first of May.
    'customer.subscription.updated',
  ]);
});
