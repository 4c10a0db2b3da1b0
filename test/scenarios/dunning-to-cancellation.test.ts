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

test('a renewal that is refused is tried again after 3, 5, 6 and 7 days, then the subscription is canceled', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock, customer } = seat;
  await setBilling(seat, { after_retries: 'cancel' });
  const { id, status } = await subscribe(seat);
  expect(status).toBe('active');
  await payBy(seat, 'pm_card_chargeCustomerFail');

  await advance(stripe, clock, '2026-02-01T01:00:00Z');
  const [, renewal] = await invoicesOf(seat);
  expect(renewal).toMatchObject({
    status: 'open',
    attempt_count: 1,
    next_payment_attempt: unix('2026-02-04T01:00:00Z'),
    amount_remaining: 2000,
  });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'past_due' });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ delinquent: true });

  // A second before a retry nothing has happened; also a payment by hand counts for nothing.
  await advance(stripe, clock, '2026-02-04T00:59:59Z');
  await expect(stripe.invoices.pay(renewal!.id)).rejects.toThrow('Your card was declined.');
  expect(await stripe.invoices.retrieve(renewal!.id)).toMatchObject({
    attempt_count: 1,
    next_payment_attempt: unix('2026-02-04T01:00:00Z'),
  });

  await advance(stripe, clock, '2026-03-05T00:00:00Z');
  const failures = await eventsOf(
    seat,
    ['invoice.payment_failed'],
    (invoice: { attempt_count: number }) => invoice.attempt_count,
  );
  expect(failures).toEqual([
    ['2026-02-01T01:00:00Z', 'invoice.payment_failed', 1],
    ['2026-02-04T00:59:59Z', 'invoice.payment_failed', 1],
    ['2026-02-04T01:00:00Z', 'invoice.payment_failed', 2],
    ['2026-02-09T01:00:00Z', 'invoice.payment_failed', 3],
    ['2026-02-15T01:00:00Z', 'invoice.payment_failed', 4],
    ['2026-02-22T01:00:00Z', 'invoice.payment_failed', 5],
  ]);
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    status: 'canceled',
    ended_at: unix('2026-02-22T01:00:00Z'),
    canceled_at: unix('2026-02-22T01:00:00Z'),
    cancellation_details: { reason: 'payment_failed' },
  });
  const invoices = await invoicesOf(seat);
  expect(invoices.map((invoice) => [invoice.status, invoice.amount_paid, invoice.auto_advance])).toEqual([
    ['paid', 2000, false],
    ['open', 0, false],
  ]);
  expect(invoices[1]).toMatchObject({ attempt_count: 5, next_payment_attempt: null });
  expect(await takenOf(seat)).toEqual([[2000, 'succeeded'], ...Array.from({ length: 6 }, () => [2000, 'failed'])]);
  expect(await findingsOf(seat)).toEqual([]);
});

test('what is told of a refused renewal, and of the end, comes in order', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  await setBilling(seat, { retry_days: [1], after_retries: 'cancel' });
  await subscribe(seat);
  await payBy(seat, 'pm_card_chargeCustomerFail');
  await advance(seat.stripe, seat.clock, '2026-02-03T00:00:00Z');
  const told = await eventsOf(seat);
  expect(
    told
      .filter(([at, type]) => at.startsWith('2026-02') && !type.startsWith('test_helpers'))
      .map(([at, type]) => `${at.slice(5, 16)} ${type}`),
  ).toEqual([
    '02-01T00:00 customer.subscription.updated',
    '02-01T00:00 invoice.created',
    '02-01T01:00 customer.updated',
    '02-01T01:00 invoice.finalized',
    '02-01T01:00 payment_intent.created',
    '02-01T01:00 charge.failed',
    '02-01T01:00 payment_intent.payment_failed',
    '02-01T01:00 invoice.payment_failed',
    '02-01T01:00 invoice.updated',
    '02-01T01:00 customer.updated',
    '02-01T01:00 customer.subscription.updated',
    '02-02T01:00 charge.failed',
    '02-02T01:00 payment_intent.payment_failed',
    '02-02T01:00 invoice.payment_failed',
    '02-02T01:00 invoice.updated',
    '02-02T01:00 customer.subscription.deleted',
  ]);
});

test('where the account wants that, an invoice is given up after its last retry, and can be paid all the same', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  await setBilling(seat, { invoice_after_retries: 'uncollectible', retry_days: [2] });
  const { id } = await subscribe(seat);
  await payBy(seat, 'pm_card_chargeCustomerFail');
  await advance(stripe, clock, '2026-02-03T00:59:59Z');
  const [, renewal] = await invoicesOf(seat);
  expect(renewal).toMatchObject({ status: 'open', attempt_count: 1 });
  await advance(stripe, clock, '2026-02-03T01:00:00Z');
  expect(await stripe.invoices.retrieve(renewal!.id)).toMatchObject({
    status: 'uncollectible',
    status_details: { uncollectible: { reason: 'max_payment_attempts' } },
    auto_advance: false,
    attempt_count: 2,
    status_transitions: { marked_uncollectible_at: unix('2026-02-03T01:00:00Z') },
  });
  expect((await stripe.events.list({ type: 'invoice.marked_uncollectible' })).data).toHaveLength(1);
  // Nobody has forgiven it: the subscription stays past due until it is paid.
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'past_due' });
  await stripe.invoices.pay(renewal!.id, { payment_method: await payBy(seat, 'pm_card_visa') });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active' });
  expect(await takenOf(seat)).toEqual([
    [2000, 'succeeded'],
    [2000, 'failed'],
    [2000, 'failed'],
    [2000, 'succeeded'],
  ]);
  expect(await findingsOf(seat)).toEqual([]);
});
