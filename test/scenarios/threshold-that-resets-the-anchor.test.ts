import { expect, test } from 'vitest';
import { auditOf } from '../support/audit.ts';
import { SENT } from '../support/billed.ts';
import { advance, invoicesOf, newClockShop, read, text, unix, useAt } from '../support/clock-shop.ts';
import { licensedPrice, meteredPrice } from '../support/shop.ts';

test('a threshold that resets the billing cycle gives back what is not used of the seats and bills them anew', async () => {
  const { account, stripe, meter, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const seats = await licensedPrice(stripe, { product_data: { name: 'Seats' } });
  const calls = await meteredPrice(stripe, meter.id, {
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    product_data: { name: 'Calls' },
    tiers: [
      { up_to: 100, unit_amount: 100 },
      { up_to: 'inf', unit_amount: 50 },
    ],
  });
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id, quantity: 2 }, { price: calls.id }],
    billing_thresholds: { amount_gte: 10_000, reset_billing_cycle_anchor: true },
    ...SENT,
  });
  await advance(stripe, clock, '2026-01-10T12:00:00Z');
  await useAt(stripe, meter, customer.id, 110);
  await advance(stripe, clock, '2026-01-10T12:30:00Z');
  const reset = await stripe.subscriptions.retrieve(id);
  const anchor = unix('2026-01-10T12:00:01Z');
  expect(reset.billing_cycle_anchor).toBe(anchor);
  expect(reset.items.data.map((item) => [item.current_period_start, text(item.current_period_end)])).toEqual([
    [anchor, '2026-02-10T12:00:01Z'],
    [anchor, '2026-02-10T12:00:01Z'],
  ]);
  // The period is over: its invoice follows late usage, as that of any other.
  await useAt(stripe, meter, customer.id, 10, '2026-01-10T11:00:00Z');
  await useAt(stripe, meter, customer.id, 30);
  await advance(stripe, clock, '2026-03-10T14:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map((each) => [text(each.created), each.billing_reason, ...read(each)])).toEqual([
    ['2026-01-01T00:00:00Z', 'subscription_create', ['2 × Seats (at $20.00 / month)', 4000]],
    [
      '2026-01-10T12:00:01Z',
      'subscription_threshold',
      // 21 days and 12 hours, but for a second, of 31 days.
      ['Unused time on 2 × Seats after 10 Jan 2026', -2774],
      ['100 × Calls (Tier 1 at $1.00 / month)', 10_000],
      ['20 × Calls (Tier 2 at $0.50 / month)', 1000],
      ['2 × Seats (at $20.00 / month)', 4000],
    ],
    // In the first tier again.
    [
      '2026-02-10T12:00:01Z',
      'subscription_cycle',
      ['30 × Calls (Tier 1 at $1.00 / month)', 3000],
      ['2 × Seats (at $20.00 / month)', 4000],
    ],
    [
      '2026-03-10T12:00:01Z',
      'subscription_cycle',
      ['0 × Calls (Tier 1 at $1.00 / month)', 0],
      ['2 × Seats (at $20.00 / month)', 4000],
    ],
  ]);
  expect(invoices[1]).toMatchObject({ threshold_reason: { amount_gte: 10_000, item_reasons: [] } });
  expect(await auditOf(account)).toEqual([]);
});

test('a subscription that ends with its period is invoiced, and ends when it was to', async () => {
  const { account, stripe, meter, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const price = await meteredPrice(stripe, meter.id, { unit_amount: 100, product_data: { name: 'Calls' } });
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    billing_thresholds: { amount_gte: 500, reset_billing_cycle_anchor: true },
    cancel_at_period_end: true,
    ...SENT,
  });
  await advance(stripe, clock, '2026-01-15T00:00:00Z');
  await useAt(stripe, meter, customer.id, 7);
  await advance(stripe, clock, '2026-01-16T00:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    cancel_at: unix('2026-02-01T00:00:00Z'),
    cancel_at_period_end: true,
    billing_cycle_anchor: unix('2026-01-01T00:00:00Z'),
  });
  await useAt(stripe, meter, customer.id, 2);
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ ended_at: unix('2026-02-01T00:00:00Z') });
  const [threshold, last] = await invoicesOf(stripe, customer.id);
  expect([threshold, last].map((invoice) => [invoice!.billing_reason, invoice!.total])).toEqual([
    ['subscription_threshold', 700],
    ['subscription_cycle', 200],
  ]);
  expect(await auditOf(account)).toEqual([]);
});

test('what is licensed for a year is given back to the second and billed for the year that begins', async () => {
  const { account, stripe, meter, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const plan = await licensedPrice(stripe, {
    unit_amount: 36_500,
    product_data: { name: 'Plan' },
    recurring: { interval: 'year' },
  });
  const calls = await meteredPrice(stripe, meter.id, { unit_amount: 100, product_data: { name: 'Calls' } });
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plan.id }, { price: calls.id }],
    billing_mode: { type: 'flexible' },
    billing_thresholds: { amount_gte: 500, reset_billing_cycle_anchor: true },
    // Within the year that begins, beyond the month that is: 200 days after the threshold.
    cancel_at: unix('2026-07-30T00:00:01Z'),
    ...SENT,
  });
  await advance(stripe, clock, '2026-01-11T00:00:00Z');
  await useAt(stripe, meter, customer.id, 7);
  await advance(stripe, clock, '2026-01-11T00:30:00Z');
  const reset = await stripe.subscriptions.retrieve(id);
  expect(reset.items.data.map((item) => text(item.current_period_end))).toEqual([
    '2026-07-30T00:00:01Z',
    '2026-02-11T00:00:01Z',
  ]);
  expect((await invoicesOf(stripe, customer.id)).map(read)).toEqual([
    // 210 days and a second.
    [['1 × Plan (at $365.00 / year)', 21_000]],
    [
      ['Unused time on Plan after 11 Jan 2026', -20_000],
      ['7 × Calls (at $1.00 / month)', 700],
      ['1 × Plan (at $365.00 / year)', 20_000],
    ],
  ]);
  expect(await auditOf(account)).toEqual([]);
});
