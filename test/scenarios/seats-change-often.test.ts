import { expect, test } from 'vitest';
import { advance, invoicesOf, read } from '../support/clock-shop.ts';
import { expectAudited, newPlans, SENT } from '../support/changed.ts';

/**
 * 5 seats of 20 USD in April, which has 30 days: 8 from the 11th on, 6 from the 21st, 10 from the 26th. What is debited is a
 * share of the price, rounded: 10,667 for 8 seats of 20 days, of which 10 days are 5,333.50. A classic credit is a share
 * of the price instead: 5,333.33.
 */
const CREDIT_OF_EIGHT = { classic: -5333, flexible: -5334 };

test.each(['classic', 'flexible'] as const)('seats that change three times in a month, %s', async (type) => {
  const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', { Seats: 2000 });
  const { items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.Seats.id, quantity: 5 }],
    billing_mode: { type },
    ...SENT,
  });
  for (const [day, quantity] of [
    ['11', 8],
    ['21', 6],
    ['26', 10],
  ] as const) {
    await advance(stripe, clock, `2026-04-${day}T00:00:00Z`);
    const changed = await stripe.subscriptionItems.update(items.data[0]!.id, { quantity });
    expect(changed).toMatchObject({ id: items.data[0]!.id, quantity });
  }
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  const [, invoice] = await invoicesOf(stripe, customer.id);
  const credit = CREDIT_OF_EIGHT[type];
  expect(read(invoice!)).toEqual([
    ['Unused time on 6 × Seats after 26 Apr 2026', -2000],
    ['Remaining time on 10 × Seats after 26 Apr 2026', 3333],
    ['Unused time on 8 × Seats after 21 Apr 2026', credit],
    ['Remaining time on 6 × Seats after 21 Apr 2026', 4000],
    ['Unused time on 5 × Seats after 11 Apr 2026', -6667],
    ['Remaining time on 8 × Seats after 11 Apr 2026', 10_667],
    ['10 × Seats (at $20.00 / month)', 20_000],
  ]);
  expect(invoice!.total).toBe(29_333 + credit);
  await expectAudited(account, customer.id);
});

/** 5 seats that cost nothing and 3 for 10 USD each, given back half way through April: of all 8 of them, in one credit. */
test('a credit of tiers names the units that cost nothing as well', async () => {
  const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', { Seats: 2000 });
  const tiered = await stripe.prices.create({
    currency: 'usd',
    product_data: { name: 'Desks' },
    recurring: { interval: 'month' },
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    tiers: [
      { up_to: 5, unit_amount: 0 },
      { up_to: 'inf', unit_amount: 1000 },
    ],
  });
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: tiered.id, quantity: 8 }],
    billing_mode: { type: 'flexible' },
    ...SENT,
  });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  await stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: plans.Seats.id, quantity: 1 }] });
  const { data } = await stripe.invoiceItems.list({ customer: customer.id, pending: true });
  expect(data.map(({ description, amount, quantity }) => [description, amount, quantity])).toEqual([
    ['Unused time on 8 × Desks after 16 Apr 2026', -1500, 8],
    ['Remaining time on Seats after 16 Apr 2026', 1000, 1],
  ]);
  await expectAudited(account, customer.id);
});
