import { expect, test } from 'vitest';
import { SENT } from '../support/billed.ts';
import { read } from '../support/clock-shop.ts';
import { eventually } from '../support/payer.ts';
import { eventTypes, newShop, refusal, use } from '../support/shop.ts';

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
