import type { TestAccount } from './account.ts';

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
  return [customer, subscription, paused, advancing];
}
