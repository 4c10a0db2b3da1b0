import { expect, test } from 'vitest';
import type Stripe from 'stripe';
import { advance, unix } from '../support/clock-shop.ts';
import { eventsOf, findingsOf, intentOf, invoicesOf, newSeat, subscribe } from '../support/dunning.ts';
import { refusal } from '../support/shop.ts';

test('a first invoice that is not paid within 23 hours is void, and its subscription over', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z', { method: null });
  const { stripe, clock, customer } = seat;
  await stripe.customers.createBalanceTransaction(customer.id, { amount: -500, currency: 'usd' });
  const { id, latest_invoice: first } = await subscribe(seat, { payment_behavior: 'default_incomplete' });
  expect(await stripe.invoices.retrieve(first as string)).toMatchObject({ status: 'open', amount_due: 1500 });
  const intent = await intentOf(seat, first as string);

  await advance(stripe, clock, '2026-01-01T22:59:59Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'incomplete', ended_at: null });
  await advance(stripe, clock, '2026-01-01T23:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    status: 'incomplete_expired',
    ended_at: unix('2026-01-01T23:00:00Z'),
    canceled_at: null,
  });
  expect(await stripe.invoices.retrieve(first as string)).toMatchObject({ status: 'void', amount_paid: 0 });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -500 });
  expect(await stripe.paymentIntents.retrieve(intent)).toMatchObject({ status: 'canceled' });
  expect(await refusal(stripe.invoices.pay(first as string))).toMatchObject({ status: 400 });
  expect(await refusal(stripe.subscriptions.update(id, { description: 'late' }))).toMatchObject({ status: 400 });

  await advance(stripe, clock, '2026-02-02T00:00:00Z');
  expect(await invoicesOf(seat)).toHaveLength(1);
  const ends = ['invoice.voided', 'customer.subscription.updated', 'customer.subscription.deleted'];
  expect(await eventsOf(seat, ends, (object: Stripe.Subscription) => object.status)).toEqual([
    ['2026-01-01T23:00:00Z', 'invoice.voided', 'void'],
    ['2026-01-01T23:00:00Z', 'customer.subscription.updated', 'incomplete_expired'],
  ]);
  expect(await findingsOf(seat)).toEqual([]);
});
