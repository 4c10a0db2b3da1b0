import { expect, test } from 'vitest';
import { advance, unix } from '../support/clock-shop.ts';
import { findingsOf, invoicesOf, newSeat, payBy, setBilling, subscribe, takenOf } from '../support/dunning.ts';

test('an unpaid subscription keeps its invoices as drafts, and is active again once the open one is paid', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  await setBilling(seat, { retry_days: [3], after_retries: 'unpaid' });
  const { id } = await subscribe(seat);
  const statusOf = async () => (await stripe.subscriptions.retrieve(id)).status;
  await payBy(seat, 'pm_card_chargeCustomerFail');

  await advance(stripe, clock, '2026-02-04T00:59:59Z');
  expect(await statusOf()).toBe('past_due');
  await advance(stripe, clock, '2026-02-04T01:00:00Z');
  expect(await statusOf()).toBe('unpaid');

  // A card that works changes nothing by itself: the open invoice is not tried again, the next one stays a draft.
  await payBy(seat, 'pm_card_visa');
  await advance(stripe, clock, '2026-03-03T00:00:00Z');
  const [, february, march] = await invoicesOf(seat);
  expect(february).toMatchObject({ status: 'open', attempt_count: 2, next_payment_attempt: null, amount_paid: 0 });
  expect(march).toMatchObject({ status: 'draft', auto_advance: false, automatically_finalizes_at: null });
  expect(await statusOf()).toBe('unpaid');

  await stripe.invoices.pay(february!.id);
  expect(await statusOf()).toBe('active');
  expect(await stripe.invoices.pay(march!.id)).toMatchObject({ status: 'paid', amount_paid: 2000 });
  await advance(stripe, clock, '2026-04-01T01:00:00Z');
  const invoices = await invoicesOf(seat);
  expect(invoices.map(({ status, amount_paid: paid, period_start: start }) => [status, paid, start])).toEqual([
    ['paid', 2000, unix('2026-01-01T00:00:00Z')],
    ['paid', 2000, unix('2026-01-01T00:00:00Z')],
    ['paid', 2000, unix('2026-02-01T00:00:00Z')],
    ['paid', 2000, unix('2026-03-01T00:00:00Z')],
  ]);
  expect(await statusOf()).toBe('active');
  expect((await takenOf(seat)).filter((taken) => (taken as string[])[1] === 'succeeded')).toHaveLength(4);
  expect(await findingsOf(seat)).toEqual([]);
});

test('where nothing is to become of it, a subscription stays past due and goes on making invoices', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  await setBilling(seat, { retry_days: '' });
  const { id } = await subscribe(seat);
  await payBy(seat, 'pm_card_chargeCustomerFail');
  await advance(stripe, clock, '2026-03-02T00:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'past_due' });
  const invoices = await invoicesOf(seat);
  expect(invoices.map(({ status, attempt_count: count, amount_paid: paid }) => [status, count, paid])).toEqual([
    ['paid', 1, 2000],
    ['open', 1, 0],
    ['open', 1, 0],
  ]);
});

test('the last invoice of an unpaid subscription is held back as all of its invoices are', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  await setBilling(seat, { retry_days: '', after_retries: 'unpaid' });
  const { id } = await subscribe(seat);
  await payBy(seat, 'pm_card_chargeCustomerFail');
  await advance(stripe, clock, '2026-02-15T00:00:00Z');
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('unpaid');
  const canceled = await stripe.subscriptions.cancel(id, { invoice_now: true, prorate: true });
  await advance(stripe, clock, '2026-02-16T00:00:00Z');
  // Half of February.
  expect(await stripe.invoices.retrieve(canceled.latest_invoice as string)).toMatchObject({
    status: 'draft',
    auto_advance: false,
    total: -1000,
  });
  expect(await findingsOf(seat)).toEqual([]);
});
