import type Stripe from 'stripe';
import type { TestAccount } from './account.ts';
import { SENT } from './billed.ts';
import { advance, customerOn, invoicesOf, useAt } from './clock-shop.ts';
import { meteredPrice, newMeter } from './shop.ts';

/** What lives on a clock tells, and a clock. They exist in test accounts only. */
export async function tellClocks({ stripe }: TestAccount): Promise<unknown[]> {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_000_000_000, name: 'Time' });
  const customer = await stripe.customers.create({ email: 'jenny@example.com', test_clock: clock.id });
  const price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 2000,
    recurring: { interval: 'month' },
    product_data: { name: 'Seats' },
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    collection_method: 'send_invoice',
    days_until_due: 1,
    trial_period_days: 3,
    billing_cycle_anchor_config: { day_of_month: 1 },
    expand: ['latest_invoice'],
  });
  const free = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 0,
    recurring: { interval: 'month' },
    product_data: { name: 'Free' },
  });
  const begun = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: free.id }] });
  const paused = await stripe.subscriptions.pause(begun.id);
  const advancing = await stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: 1_000_000_001 });
  return [customer, subscription, paused, advancing, ...(await tellRefused(stripe))];
}

/** An invoice of more than a customer can owe, which is not finalized and says so. */
async function tellRefused(stripe: Stripe): Promise<unknown[]> {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_767_225_600 });
  const { id } = await customerOn(stripe, clock);
  const meter = await newMeter(stripe);
  const price = await meteredPrice(stripe, meter.id, { unit_amount: 2000 });
  await stripe.subscriptions.create({ customer: id, items: [{ price: price.id }], ...SENT });
  await useAt(stripe, meter, id, 900_000_000);
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  return await invoicesOf(stripe, id);
}
