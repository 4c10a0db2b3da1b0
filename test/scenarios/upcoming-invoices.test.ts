import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, unix } from '../support/clock-shop.ts';
import { eventsOf, findingsOf, newSeat, payBy, type Seat, setBilling, subscribe } from '../support/dunning.ts';
import { errorOf } from '../support/payer.ts';

/** Of each notice when it came, what is due, and the reason. */
const noticesOf = async (seat: Seat) =>
  (await eventsOf(seat, ['invoice.upcoming'], ({ amount_due: due }: Stripe.Invoice) => due)).map(([at, , due]) => [
    at,
    due,
  ]);

test('a week before each month of a year its invoice is told, once, as it would be then', async () => {
  const seat = await newSeat('2026-01-31T12:00:00Z');
  const { stripe, clock, customer } = seat;
  await setBilling(seat, { upcoming_days: 7 });
  const { id, items } = await subscribe(seat);
  await advance(stripe, clock, '2026-02-21T11:59:59Z');
  expect(await noticesOf(seat)).toEqual([]);
  await stripe.invoiceItems.create({ customer: customer.id, amount: 300, currency: 'usd' });
  await advance(stripe, clock, '2026-02-21T12:00:00Z');
  const [event] = (await stripe.events.list({ type: 'invoice.upcoming' })).data;
  expect(event).toMatchObject({
    created: unix('2026-02-21T12:00:00Z'),
    data: {
      object: {
        object: 'invoice',
        status: 'draft',
        billing_reason: 'upcoming',
        amount_due: 2300,
        number: null,
        customer: customer.id,
        period_end: unix('2026-02-28T12:00:00Z'),
        next_payment_attempt: unix('2026-02-28T13:00:00Z'),
        parent: { subscription_details: { subscription: id } },
      },
    },
  });
  expect(event!.data.object).not.toHaveProperty('id');
  // Another change in that week is no reason to tell it again.
  const two = [{ id: items.data[0]!.id, quantity: 2 }];
  await stripe.subscriptions.update(id, { items: two, proration_behavior: 'none' });
  await advance(stripe, clock, '2026-04-01T00:00:00Z');
  await advance(stripe, clock, '2026-05-31T00:00:00Z');
  expect(await noticesOf(seat)).toEqual([
    ['2026-02-21T12:00:00Z', 2300],
    ['2026-03-24T12:00:00Z', 4000],
    ['2026-04-23T12:00:00Z', 4000],
    ['2026-05-24T12:00:00Z', 4000],
  ]);
  expect(await findingsOf(seat)).toEqual([]);
});

test('a year is announced once, 30 days before its end; fewer days put the next notice off', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z', {
    price: { recurring: { interval: 'year' }, unit_amount: 12_000 },
  });
  const { stripe, clock } = seat;
  await setBilling(seat, { upcoming_days: 30 });
  await subscribe(seat);
  await advance(stripe, clock, '2027-01-01T02:00:00Z');
  expect(await noticesOf(seat)).toEqual([['2026-12-02T00:00:00Z', 12_000]]);
  // When the time of the next notice comes, it is put off to the new one.
  await setBilling(seat, { upcoming_days: 3 });
  await advance(stripe, clock, '2028-01-01T02:00:00Z');
  await advance(stripe, clock, '2029-01-01T02:00:00Z');
  expect(await noticesOf(seat)).toEqual([
    ['2026-12-02T00:00:00Z', 12_000],
    ['2027-12-29T00:00:00Z', 12_000],
    ['2028-12-29T00:00:00Z', 12_000],
  ]);
});

test('nothing is told where nothing follows, nobody is to pay, or the period is not longer than that', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  await setBilling(seat, { upcoming_days: 7 });
  const weekly = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 500,
    recurring: { interval: 'week' },
    product_data: { name: 'Week' },
  });
  await subscribe(seat, { items: [{ price: weekly.id }], cancel_at: unix('2026-01-29T00:00:00Z') });
  const ending = await subscribe(seat, { cancel_at_period_end: true });
  const paused = await subscribe(seat);
  await stripe.subscriptions.update(paused.id, { pause_collection: { behavior: 'void' } });
  await advance(stripe, clock, '2026-01-15T00:00:00Z');
  await advance(stripe, clock, '2026-01-26T00:00:00Z');
  expect(await noticesOf(seat)).toEqual([]);
  // It goes on after all, when the time to tell has passed.
  await stripe.subscriptions.update(ending.id, { cancel_at_period_end: false });
  await advance(stripe, clock, '2026-02-05T00:00:00Z');
  await advance(stripe, clock, '2026-02-24T00:00:00Z');
  expect(await noticesOf(seat)).toEqual([['2026-02-22T00:00:00Z', 2000]]);
});

test('the end of a trial is told of where an invoice follows', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z', { method: null });
  const { stripe, clock } = seat;
  await setBilling(seat, { upcoming_days: 7 });
  const trial = {
    trial_period_days: 14,
    trial_settings: { end_behavior: { missing_payment_method: 'cancel' } },
  } as const;
  await subscribe(seat, trial);
  await advance(stripe, clock, '2026-01-15T02:00:00Z');
  expect(await noticesOf(seat)).toEqual([]);
  await payBy(seat, 'pm_card_visa');
  await subscribe(seat, trial);
  await advance(stripe, clock, '2026-01-29T00:00:00Z');
  expect(await noticesOf(seat)).toEqual([['2026-01-22T02:00:00Z', 2000]]);
});

test('by default nothing is told, and the days are an integer up to 45', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  await subscribe(seat);
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  expect(await noticesOf(seat)).toEqual([]);
  expect(await errorOf(setBilling(seat, { upcoming_days: 46 }))).toMatchObject({ status: 400, param: 'upcoming_days' });
  expect(await setBilling(seat, { upcoming_days: '' })).toMatchObject({ upcoming_days: null });
});
