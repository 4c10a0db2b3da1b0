import { expect, test } from 'vitest';
import { advance, invoicesOf, read } from '../support/clock-shop.ts';
import { expectAudited, newPlans, SENT } from '../support/changed.ts';

test('a quarter off for ever, and taxes on top: prorations have the discount in them, and are taxed', async () => {
  const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', {
    Basic: 2000,
    Pro: 4000,
  });
  const coupon = await stripe.coupons.create({ percent_off: 25, duration: 'forever' });
  const rate = await stripe.taxRates.create({ display_name: 'VAT', percentage: 10, inclusive: false });
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.Basic.id }],
    discounts: [{ coupon: coupon.id }],
    default_tax_rates: [rate.id],
    ...SENT,
  });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  const change = [{ id: items.data[0]!.id, price: plans.Pro.id }];
  const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: { items: change } });
  await stripe.subscriptions.update(id, { items: change });
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  const [first, second] = await invoicesOf(stripe, customer.id);
  expect(first).toMatchObject({ subtotal: 2000, total_excluding_tax: 1500, total: 1650 });
  // Half of 15 USD that were debited, and half of 30.
  expect(read(second!)).toEqual([
    ['Unused time on Basic after 16 Apr 2026', -750],
    ['Remaining time on Pro after 16 Apr 2026', 1500],
    ['1 × Pro (at $40.00 / month)', 4000],
  ]);
  expect(second!.lines.data.map((line) => line.taxes!.map(({ amount }) => amount))).toEqual([[-75], [150], [300]]);
  const totals = { subtotal: 4750, total_excluding_tax: 3750, total: 4125, total_discount_amounts: [{ amount: 1000 }] };
  expect(second).toMatchObject(totals);
  expect(preview).toMatchObject(totals);
  await expectAudited(account, customer.id);
});

/**
 * 5 USD off A for 10 and B for 20 USD. A flexible credit gives back what was debited for A, 10 less its part of 1.67; a
 * classic one takes half of the 5 off each. With two of A both cost 20, and each bears half.
 */
test.each([
  ['flexible', -417],
  ['classic', -375],
] as const)('an amount off two items, %s', async (type, credit) => {
  const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', { A: 1000, B: 2000 });
  const coupon = await stripe.coupons.create({ amount_off: 500, currency: 'usd', duration: 'forever' });
  const { items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.A.id }, { price: plans.B.id }],
    discounts: [{ coupon: coupon.id }],
    billing_mode: { type },
    ...SENT,
  });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  await stripe.subscriptionItems.update(items.data[0]!.id, { quantity: 2 });
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  const [, second] = await invoicesOf(stripe, customer.id);
  expect(read(second!)).toEqual([
    ['Unused time on A after 16 Apr 2026', credit],
    ['Remaining time on 2 × A after 16 Apr 2026', 875],
    ['1 × B (at $20.00 / month)', 2000],
    ['2 × A (at $10.00 / month)', 2000],
  ]);
  expect(second!.total).toBe(credit + 875 + 4000 - 500);
  await expectAudited(account, customer.id);
});

test('a discount of one item alone, and one that was used up by the first invoice', async () => {
  const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', { A: 1000, B: 2000 });
  const half = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
  const once = await stripe.coupons.create({ percent_off: 10, duration: 'once' });
  const { items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.A.id, discounts: [{ coupon: half.id }] }, { price: plans.B.id }],
    discounts: [{ coupon: once.id }],
    ...SENT,
  });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  for (const { id } of items.data) await stripe.subscriptionItems.update(id, { quantity: 3 });
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  const [first, second] = await invoicesOf(stripe, customer.id);
  // 20 less 2, and 10 less 5 less 0.50.
  expect(first!.total).toBe(2250);
  expect(read(second!).slice(0, 4)).toEqual([
    ['Unused time on B after 16 Apr 2026', -900],
    ['Remaining time on 3 × B after 16 Apr 2026', 3000],
    ['Unused time on A after 16 Apr 2026', -225],
    ['Remaining time on 3 × A after 16 Apr 2026', 750],
  ]);
  await expectAudited(account, customer.id);
});
