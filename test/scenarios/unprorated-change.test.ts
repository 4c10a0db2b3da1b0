import { expect, test } from 'vitest';
import { advance, invoicesOf, read } from '../support/clock-shop.ts';
import { expectAudited, newPlans, SENT } from '../support/changed.ts';

/**
 * 10 USD for April, which has 30 days; 20 from the 11th on, without a proration, and 10 again from the 21st on. A classic
 * credit is a third of 20 USD, which were never charged, a flexible one of the 10 USD that were.
 */
test.each([
  ['classic', 'Unused time on Plus after 21 Apr 2026', -667],
  ['flexible', 'Unused time on Basic after 21 Apr 2026', -333],
] as const)('a credit after a change without prorations, %s', async (type, description, credit) => {
  const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', {
    Basic: 1000,
    Plus: 2000,
  });
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.Basic.id }],
    billing_mode: { type },
    ...SENT,
  });
  const item = items.data[0]!.id;
  await advance(stripe, clock, '2026-04-11T00:00:00Z');
  await stripe.subscriptions.update(id, { items: [{ id: item, price: plans.Plus.id }], proration_behavior: 'none' });
  await advance(stripe, clock, '2026-04-21T00:00:00Z');
  await stripe.subscriptions.update(id, { items: [{ id: item, price: plans.Basic.id }] });
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  const [, second] = await invoicesOf(stripe, customer.id);
  expect(read(second!)).toEqual([
    [description, credit],
    ['Remaining time on Basic after 21 Apr 2026', 333],
    ['1 × Basic (at $10.00 / month)', 1000],
  ]);
  await expectAudited(account, customer.id);
});

/** 30 USD for 15 days are 15; half a day later all but half a day of them is given back: 14.50. */
test.each(['classic', 'flexible'] as const)(
  'an item that is added and removed on one day costs half a day, %s',
  async (type) => {
    const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', {
      Base: 500,
      Support: 3000,
    });
    const { id } = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: plans.Base.id }],
      billing_mode: { type },
      ...SENT,
    });
    await advance(stripe, clock, '2026-04-16T00:00:00Z');
    const support = await stripe.subscriptionItems.create({ subscription: id, price: plans.Support.id, quantity: 1 });
    await advance(stripe, clock, '2026-04-16T12:00:00Z');
    await stripe.subscriptions.update(id, { items: [{ id: support.id, deleted: true }] });
    await advance(stripe, clock, '2026-05-01T02:00:00Z');
    const [, second] = await invoicesOf(stripe, customer.id);
    expect(read(second!)).toEqual([
      ['Unused time on Support after 16 Apr 2026', -1450],
      ['Remaining time on Support after 16 Apr 2026', 1500],
      ['1 × Base (at $5.00 / month)', 500],
    ]);
    await expectAudited(account, customer.id);
  },
);

test('a proration date counts from then: what was previewed can be made later, to the cent', async () => {
  const { stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', { Basic: 1000, Plus: 2000 });
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.Basic.id }],
    ...SENT,
  });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  const details = {
    items: [{ id: items.data[0]!.id, price: plans.Plus.id }],
    proration_date: clock.frozen_time + 15 * 86_400,
    proration_behavior: 'always_invoice' as const,
  };
  const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: details });
  await advance(stripe, clock, '2026-04-17T03:04:05Z');
  await stripe.subscriptions.update(id, details);
  const [, second] = await invoicesOf(stripe, customer.id);
  expect(read(second!)).toEqual([
    ['Unused time on Basic after 16 Apr 2026', -500],
    ['Remaining time on Plus after 16 Apr 2026', 1000],
  ]);
  expect(read(preview)).toEqual(read(second!));
});
