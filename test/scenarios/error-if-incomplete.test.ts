import { expect, test } from 'vitest';
import { findAccounts } from '../../src/accounts/account.sql.ts';
import { creationOf } from '../../src/billing/billing.routes.ts';
import { beginPaidFirst, endPaidFirst } from '../../src/billing/pay_first.ts';
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

/** A request as far as its payment, which has succeeded: what its end goes on with, in a transaction of its own. */
async function paidOnly(seat: Seat, terms: { readonly discounts?: { coupon: string }[] }, begunAt: string) {
  const { customer, price, accountId } = seat;
  const database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
  const { kysely: db } = database;
  const payments = { gateway: testGateway(db), listener: billingPaymentListener, baseUrl: 'http://127.0.0.1' };
  const account = (await findAccounts(db, [accountId])).get(accountId)!;
  const context = backgroundContext(db, account, Temporal.Instant.from(begunAt), payments.baseUrl);
  const params = { customer: customer.id, items: [{ price: price.id }], ...OR_NOTHING, ...terms };
  const wanted = creationOf(payments, params);
  const begun = await inTransaction(db, (inside) => beginPaidFirst({ ...context, db: inside }, payments, wanted));
  const next = 'next' in begun ? begun.next : '';
  await finishCollection(context, payments, readRest(next).attemptId);
  return {
    end: () => inTransaction(db, (inside) => endPaidFirst({ ...context, db: inside }, payments, wanted, next, null)),
    [Symbol.asyncDispose]: () => database.close(),
  };
}

const refundsOf = async ({ stripe }: Seat) =>
  (await stripe.refunds.list()).data.map(({ amount, status }) => [amount, status]);

test('when nobody comes back for what was paid, the money is given back', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock, customer } = seat;
  // The server dies for good after the payment.
  await (await paidOnly(seat, {}, '2026-01-01T00:00:00Z'))[Symbol.asyncDispose]();
  expect(await takenOf(seat)).toEqual([[2000, 'succeeded']]);
  await advance(stripe, clock, '2026-01-01T02:00:00Z');
  expect(await refundsOf(seat)).toEqual([[2000, 'succeeded']]);
  expect(await invoicesOf(seat)).toEqual([]);
  expect((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data).toEqual([]);
});

test('what is possible no more once it is paid is refused and given back, on a clock that is far behind wall time', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  const { id: coupon } = await stripe.coupons.create({ percent_off: 50, duration: 'once', max_redemptions: 1 });
  const terms = { discounts: [{ coupon }] };
  {
    await using late = await paidOnly(seat, terms, '2036-07-01T00:00:00Z');
    // Somebody else is faster with the only redemption.
    expect(await subscribe(seat, { ...OR_NOTHING, ...terms })).toMatchObject({ status: 'active' });
    expect(await late.end()).toMatchObject({ fields: { status: 400, message: expect.stringContaining(coupon) } });
    expect(await late.end()).toMatchObject({ fields: { message: expect.stringContaining('was given back') } });
  }
  expect(await takenOf(seat)).toEqual([
    [1000, 'succeeded'],
    [1000, 'succeeded'],
  ]);
  expect(await refundsOf(seat)).toEqual([[1000, 'pending']]);
  await advance(stripe, clock, '2026-01-01T00:01:00Z');
  expect(await refundsOf(seat)).toEqual([[1000, 'succeeded']]);
  const { data: charges } = await stripe.charges.list({ customer: seat.customer.id });
  expect(new Set(charges.map(({ amount_refunded: back }) => back))).toEqual(new Set([0, 1000]));
  expect((await invoicesOf(seat)).map((invoice) => [invoice.status, invoice.amount_paid])).toEqual([['paid', 1000]]);
  expect(await findingsOf(seat)).toEqual([]);
});

test('of updates at once, all for the same change, none keeps the money of those that are refused', async () => {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock, customer } = seat;
  const made = await subscribe(seat);
  const [item] = made.items.data;
  const change = { ...OR_NOTHING, proration_behavior: 'always_invoice' } as const;
  const outcomes = await Promise.allSettled(
    [2, 3, 4].map((quantity) =>
      stripe.subscriptions.update(made.id, { items: [{ id: item!.id, quantity }], ...change }),
    ),
  );
  expect(outcomes.map(({ status }) => status)).toContain('fulfilled');
  await advance(stripe, clock, '2026-01-01T00:01:00Z');
  const { data: charges } = await stripe.charges.list({ customer: customer.id });
  const kept = charges.reduce((sum, charge) => sum + charge.amount - charge.amount_refunded, 0);
  const [now] = (await stripe.subscriptions.retrieve(made.id)).items.data;
  expect(kept).toBe(2000 * now!.quantity!);
  expect(await findingsOf(seat)).toEqual([]);
});
