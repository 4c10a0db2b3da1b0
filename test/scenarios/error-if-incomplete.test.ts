import { expect, test } from 'vitest';
import { findAccounts } from '../../src/accounts/account.sql.ts';
import { creationOf } from '../../src/billing/billing.routes.ts';
import { beginPaidFirst } from '../../src/billing/pay_first.ts';
import { billingPaymentListener } from '../../src/billing/payment_listener.ts';
import { openDatabase } from '../../src/db/pool.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { readRest } from '../../src/invoices/paying_steps.ts';
import { finishCollection } from '../../src/payments/collect.ts';
import { testGateway } from '../../src/payments/test_gateway/test_gateway.ts';
import { backgroundContext } from '../../src/stripe/context.ts';
import { advance } from '../support/clock-shop.ts';
import { errorOf } from '../support/payer.ts';
import { testServer } from '../support/test-server.ts';
import { eventsOf, findingsOf, invoicesOf, newSeat, payBy, type Seat, subscribe, takenOf } from '../support/dunning.ts';

const OR_NOTHING = { payment_behavior: 'error_if_incomplete' } as const;

/** Everything that a failed request could have left behind, but for the payment that was refused. */
async function leftovers(seat: Seat) {
  const { stripe, customer } = seat;
  const subscriptions = await stripe.subscriptions.list({ customer: customer.id, status: 'all' });
  const told = await eventsOf(seat);
  const kinds = told
    .map(([, type]) => type)
    .filter((type) => /^(customer.subscription|invoice|customer.updated)/.test(type));
  const { currency, next_invoice_sequence: next } = (await stripe.customers.retrieve(customer.id)) as never;
  return { subscriptions: subscriptions.data, invoices: await invoicesOf(seat), kinds, currency, next };
}

test('what is paid at once is active from the start, and renewed', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  await stripe.invoiceItems.create({ customer: seat.customer.id, amount: 300, currency: 'usd' });
  const made = await subscribe(seat, { ...OR_NOTHING, expand: ['latest_invoice.payments'] });
  expect(made).toMatchObject({
    status: 'active',
    latest_invoice: {
      status: 'paid',
      amount_paid: 2300,
      attempt_count: 1,
      billing_reason: 'subscription_create',
      payments: { data: [{ status: 'paid', amount_paid: 2300 }] },
    },
  });
  const statuses = await eventsOf(seat, ['customer.subscription.created', 'customer.subscription.updated']);
  expect(statuses.map(([, type]) => type)).toEqual(['customer.subscription.created']);
  // The work that would have given the money back is gone.
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  expect(await takenOf(seat)).toEqual([
    [2300, 'succeeded'],
    [2000, 'succeeded'],
  ]);
  expect((await stripe.refunds.list()).data).toEqual([]);
  expect(await findingsOf(seat)).toEqual([]);
});

test('what is refused is an error of 402 and leaves nothing', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z', { method: 'pm_card_chargeCustomerFail' });
  await seat.stripe.invoiceItems.create({ customer: seat.customer.id, amount: 300, currency: 'usd' });
  const before = await leftovers(seat);
  expect(await errorOf(subscribe(seat, OR_NOTHING))).toMatchObject({
    status: 402,
    type: 'card_error',
    code: 'card_declined',
    payment_intent: { amount: 2300, status: 'requires_payment_method' },
  });
  expect(await leftovers(seat)).toEqual(before);
  expect((await seat.stripe.invoiceItems.list({ pending: true })).data).toHaveLength(1);
  expect(await takenOf(seat)).toEqual([[2300, 'failed']]);

  // With another card the same request is another try.
  await payBy(seat, 'pm_card_visa');
  expect(await subscribe(seat, OR_NOTHING)).toMatchObject({ status: 'active' });
  expect((await invoicesOf(seat)).map((invoice) => [invoice.status, invoice.total])).toEqual([['paid', 2300]]);
});

test('what wants the customer is an error of 402 and leaves nothing', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z', { method: 'pm_card_authenticationRequired' });
  const before = await leftovers(seat);
  expect(await errorOf(subscribe(seat, OR_NOTHING))).toMatchObject({
    status: 402,
    code: 'subscription_payment_intent_requires_action',
    payment_intent: { status: 'canceled' },
  });
  expect(await leftovers(seat)).toEqual(before);
  expect(await takenOf(seat)).toEqual([]);
});

test('with nothing to pay nothing is asked, and with nothing to pay with it is refused', async () => {
  const free = await newSeat('2026-01-01T00:00:00Z', { method: null, price: { unit_amount: 0 } });
  expect(await subscribe(free, OR_NOTHING)).toMatchObject({ status: 'active' });
  const poor = await newSeat('2026-01-01T00:00:00Z', { method: null });
  expect(await errorOf(subscribe(poor, OR_NOTHING))).toMatchObject({ status: 400, code: 'resource_missing' });
});

test('when nobody comes back for what was paid, the money is given back', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock, customer, price, accountId } = seat;
  const database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
  try {
    // The request as far as its payment; then its server dies for good.
    const { kysely: db } = database;
    const payments = { gateway: testGateway(db), listener: billingPaymentListener, baseUrl: 'http://127.0.0.1' };
    const account = (await findAccounts(db, [accountId])).get(accountId)!;
    const context = backgroundContext(db, account, Temporal.Instant.from('2026-01-01T00:00:00Z'), payments.baseUrl);
    const params = { customer: customer.id, items: [{ price: price.id }], ...OR_NOTHING };
    const begun = await inTransaction(db, (inside) =>
      beginPaidFirst({ ...context, db: inside }, payments, creationOf(payments, params)),
    );
    await finishCollection(context, payments, readRest('next' in begun ? begun.next : '').attemptId);
  } finally {
    await database.close();
  }
  expect(await takenOf(seat)).toEqual([[2000, 'succeeded']]);
  await advance(stripe, clock, '2026-01-01T02:00:00Z');
  const { data: refunds } = await stripe.refunds.list();
  expect(refunds.map(({ amount, status }) => [amount, status])).toEqual([[2000, 'succeeded']]);
  expect(await invoicesOf(seat)).toEqual([]);
  expect((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data).toEqual([]);
});
