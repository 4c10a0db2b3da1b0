import { expect, test } from 'vitest';
import { advance, unix } from '../support/clock-shop.ts';
import { eventsOf, findingsOf, invoicesOf, newSeat, setBilling, subscribe } from '../support/dunning.ts';

const WEEK_TO_PAY = { collection_method: 'send_invoice', days_until_due: 7 } as const;

test('a sent invoice is overdue on its date, and after 30 days more the subscription is canceled', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z', { method: null });
  const { stripe, clock, customer } = seat;
  await setBilling(seat, { overdue_days: 30, after_overdue: 'cancel' });
  const { id, status } = await subscribe(seat, WEEK_TO_PAY);
  expect(status).toBe('active');
  await advance(stripe, clock, '2026-01-07T23:59:59Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active' });
  await advance(stripe, clock, '2026-01-08T00:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'past_due' });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ delinquent: true });

  await advance(stripe, clock, '2026-02-10T00:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    status: 'canceled',
    ended_at: unix('2026-02-07T00:00:00Z'),
    cancellation_details: { reason: 'payment_failed' },
  });
  const told = ['invoice.sent', 'invoice.overdue', 'customer.subscription.deleted'];
  expect(await eventsOf(seat, told)).toEqual([
    ['2026-01-01T01:00:00Z', 'invoice.sent'],
    ['2026-01-08T00:00:00Z', 'invoice.overdue'],
    ['2026-02-01T01:00:00Z', 'invoice.sent'],
    ['2026-02-07T00:00:00Z', 'customer.subscription.deleted'],
    // What was sent is owed, whether the subscription goes on or not.
    ['2026-02-08T00:00:00Z', 'invoice.overdue'],
  ]);
  expect((await invoicesOf(seat)).map((invoice) => [invoice.status, invoice.amount_due])).toEqual([
    ['open', 2000],
    ['open', 2000],
  ]);
  expect(await findingsOf(seat)).toEqual([]);
});

test('what is paid late, by whatever way, is in good standing again; what is paid in time never was overdue', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z', { method: null });
  const { stripe, clock, customer } = seat;
  const { id } = await subscribe(seat, WEEK_TO_PAY);
  await advance(stripe, clock, '2026-01-20T00:00:00Z');
  const [january] = await invoicesOf(seat);
  await stripe.invoices.pay(january!.id, { paid_out_of_band: true });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active' });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ delinquent: false });

  await advance(stripe, clock, '2026-02-05T00:00:00Z');
  const [, february] = await invoicesOf(seat);
  await stripe.invoices.pay(february!.id, { paid_out_of_band: true });
  // Without a setting nothing becomes of what stays overdue.
  await advance(stripe, clock, '2026-04-20T00:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'past_due' });
  expect(await eventsOf(seat, ['invoice.overdue'], ({ period_end: end }: { period_end: number }) => end)).toEqual([
    ['2026-01-08T00:00:00Z', 'invoice.overdue', unix('2026-01-01T00:00:00Z')],
    ['2026-03-08T00:00:00Z', 'invoice.overdue', unix('2026-03-01T00:00:00Z')],
    ['2026-04-08T00:00:00Z', 'invoice.overdue', unix('2026-04-01T00:00:00Z')],
  ]);
});
