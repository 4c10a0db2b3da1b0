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

/**
 * Half off, then 10 USD off, of A and B for 40 USD each: 80 less 40 less 10. What an item costs has them in this order too, so
 * that April gives back half of 20 less 5 for A, and not of half of 40 less 5.
 */
test('evenly spread amounts keep their place among the discounts', async () => {
  const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', { A: 4000, B: 4000 });
  const half = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
  const ten = await stripe.coupons.create({ amount_off: 1000, currency: 'usd', duration: 'forever' });
  const { items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.A.id }, { price: plans.B.id }],
    discounts: [{ coupon: half.id }, { coupon: ten.id }],
    billing_mode: { type: 'classic' },
    ...SENT,
  });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  await stripe.subscriptionItems.update(items.data[0]!.id, { quantity: 2 });
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  const [first, second] = await invoicesOf(stripe, customer.id);
  expect(first!.total).toBe(3000);
  expect(second!.lines.data.map(({ amount }) => amount)).toEqual([-750, 1750, 4000, 8000]);
  expect(second!.total).toBe(-750 + 1750 + 5000);
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

/**
 * 20 USD are charged for April, and become 2 × 20 at its middle, when other rates hold than at its beginning. A flexible credit
 * gives back the taxes of the debit, or none where that had none; a classic one has the rates of now.
 */
test.each([
  ['flexible', [], ['20'], 2000, [[], [400], [800]], 6200],
  ['classic', [], ['20'], 2000, [[-200], [400], [800]], 6000],
  ['flexible', ['20'], [], 2400, [[-200], [], []], 4800],
  ['classic', ['20'], [], 2400, [[], [], []], 5000],
  ['flexible', ['20'], ['10'], 2400, [[-200], [200], [400]], 5400],
  ['classic', ['20'], ['10'], 2400, [[-100], [200], [400]], 5500],
] as const)('%s credits when rates become others: %j, then %j', async (type, before, after, paid, taxes, total) => {
  const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', { A: 2000 });
  const rateOf = async (percentage: string) =>
    (await stripe.taxRates.create({ display_name: 'VAT', percentage: Number(percentage), inclusive: false })).id;
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.A.id }],
    default_tax_rates: await Promise.all(before.map(rateOf)),
    billing_mode: { type },
    ...SENT,
  });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  await stripe.subscriptions.update(id, { default_tax_rates: after.length === 0 ? '' : [await rateOf(after[0])] });
  const change = [{ id: items.data[0]!.id, quantity: 2 }];
  const preview = await stripe.invoices.createPreview({ subscription: id, subscription_details: { items: change } });
  await stripe.subscriptions.update(id, { items: change });
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  const [first, second] = await invoicesOf(stripe, customer.id);
  expect(first!.total).toBe(paid);
  for (const invoice of [preview, second!]) {
    expect(invoice.lines.data.map(({ amount }) => amount)).toEqual([-1000, 2000, 4000]);
    expect(invoice.lines.data.map((line) => line.taxes!.map(({ amount }) => amount))).toEqual(taxes);
    expect(invoice).toMatchObject({ subtotal: 5000, total_excluding_tax: 5000, total });
  }
  await expectAudited(account, customer.id);
});
