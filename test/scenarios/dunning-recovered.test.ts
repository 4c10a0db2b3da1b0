import { expect, test } from 'vitest';
import { advance, unix } from '../support/clock-shop.ts';
import {
  eventsOf,
  findingsOf,
  invoicesOf,
  newSeat,
  payBy,
  setBilling,
  subscribe,
  takenOf,
} from '../support/dunning.ts';

test('the second retry takes the card that the customer has by then', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock, customer } = seat;
  const { id } = await subscribe(seat);
  await payBy(seat, 'pm_card_chargeCustomerFail');
  await advance(stripe, clock, '2026-02-05T00:00:00Z');
  await payBy(seat, 'pm_card_visa');
  await advance(stripe, clock, '2026-02-09T00:59:59Z');
  expect((await invoicesOf(seat))[1]).toMatchObject({
    status: 'open',
    attempt_count: 2,
    next_payment_attempt: unix('2026-02-09T01:00:00Z'),
  });
  await advance(stripe, clock, '2026-02-09T01:00:00Z');
  expect((await invoicesOf(seat))[1]).toMatchObject({
    status: 'paid',
    attempt_count: 3,
    next_payment_attempt: null,
    status_transitions: { paid_at: unix('2026-02-09T01:00:00Z') },
  });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active' });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ delinquent: false });

  await advance(stripe, clock, '2026-03-02T00:00:00Z');
  const statuses = await eventsOf(seat, ['customer.subscription.updated'], ({ status }: { status: string }) => status);
  expect(statuses).toEqual([
    ['2026-01-01T00:00:00Z', 'customer.subscription.updated', 'active'],
    ['2026-02-01T00:00:00Z', 'customer.subscription.updated', 'active'],
    ['2026-02-01T01:00:00Z', 'customer.subscription.updated', 'past_due'],
    ['2026-02-09T01:00:00Z', 'customer.subscription.updated', 'active'],
    ['2026-03-01T00:00:00Z', 'customer.subscription.updated', 'active'],
  ]);
  expect(await takenOf(seat)).toEqual([
    [2000, 'succeeded'],
    [2000, 'failed'],
    [2000, 'failed'],
    [2000, 'succeeded'],
    [2000, 'succeeded'],
  ]);
  expect(await findingsOf(seat)).toEqual([]);
});

test('a bank that refuses for good is not asked again: retries are counted, and taken up with another card', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  await subscribe(seat);
  // Renewals are due to a bank account that has no money; debits are not repeated.
  await payBy(seat, 'pm_usBankAccount_insufficientFunds');
  await advance(stripe, clock, '2026-02-04T02:00:00Z');
  const [, failed] = await invoicesOf(seat);
  expect(failed).toMatchObject({
    status: 'open',
    attempt_count: 2,
    next_payment_attempt: unix('2026-02-09T01:00:03Z'),
  });
  expect(await eventsOf(seat, ['invoice.payment_failed'])).toEqual([
    ['2026-02-01T01:00:03Z', 'invoice.payment_failed'],
  ]);
  await payBy(seat, 'pm_card_visa');
  await advance(stripe, clock, '2026-02-09T02:00:00Z');
  expect(await stripe.invoices.retrieve(failed!.id)).toMatchObject({ status: 'paid', attempt_count: 3 });
});

test('a draft that is finalized and refused at once is tried again, also when its own time would have come just then', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  // A draft would be final 72 hours after it was made, and the first retry comes 3 days after the first attempt.
  await setBilling(seat, { draft_hours: 72 });
  const { id, items } = await subscribe(seat);
  await payBy(seat, 'pm_card_chargeCustomerFail');
  await advance(stripe, clock, '2026-01-11T00:00:00Z');
  await stripe.subscriptions.update(id, {
    items: [{ id: items.data[0]!.id, quantity: 2 }],
    proration_behavior: 'always_invoice',
  });
  const next = unix('2026-01-14T00:00:00Z');
  expect((await invoicesOf(seat))[1]).toMatchObject({ status: 'open', attempt_count: 1, next_payment_attempt: next });
  await payBy(seat, 'pm_card_visa');
  await advance(stripe, clock, '2026-01-14T00:00:00Z');
  expect((await invoicesOf(seat))[1]).toMatchObject({ status: 'paid', attempt_count: 2 });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active' });
});
