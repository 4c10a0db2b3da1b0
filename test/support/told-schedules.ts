import type Stripe from 'stripe';
import type { TestAccount } from './account.ts';
import { advance, customerOn } from './clock-shop.ts';

/** A schedule that has begun, one that waits and is canceled, and one that lets its subscription go. */
export async function tellSchedules({ stripe }: TestAccount, customer: Stripe.Customer): Promise<unknown[]> {
  const price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 2000,
    recurring: { interval: 'month' },
    product_data: { name: 'Seats' },
  });
  const make = async (start: 'now' | number) =>
    await stripe.subscriptionSchedules.create({
      customer: customer.id,
      start_date: start,
      phases: [{ items: [{ price: price.id }], duration: { interval: 'day' } }],
      metadata: { k: 'v' },
    });
  const [active, free, waiting] = [await make('now'), await make('now'), await make(4_000_000_000)];
  return [
    active,
    await stripe.subscriptions.retrieve(active.subscription as string),
    await stripe.subscriptionSchedules.release(free.id),
    await stripe.subscriptionSchedules.cancel(waiting.id),
  ];
}

/** A schedule on a clock that is done. */
export async function tellCompleted(account: TestAccount): Promise<unknown[]> {
  const { stripe } = account;
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_000_000_000, name: 'Time' });
  const customer = await customerOn(stripe, clock);
  await tellSchedules(account, customer);
  await advance(stripe, clock, 1_000_000_000 + 86_400);
  return [await stripe.subscriptionSchedules.list({ completed_at: { gt: 0 }, customer: customer.id })];
}
