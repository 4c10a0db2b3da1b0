import { expect, test } from 'vitest';
import { advance, unix } from '../support/clock-shop.ts';
import {
  authenticate,
  eventsOf,
  findingsOf,
  intentOf,
  invoicesOf,
  newSeat,
  payBy,
  subscribe,
  takenOf,
} from '../support/dunning.ts';

const PAYMENTS = ['invoice.payment_action_required', 'invoice.payment_failed', 'invoice.payment_succeeded'];

test('a bank that wants the customer makes the subscription past due until the customer was there', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  const { id } = await subscribe(seat);
  await payBy(seat, 'pm_card_authenticationRequired');
  await advance(stripe, clock, '2026-02-01T01:00:00Z');
  const [, renewal] = await invoicesOf(seat);
  expect(renewal).toMatchObject({
    status: 'open',
    attempt_count: 1,
    next_payment_attempt: unix('2026-02-04T01:00:00Z'),
  });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'past_due' });
  const intent = await intentOf(seat, renewal!.id);
  expect(await stripe.paymentIntents.retrieve(intent)).toMatchObject({ status: 'requires_action' });

  // A retry with the same card could not end otherwise: it is counted, and the action stays what it is.
  await advance(stripe, clock, '2026-02-05T00:00:00Z');
  expect(await stripe.invoices.retrieve(renewal!.id)).toMatchObject({
    attempt_count: 2,
    next_payment_attempt: unix('2026-02-09T01:00:00Z'),
  });
  await authenticate(seat, intent);
  expect(await stripe.invoices.retrieve(renewal!.id)).toMatchObject({
    status: 'paid',
    amount_paid: 2000,
    attempt_count: 2,
  });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active' });

  await advance(stripe, clock, '2026-02-20T00:00:00Z');
  expect(await eventsOf(seat, PAYMENTS)).toEqual([
    ['2026-01-01T00:00:00Z', 'invoice.payment_succeeded'],
    ['2026-02-01T01:00:00Z', 'invoice.payment_action_required'],
    ['2026-02-05T00:00:00Z', 'invoice.payment_succeeded'],
  ]);
  expect(await takenOf(seat)).toEqual([
    [2000, 'succeeded'],
    [2000, 'succeeded'],
  ]);
  expect(await findingsOf(seat)).toEqual([]);
});
