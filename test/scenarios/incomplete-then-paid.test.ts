import { expect, test } from 'vitest';
import type Stripe from 'stripe';
import { advance } from '../support/clock-shop.ts';
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
import { refusal } from '../support/shop.ts';

const START = '2026-01-01T00:00:00Z';
const latestOf = (subscription: Stripe.Subscription) => subscription.latest_invoice as string;

test('the page of the first payment: default_incomplete waits for its confirmation, then renews', async () => {
  const seat = await newSeat(START, { method: null });
  const { stripe, clock } = seat;
  const begun = await subscribe(seat, {
    payment_behavior: 'default_incomplete',
    payment_settings: { save_default_payment_method: 'on_subscription' },
    expand: ['latest_invoice.confirmation_secret'],
  });
  expect(begun.status).toBe('incomplete');
  const invoice = begun.latest_invoice as Stripe.Invoice;
  expect(invoice).toMatchObject({ status: 'open', attempted: false, attempt_count: 0, amount_due: 2000 });
  const [intent = ''] = (invoice.confirmation_secret?.client_secret ?? '').split('_secret_');
  expect(await stripe.paymentIntents.retrieve(intent)).toMatchObject({ status: 'requires_payment_method' });

  await stripe.paymentIntents.confirm(intent, { payment_method: 'pm_card_visa' });
  const paid = await stripe.subscriptions.retrieve(begun.id, { expand: ['default_payment_method'] });
  expect(paid).toMatchObject({ status: 'active', default_payment_method: { type: 'card' } });

  await advance(stripe, clock, '2026-02-01T01:00:00Z');
  expect((await invoicesOf(seat)).map(({ status, amount_paid: sum }) => [status, sum])).toEqual([
    ['paid', 2000],
    ['paid', 2000],
  ]);
  const told = await eventsOf(
    seat,
    ['customer.subscription.created', 'customer.subscription.updated'],
    (object: Stripe.Subscription) => object.status,
  );
  expect(told).toEqual([
    [START, 'customer.subscription.created', 'incomplete'],
    [START, 'customer.subscription.updated', 'active'],
    // What paid is kept.
    [START, 'customer.subscription.updated', 'active'],
    ['2026-02-01T00:00:00Z', 'customer.subscription.updated', 'active'],
  ]);
  expect(await findingsOf(seat)).toEqual([]);
});

test('default_incomplete with nothing to pay is active at once', async () => {
  const seat = await newSeat(START, { method: null, price: { unit_amount: 0 } });
  expect(await subscribe(seat, { payment_behavior: 'default_incomplete' })).toMatchObject({ status: 'active' });
});

test('a first payment that is refused leaves it incomplete; another card pays within the day', async () => {
  const seat = await newSeat(START, { method: 'pm_card_chargeCustomerFail' });
  const { stripe, clock, customer } = seat;
  const begun = await subscribe(seat);
  expect(begun.status).toBe('incomplete');
  expect(await stripe.invoices.retrieve(latestOf(begun))).toMatchObject({
    status: 'open',
    attempt_count: 1,
    next_payment_attempt: null,
  });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ delinquent: true });

  await advance(stripe, clock, '2026-01-01T22:59:00Z');
  expect(
    await refusal(stripe.subscriptions.update(begun.id, { pause_collection: { behavior: 'void' } })),
  ).toMatchObject({
    status: 400,
    param: 'pause_collection',
  });
  await payBy(seat, 'pm_card_visa');
  await stripe.invoices.pay(latestOf(begun));
  expect(await stripe.subscriptions.retrieve(begun.id)).toMatchObject({ status: 'active' });
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  expect(await takenOf(seat)).toEqual([
    [2000, 'failed'],
    [2000, 'succeeded'],
    [2000, 'succeeded'],
  ]);
});

test('a first payment that the bank wants to see confirmed', async () => {
  const seat = await newSeat(START, { method: 'pm_card_authenticationRequired' });
  const { stripe } = seat;
  const begun = await subscribe(seat);
  expect(begun.status).toBe('incomplete');
  const intent = await intentOf(seat, latestOf(begun));
  expect(await stripe.paymentIntents.retrieve(intent)).toMatchObject({ status: 'requires_action' });
  await authenticate(seat, intent);
  expect(await stripe.subscriptions.retrieve(begun.id)).toMatchObject({ status: 'active' });
});

test('off session nobody can be asked: the same card is refused', async () => {
  const seat = await newSeat(START, { method: 'pm_card_authenticationRequired' });
  const { stripe } = seat;
  const begun = await subscribe(seat, { off_session: true });
  expect(begun.status).toBe('incomplete');
  expect(await stripe.paymentIntents.retrieve(await intentOf(seat, latestOf(begun)))).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'authentication_required' },
  });
});

test('who has nothing to pay with is refused, unless the payment is to be confirmed later', async () => {
  const seat = await newSeat(START, { method: null });
  for (const behavior of [undefined, 'allow_incomplete'] as const) {
    const params = behavior === undefined ? {} : { payment_behavior: behavior };
    expect(await refusal(subscribe(seat, params))).toMatchObject({ status: 400, code: 'resource_missing' });
  }
  const pending = { payment_behavior: 'pending_if_incomplete' as const };
  expect(await refusal(subscribe(seat, pending))).toMatchObject({ status: 400, param: 'payment_behavior' });
  expect((await seat.stripe.subscriptions.list({ customer: seat.customer.id, status: 'all' })).data).toEqual([]);
});

test('sent invoices make it active at once, whatever is wanted of payments', async () => {
  const seat = await newSeat(START, { method: null });
  const sent = {
    collection_method: 'send_invoice',
    days_until_due: 7,
    payment_behavior: 'default_incomplete',
  } as const;
  expect(await subscribe(seat, sent)).toMatchObject({ status: 'active' });
});
