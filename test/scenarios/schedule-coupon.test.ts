import { expect, test } from 'vitest';
import { advance, useAt } from '../support/clock-shop.ts';
import { billed, callPrices, months, newPlanner, schedule, totals, useAudit } from '../support/scheduled.ts';

const differencesOf = useAudit();

test('a coupon of the first phase alone is gone in the second', async () => {
  const planner = await newPlanner('2026-01-01T00:00:00Z');
  const { stripe, clock, plan } = planner;
  const price = await plan(2000);
  const half = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
  const made = await schedule(planner, [months(price, 3, { discounts: [{ coupon: half.id }] }), months(price, 2)]);
  expect(made.phases.map(({ discounts }) => discounts)).toEqual([
    [{ coupon: half.id, discount: null, promotion_code: null }],
    [],
  ]);
  const subscription = made.subscription as string;
  expect((await stripe.subscriptions.retrieve(subscription)).discounts).toHaveLength(1);
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  expect(await totals(planner)).toEqual([
    ['2026-01-01', 1000],
    ['2026-02-01', 1000],
    ['2026-03-01', 1000],
    ['2026-04-01', 2000],
    ['2026-05-01', 2000],
  ]);
  expect((await stripe.subscriptions.retrieve(subscription)).discounts).toEqual([]);
  expect((await stripe.coupons.retrieve(half.id)).times_redeemed).toBe(1);
  expect(await differencesOf(planner)).toEqual([]);
});

test('usage has the coupon of the phase in which it was used, on an invoice of its own', async () => {
  const planner = await newPlanner('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, plan } = planner;
  const { meter, ten } = await callPrices(planner);
  const seat = await plan(2000);
  const half = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
  const items = [{ price: seat }, { price: ten }];
  const duration = { interval: 'month' } as const;
  await schedule(planner, [
    { items, duration, discounts: [{ coupon: half.id }] },
    { items, duration },
  ]);
  await useAt(stripe, meter, customer.id, 30);
  await advance(stripe, clock, '2026-02-01T00:00:00Z');
  await useAt(stripe, meter, customer.id, 8);
  await advance(stripe, clock, '2026-03-01T02:00:00Z');
  expect(await billed(planner)).toEqual([
    ['2026-01-01T00:00:00Z', 1000, '1 × Plan (at $20.00 / month): 2000'],
    ['2026-02-01T00:00:00Z', 150, '30 × Calls (at $0.10 / month): 300'],
    ['2026-02-01T00:00:00Z', 2000, '1 × Plan (at $20.00 / month): 2000'],
    ['2026-03-01T00:00:00Z', 2080, '8 × Calls (at $0.10 / month): 80', '1 × Plan (at $20.00 / month): 2000'],
  ]);
  expect(await differencesOf(planner)).toEqual([]);
});

test('a coupon that nobody can redeem any more when its phase begins is left out', async () => {
  const planner = await newPlanner('2026-01-01T00:00:00Z');
  const { stripe, clock, plan } = planner;
  const price = await plan(2000);
  const once = await stripe.coupons.create({ percent_off: 50, duration: 'forever', max_redemptions: 1 });
  const made = await schedule(planner, [months(price, 1), months(price, 1, { discounts: [{ coupon: once.id }] })]);
  const other = await stripe.customers.create({ email: 'first@example.com' });
  await stripe.subscriptions.create({
    customer: other.id,
    items: [{ price }],
    discounts: [{ coupon: once.id }],
    collection_method: 'send_invoice',
    days_until_due: 5,
  });
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  expect(await totals(planner)).toEqual([
    ['2026-01-01', 2000],
    ['2026-02-01', 2000],
  ]);
  expect((await stripe.subscriptionSchedules.retrieve(made.id)).status).toBe('active');
});

test('a schedule that waited begins without the codes that ask for more than it bills, as its preview shows', async () => {
  const planner = await newPlanner('2026-01-01T00:00:00Z');
  const { stripe, clock, plan } = planner;
  const price = await plan(2000);
  const { id: coupon } = await stripe.coupons.create({ percent_off: 10, duration: 'once' });
  const from = async (minimum_amount: number) => {
    const restrictions = { minimum_amount, minimum_amount_currency: 'usd' };
    const promotion = { type: 'coupon' as const, coupon };
    return { promotion_code: (await stripe.promotionCodes.create({ promotion, restrictions })).id };
  };
  const [low, high] = [await from(2000), await from(2001)];
  const made = await schedule(
    planner,
    [months(price, 1, { discounts: [high, low], items: [{ price, discounts: [high] }] }), months(price, 1)],
    { start_date: clock.frozen_time + 86_400 },
  );
  expect((await stripe.invoices.createPreview({ schedule: made.id })).total).toBe(1800);
  await advance(stripe, clock, '2026-01-03T00:00:00Z');
  expect(await totals(planner)).toEqual([['2026-01-02', 1800]]);
  const redeemed = await Promise.all(
    [low, high].map(async (code) => await stripe.promotionCodes.retrieve(code.promotion_code)),
  );
  expect(redeemed.map(({ times_redeemed: times }) => times)).toEqual([1, 0]);
  expect((await stripe.subscriptionSchedules.retrieve(made.id)).status).toBe('active');
  // Who asks for one that begins now is told.
  await expect(schedule(planner, [months(price, 1, { discounts: [high] })])).rejects.toMatchObject({
    param: 'discounts[0][promotion_code]',
  });
  expect(await differencesOf(planner)).toEqual([]);
});
