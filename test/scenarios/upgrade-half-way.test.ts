import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, invoicesOf, read, text, unix } from '../support/clock-shop.ts';
import { expectAudited, newPlans, SENT } from '../support/changed.ts';
import { eventTypes, plain } from '../support/shop.ts';

// April has 30 days.
const HALF_WAY = '2026-04-16T00:00:00Z';

test.each(['classic', 'flexible'] as const)(
  'half way from 10 to 20 USD on a %s subscription: 5 are given back and 10 debited, with the next invoice',
  async (type) => {
    const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', {
      Basic: 1000,
      Plus: 2000,
    });
    const items = [{ price: plans.Basic.id, quantity: 1 }];
    const params = { customer: customer.id, items, billing_mode: { type }, ...SENT };
    const { id, items: subscribed } = await stripe.subscriptions.create(params);
    const [item] = subscribed.data;
    await advance(stripe, clock, HALF_WAY);
    const change = [{ id: item!.id, price: plans.Plus.id }];
    const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: { items: change } });
    const changed = await stripe.subscriptions.update(id, { items: change });
    expect(changed.items.data).toMatchObject([{ id: item!.id, quantity: 1, price: { id: plans.Plus.id } }]);
    expect(text(changed.items.data[0]!.current_period_end)).toBe('2026-05-01T00:00:00Z');
    expect(text(changed.billing_cycle_anchor)).toBe('2026-04-01T00:00:00Z');

    await advance(stripe, clock, '2026-05-01T01:00:00Z');
    const [first, second] = await invoicesOf(stripe, customer.id);
    expect(read(second!)).toEqual([
      ['Unused time on Basic after 16 Apr 2026', -500],
      ['Remaining time on Plus after 16 Apr 2026', 1000],
      ['1 × Plus (at $20.00 / month)', 2000],
    ]);
    expect(second).toMatchObject({ total: 2500, status: 'open', billing_reason: 'subscription_cycle' });
    expect(read(preview)).toEqual(read(second!));
    expect(preview.parent!.subscription_details).toMatchObject({ subscription_proration_date: unix(HALF_WAY) });
    expect(second!.parent!.subscription_details).not.toHaveProperty('subscription_proration_date');
    const [credit] = second!.lines.data;
    expect(credit!.parent!.subscription_item_details!.proration_details!.credited_items).toEqual({
      invoice: first!.id,
      invoice_line_items: [first!.lines.data[0]!.id],
    });
    expect(await eventTypes(stripe, 'customer.subscription.updated', 'invoiceitem.')).toEqual([
      'customer.subscription.updated',
      'invoiceitem.created',
      'invoiceitem.created',
      'customer.subscription.updated',
      // The first invoice was to be paid by the first of May.
      'customer.subscription.updated',
    ]);
    const updates = await stripe.events.list({ type: 'customer.subscription.updated' });
    expect(updates.data.at(-1)!.data.previous_attributes).toEqual(plain({ items: { data: subscribed.data } }));
    await expectAudited(account, customer.id);
  },
);

test('a proration tells what it is about: its item, its time, and the line that it gives back', async () => {
  const { stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', { Basic: 1000, Plus: 2000 });
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.Basic.id, quantity: 3 }],
    ...SENT,
  });
  const item = items.data[0]!.id;
  await advance(stripe, clock, HALF_WAY);
  await stripe.subscriptions.update(id, { items: [{ id: item, price: plans.Plus.id, quantity: 2 }] });
  const [first] = await invoicesOf(stripe, customer.id);
  const line = first!.lines.data[0]!.id;
  const pending = await stripe.invoiceItems.list({ customer: customer.id, pending: true });
  const period = { start: unix(HALF_WAY), end: unix('2026-05-01T00:00:00Z') };
  const common = {
    currency: 'usd',
    proration: true,
    discountable: false,
    period,
    parent: { type: 'subscription_details', subscription_details: { subscription: id, subscription_item: item } },
  };
  expect(plain(pending.data)).toMatchObject([
    {
      ...common,
      amount: -1500,
      quantity: 3,
      description: 'Unused time on 3 × Basic after 16 Apr 2026',
      pricing: {
        price_details: { price: plans.Basic.id, product: plans.Basic.product },
        unit_amount_decimal: '-500',
      },
      proration_details: {
        credited_items: {
          type: 'invoice_line_items',
          invoice_line_item_details: { invoice: first!.id, invoice_line_items: [line] },
        },
        discount_amounts: [],
      },
    },
    {
      ...common,
      amount: 2000,
      quantity: 2,
      description: 'Remaining time on 2 × Plus after 16 Apr 2026',
      pricing: { price_details: { price: plans.Plus.id }, unit_amount_decimal: '1000' },
      proration_details: { credited_items: null },
    },
  ]);
  // A second change on the same day gives back what is still pending.
  await stripe.subscriptions.update(id, { items: [{ id: item, quantity: 1 }] });
  await advance(stripe, clock, '2026-05-01T00:00:00Z');
  const [, second] = await invoicesOf(stripe, customer.id);
  expect(read(second!)).toEqual([
    ['Unused time on 2 × Plus after 16 Apr 2026', -2000],
    ['Remaining time on Plus after 16 Apr 2026', 1000],
    ['Unused time on 3 × Basic after 16 Apr 2026', -1500],
    ['Remaining time on 2 × Plus after 16 Apr 2026', 2000],
    ['1 × Plus (at $20.00 / month)', 2000],
  ]);
  const details = ({ parent }: Stripe.Invoice['lines']['data'][number]) => parent!.subscription_item_details;
  expect(second!.lines.data.map((each) => details(each)!.proration_details)).toEqual([
    { credited_items: { invoice: second!.id, invoice_line_items: [second!.lines.data[3]!.id] } },
    { credited_items: null },
    { credited_items: { invoice: first!.id, invoice_line_items: [line] } },
    { credited_items: null },
    { credited_items: null },
  ]);
  expect(second!.lines.data.map((each) => details(each)!.proration)).toEqual([true, true, true, true, false]);
  expect(details(second!.lines.data[0]!)).toMatchObject({
    invoice_item: expect.stringMatching(/^ii_/),
    subscription: id,
    subscription_item: item,
  });
});
