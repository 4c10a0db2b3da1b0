import { expect, test } from 'vitest';
import { expectAudited, newPlans, SENT } from '../support/changed.ts';
import { advance, invoicesOf } from '../support/clock-shop.ts';
import { refusal } from '../support/shop.ts';

test('a coupon that applies once waits for an invoice from which it can be taken', async () => {
  const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', { Seats: 3000 });
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' });
  const items = [{ price: plans.Seats.id }];
  const { id, ...made } = await stripe.subscriptions.create({ customer: customer.id, items, ...SENT });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  await stripe.subscriptions.update(id, {
    discounts: [{ coupon: coupon.id }],
    items: [{ id: made.items.data[0]!.id, quantity: 2 }],
    proration_behavior: 'always_invoice',
  });
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  // −15 + 30 of prorations, in which discounts are already; then half of 60.
  expect(invoices.map(({ subtotal, total }) => [subtotal, total])).toEqual([
    [3000, 3000],
    [750 * 2, 1500],
    [6000, 3000],
  ]);
  await expectAudited(account, customer.id);
});

test('a billing cycle does not start anew in a trial, which would leave the time until then free', async () => {
  const { stripe, customer, plans } = await newPlans('2026-01-01T00:00:00Z', { Seats: 3100 });
  const items = [{ price: plans.Seats.id }];
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items, trial_period_days: 19, ...SENT });
  const reset = stripe.subscriptions.update(id, { billing_cycle_anchor: { type: 'now' } });
  expect(await refusal(reset)).toMatchObject({
    status: 400,
    param: 'billing_cycle_anchor',
    message: expect.stringContaining('trial_end=now'),
  });
});
