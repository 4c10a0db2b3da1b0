import { expect, test } from 'vitest';
import { advance, invoicesOf, read } from '../support/clock-shop.ts';
import { expectAudited, newPlans, payByCard } from '../support/changed.ts';
import { eventTypes } from '../support/shop.ts';

test('a downgrade that is invoiced at once leaves a credit, which pays the next months', async () => {
  const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', {
    Pro: 30_000,
    Basic: 3000,
  });
  await payByCard(stripe, customer.id);
  const { id, items } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: plans.Pro.id }] });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  const change = {
    items: [{ id: items.data[0]!.id, price: plans.Basic.id }],
    proration_behavior: 'always_invoice' as const,
  };
  const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: change });
  const changed = await stripe.subscriptions.update(id, { ...change, expand: ['latest_invoice'] });
  const types = await eventTypes(stripe, 'customer.subscription.updated', 'invoice');
  expect(types.slice(-7)).toEqual([
    'customer.subscription.updated',
    'invoiceitem.created',
    'invoiceitem.created',
    'invoice.created',
    'invoice.finalized',
    'invoice.paid',
    'invoice.payment_succeeded',
  ]);
  const invoice = changed.latest_invoice as Exclude<typeof changed.latest_invoice, string | null>;
  expect(invoice).toMatchObject({
    billing_reason: 'subscription_update',
    status: 'paid',
    total: -13_500,
    amount_due: 0,
    starting_balance: 0,
    ending_balance: -13_500,
    parent: { subscription_details: { subscription: id } },
  });
  expect(read(invoice)).toEqual([
    ['Unused time on Pro after 16 Apr 2026', -15_000],
    ['Remaining time on Basic after 16 Apr 2026', 1500],
  ]);
  expect(preview).toMatchObject({ total: -13_500, amount_due: 0 });
  expect(read(preview)).toEqual(read(invoice));
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -13_500 });

  // 135 USD pay four months of 30 USD, and half of the fifth.
  await advance(stripe, clock, '2026-09-01T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(({ total, amount_due, status }) => [total, amount_due, status])).toEqual([
    [30_000, 30_000, 'paid'],
    [-13_500, 0, 'paid'],
    [3000, 0, 'paid'],
    [3000, 0, 'paid'],
    [3000, 0, 'paid'],
    [3000, 0, 'paid'],
    [3000, 1500, 'paid'],
  ]);
  await expectAudited(account, customer.id);
});
