import { expect, test } from 'vitest';
import { advance } from '../support/clock-shop.ts';
import { newSeat, payBy, setBilling } from '../support/dunning.ts';
import { scheduleEvents } from '../support/scheduled.ts';

test('a schedule is aborted with a subscription that ends because nobody pays', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, price } = seat;
  await setBilling(seat, { after_retries: 'cancel' });
  const made = await stripe.subscriptionSchedules.create({
    customer: customer.id,
    start_date: 'now',
    phases: [{ items: [{ price: price.id }], duration: { interval: 'year' } }],
  });
  await advance(stripe, clock, '2026-01-02T00:00:00Z');
  await payBy(seat, 'pm_card_chargeCustomerFail');
  await advance(stripe, clock, '2026-02-24T00:00:00Z');
  expect(await stripe.subscriptions.retrieve(made.subscription as string)).toMatchObject({
    status: 'canceled',
    cancellation_details: { reason: 'payment_failed' },
  });
  const { status, current_phase: phase } = await stripe.subscriptionSchedules.retrieve(made.id);
  expect([status, phase]).toEqual(['canceled', null]);
  const events = (await scheduleEvents(seat)).map((told) => told.slice(11));
  expect(events).toEqual(['created', 'updated', 'aborted']);
});
