import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, invoicesOf, unix, useAt } from '../support/clock-shop.ts';
import { callPrices, months, newPlanner, schedule } from '../support/scheduled.ts';

/** What an invoice comes to, and its lines with what is taken off them. */
function told({ total, lines }: Stripe.Invoice): unknown[] {
  return [
    total,
    ...lines.data.map(({ description, amount, discount_amounts: off }) => [
      description,
      amount,
      off?.map((each) => each.amount),
    ]),
  ];
}

test('a preview shows the next phase with the invoice that it begins with', async () => {
  const planner = await newPlanner('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, plan } = planner;
  const { meter, ten, seven } = await callPrices(planner);
  const [small, large] = [await plan(1000), await plan(2500)];
  const fee = await stripe.prices.create({ currency: 'usd', unit_amount: 300, product_data: { name: 'Move' } });
  const made = await schedule(planner, [
    months(small, 1, { items: [{ price: small }, { price: ten }] }),
    months(large, 1, {
      items: [{ price: large, quantity: 2 }, { price: seven }],
      add_invoice_items: [{ price: fee.id }],
    }),
  ]);
  await useAt(stripe, meter, customer.id, 12);
  const subscription = made.subscription as string;
  const shown = await stripe.invoices.createPreview({ subscription });
  expect(told(shown)).toEqual([
    5420,
    ['Move', 300, []],
    ['2 × Plan (at $25.00 / month)', 5000, []],
    ['12 × Calls (at $0.10 / month)', 120, []],
  ]);
  expect(told(await stripe.invoices.createPreview({ schedule: made.id }))).toEqual(told(shown));
  await advance(stripe, clock, '2026-02-01T00:00:00Z');
  expect(told((await invoicesOf(stripe, customer.id)).at(-1)!)).toEqual(told(shown));
  expect((await stripe.coupons.list()).data).toEqual([]);
});

test('a preview shows a coupon that begins or ends with a phase, and redeems nothing', async () => {
  const planner = await newPlanner('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, plan } = planner;
  const price = await plan(2000);
  const [half, tenth] = [
    await stripe.coupons.create({ percent_off: 50, duration: 'forever' }),
    await stripe.coupons.create({ percent_off: 10, duration: 'forever' }),
  ];
  const made = await schedule(planner, [
    months(price, 1, { discounts: [{ coupon: half.id }] }),
    months(price, 1, { items: [{ price, discounts: [{ coupon: tenth.id }] }] }),
    months(price, 1),
  ]);
  const subscription = made.subscription as string;
  for (const [date, total] of [
    ['2026-02-01T00:00:00Z', 1800],
    ['2026-03-01T00:00:00Z', 2000],
  ] as const) {
    const shown = await stripe.invoices.createPreview({ subscription });
    expect(shown.total).toBe(total);
    await advance(stripe, clock, date);
    expect(told((await invoicesOf(stripe, customer.id)).at(-1)!)).toEqual(told(shown));
  }
  expect((await stripe.coupons.retrieve(half.id)).times_redeemed).toBe(1);
  expect((await stripe.coupons.retrieve(tenth.id)).times_redeemed).toBe(1);
});

test('a preview shows the prorations of a phase that begins within the month', async () => {
  const planner = await newPlanner('2026-04-01T00:00:00Z');
  const { stripe, clock, customer, plan } = planner;
  const [small, large] = [await plan(3000), await plan(6000)];
  const made = await schedule(planner, [
    { items: [{ price: small }], end_date: unix('2026-04-16T00:00:00Z') },
    { items: [{ price: large }], duration: { interval: 'month' } },
  ]);
  const shown = await stripe.invoices.createPreview({ subscription: made.subscription as string });
  expect(shown.total).toBe(7500);
  await advance(stripe, clock, '2026-05-01T00:00:00Z');
  expect(told((await invoicesOf(stripe, customer.id)).at(-1)!)).toEqual(told(shown));
});

test('a schedule that waits is previewed as it will begin, and one that is not made with its coupon', async () => {
  const planner = await newPlanner('2026-04-01T00:00:00Z');
  const { stripe, clock, customer, plan } = planner;
  const price = await plan(3000);
  const third = await stripe.coupons.create({ amount_off: 1000, currency: 'usd', duration: 'once' });
  const start = unix('2026-06-15T00:00:00Z');
  const phases = [months(price, 1, { discounts: [{ coupon: third.id }] }), months(price, 1)];
  const unmade = await stripe.invoices.createPreview({ customer: customer.id, schedule_details: { phases } });
  expect([unmade.total, unmade.lines.data[0]!.period.start]).toEqual([2000, unix('2026-04-01T00:00:00Z')]);
  const made = await schedule(planner, phases, { start_date: start });
  const shown = await stripe.invoices.createPreview({ schedule: made.id });
  expect([shown.total, shown.lines.data[0]!.period.start]).toEqual([2000, start]);
  await advance(stripe, clock, start);
  expect(told((await invoicesOf(stripe, customer.id))[0]!)).toEqual(told(shown));
});
