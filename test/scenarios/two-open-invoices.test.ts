import { expect, test } from 'vitest';
import { advance, text, unix } from '../support/clock-shop.ts';
import { eventsOf, findingsOf, invoicesOf, newSeat, payBy, setBilling, subscribe } from '../support/dunning.ts';

/** As far as a clock with weekly subscriptions goes at once, in seconds. */
const FORTNIGHT = 14 * 86_400;

/** A seat of 20 USD a week from 2026-01-01 on, of which the second and the third week could not be charged. */
async function newBehind() {
  const seat = await newSeat('2026-01-01T00:00:00Z', { price: { recurring: { interval: 'week' } } });
  const { stripe, clock, customer } = seat;
  const { id } = await subscribe(seat);
  await payBy(seat, 'pm_card_chargeCustomerFail');
  await advance(stripe, clock, '2026-01-15T02:00:00Z', FORTNIGHT);
  const [, older, newer] = await invoicesOf(seat);
  const visa = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const statusOf = async () => (await stripe.subscriptions.retrieve(id)).status;
  return { ...seat, id, older: older!, newer: newer!, visa: visa.id, statusOf };
}

test('each open invoice has retries of its own, and the latest decides about the subscription', async () => {
  const behind = await newBehind();
  const { stripe, clock, customer, older, newer, visa, statusOf } = behind;
  // The first retry of the older was on the 11th; its second comes an hour into the 16th.
  expect([older, newer]).toMatchObject([
    { status: 'open', attempt_count: 2, next_payment_attempt: unix('2026-01-16T01:00:00Z') },
    { status: 'open', attempt_count: 1, next_payment_attempt: unix('2026-01-18T01:00:00Z') },
  ]);
  expect(await statusOf()).toBe('past_due');

  await stripe.invoices.pay(older.id, { payment_method: visa });
  expect(await statusOf()).toBe('past_due');
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ delinquent: false });
  await advance(stripe, clock, '2026-01-18T02:00:00Z', FORTNIGHT);
  expect(await stripe.invoices.retrieve(newer.id)).toMatchObject({ status: 'open', attempt_count: 2 });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ delinquent: true });

  await stripe.invoices.pay(newer.id, { payment_method: visa });
  expect(await statusOf()).toBe('active');
  expect((await invoicesOf(behind)).map(({ amount_paid: paid }) => paid)).toEqual([2000, 2000, 2000]);
  expect(await findingsOf(behind)).toEqual([]);
});

test('the latest alone, paid, is enough; the retries of the older go on without harm', async () => {
  const behind = await newBehind();
  const { stripe, clock, older, newer, visa, statusOf, customer } = behind;
  await stripe.invoices.pay(newer.id, { payment_method: visa });
  expect(await statusOf()).toBe('active');
  await advance(stripe, clock, '2026-01-16T02:00:00Z', FORTNIGHT);
  expect(await stripe.invoices.retrieve(older.id)).toMatchObject({ status: 'open', attempt_count: 3 });
  expect(await statusOf()).toBe('active');
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: visa } });
  await advance(stripe, clock, '2026-01-22T02:00:00Z', FORTNIGHT);
  expect((await invoicesOf(behind)).map(({ status }) => status)).toEqual(['paid', 'paid', 'paid', 'paid']);
  expect(await statusOf()).toBe('active');
});

test('what is void is owed no more: the invoice before it decides', async () => {
  const behind = await newBehind();
  const { stripe, older, newer, statusOf } = behind;
  await stripe.invoices.voidInvoice(newer.id);
  expect(await statusOf()).toBe('past_due');
  await stripe.invoices.voidInvoice(older.id);
  expect(await statusOf()).toBe('active');
  // All of it happens on the clock.
  const told = await eventsOf(behind, ['invoice.voided', 'payment_intent.canceled', 'customer.subscription.updated']);
  const { frozen_time: now } = await stripe.testHelpers.testClocks.retrieve(behind.clock.id);
  const last = told.slice(-5);
  expect(last.map(([, type]) => type).toSorted()).toEqual([
    'customer.subscription.updated',
    'invoice.voided',
    'invoice.voided',
    'payment_intent.canceled',
    'payment_intent.canceled',
  ]);
  expect(new Set(last.map(([at]) => at))).toEqual(new Set([text(now)]));
});

test('what is forgiven counts as paid', async () => {
  const { stripe, customer, newer, statusOf } = await newBehind();
  await stripe.invoices.markUncollectible(newer.id);
  expect(await statusOf()).toBe('active');
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ delinquent: false });
});

test('an invoice that only credits pays nothing: the one that is owed decides, and its retries end', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z', { price: { recurring: { interval: 'week' } } });
  const { stripe, clock, customer, price } = seat;
  await setBilling(seat, { retry_days: [3], after_retries: 'unpaid' });
  const { id, items } = await subscribe(seat, { items: [{ price: price.id, quantity: 2 }] });
  const statusOf = async () => (await stripe.subscriptions.retrieve(id)).status;
  await payBy(seat, 'pm_card_chargeCustomerFail');
  await advance(stripe, clock, '2026-01-08T02:00:00Z');
  expect(await statusOf()).toBe('past_due');

  const fewer = [{ id: items.data[0]!.id, quantity: 1 }];
  await stripe.subscriptions.update(id, { items: fewer, proration_behavior: 'always_invoice' });
  const credit = (await invoicesOf(seat)).at(-1)!;
  // 6 days and 22 of 24 hours of 7 days of 20 USD: 166 / 168 of it.
  expect(credit).toMatchObject({ status: 'paid', total: -1976, amount_due: 0 });
  expect(await statusOf()).toBe('past_due');
  await advance(stripe, clock, '2026-01-11T01:00:00Z');
  expect(await statusOf()).toBe('unpaid');
  const [, owed] = await invoicesOf(seat);
  expect(owed).toMatchObject({ status: 'open', attempt_count: 2, next_payment_attempt: null, auto_advance: false });

  const visa = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.invoices.pay(owed!.id, { payment_method: visa.id });
  expect(await statusOf()).toBe('active');
  expect(await findingsOf(seat)).toEqual([]);
});
