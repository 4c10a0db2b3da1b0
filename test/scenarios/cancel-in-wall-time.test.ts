import { expect, test } from 'vitest';
import { cancelSubscription } from '../../src/billing/cancel.ts';
import { SENT } from '../support/billed.ts';
import { read } from '../support/clock-shop.ts';
import { directly } from '../support/direct.ts';
import { eventually } from '../support/payer.ts';
import { eventTypes, licensedPrice, meteredPrice, newShop, refusal, use } from '../support/shop.ts';

test('a subscription that is to end in seconds ends then, with an invoice of its usage', async () => {
  const { stripe, price, meter, customer } = await newShop();
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...SENT });
  await use(stripe, meter, customer.id, 250);
  const cancelAt = Math.floor(Date.now() / 1000) + 3;
  const { items } = await stripe.subscriptions.update(id, { cancel_at: cancelAt });
  expect(items.data[0]!.current_period_end).toBe(cancelAt);
  const ended = await eventually(
    () => stripe.subscriptions.retrieve(id),
    ({ status }) => status === 'canceled',
  );
  expect(ended.ended_at).toBeGreaterThanOrEqual(cancelAt);
  expect(ended.cancellation_details).toMatchObject({ reason: 'cancellation_requested' });
  const [last] = (await stripe.invoices.list({ customer: customer.id })).data;
  expect(read(last!)).toEqual([['250 × Alpaca AI (at $0.04 per 100 units / month)', 12]]);
  expect(last).toMatchObject({ id: ended.latest_invoice, status: 'draft', auto_advance: true, period_end: cancelAt });
  expect(await eventTypes(stripe, 'customer.subscription')).toEqual([
    'customer.subscription.created',
    'customer.subscription.updated',
    'customer.subscription.deleted',
  ]);
  const late = stripe.subscriptions.update(id, { cancel_at_period_end: true });
  expect(await refusal(late)).toMatchObject({ status: 400 });
});

test('a cancellation bills a period first that is over and not yet renewed', async () => {
  const { account, stripe, meter, customer } = await newShop();
  const every = { recurring: { interval: 'day' as const, interval_count: 30 } };
  const seats = await licensedPrice(stripe, { ...every, unit_amount: 3000, product_data: { name: 'Seat' } });
  const calls = await meteredPrice(stripe, meter.id, { ...every, unit_amount: 10, product_data: { name: 'Call' } });
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id }, { price: calls.id }],
    ...SENT,
  });
  await use(stripe, meter, customer.id, 25);
  // Nobody came to it at the end of the period; ten of the next thirty days are over by now.
  const end = items.data[0]!.current_period_end;
  const now = Temporal.Instant.fromEpochMilliseconds((end + 10 * 86_400) * 1000);
  const params = { invoice_now: true, prorate: true };
  await directly(account, async (context) => await cancelSubscription({ ...context, now }, id, params));
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'canceled', ended_at: end + 10 * 86_400 });
  const [last, renewal, first] = (await stripe.invoices.list({ customer: customer.id })).data;
  expect(read(first!)).toEqual([['1 × Seat (at $30.00 / every 30 days)', 3000]]);
  expect(read(renewal!)).toEqual([
    ['25 × Call (at $0.10 / every 30 days)', 250],
    ['1 × Seat (at $30.00 / every 30 days)', 3000],
  ]);
  expect(last!.lines.data.map(({ amount }) => amount)).toEqual([-2000, 0]);
});
