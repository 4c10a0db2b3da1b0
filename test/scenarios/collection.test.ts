import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccounts } from '../../src/accounts/account.sql.ts';
import { verifyInvoices } from '../../src/audit/verify.ts';
import { collectByPayments } from '../../src/billing/collect.ts';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { collectById } from '../../src/invoices/collect.ts';
import { billingPaymentListener } from '../../src/billing/payment_listener.ts';
import { testGateway } from '../../src/payments/test_gateway/test_gateway.ts';
import { backgroundContext } from '../../src/stripe/context.ts';
import { newAccount } from '../support/account.ts';
import { advance, unix } from '../support/clock-shop.ts';
import { eventually } from '../support/payer.ts';
import { testServer } from '../support/test-server.ts';

let database: Database;
beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 12 });
});
afterAll(async () => await database.close());

/** A customer on a clock at the start of 2026, who pays by that method, and a seat of 20 USD a month. */
async function newSeat(method = 'pm_card_visa') {
  const { stripe, accountId } = await newAccount();
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: unix('2026-01-01T00:00:00Z') });
  const customer = await stripe.customers.create({ email: 'jenny@example.com', test_clock: clock.id });
  const { id } = await stripe.paymentMethods.attach(method, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  const price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 2000,
    recurring: { interval: 'month' },
    product_data: { name: 'Seat' },
  });
  return { stripe, accountId, clock, customer, price };
}

type Seat = Awaited<ReturnType<typeof newSeat>>;

async function subscribe({ stripe, customer, price }: Seat, params: Partial<Stripe.SubscriptionCreateParams> = {}) {
  return await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...params });
}

async function invoicesOf({ stripe, customer }: Seat): Promise<Stripe.Invoice[]> {
  return (await stripe.invoices.list({ customer: customer.id })).data.toReversed();
}

const takenOf = async ({ stripe, customer }: Seat) =>
  (await stripe.charges.list({ customer: customer.id })).data.map(({ amount, status }) => [amount, status]);

describe('on a test clock', () => {
  test('a seat is charged when it begins and at each renewal', async () => {
    const seat = await newSeat();
    const { latest_invoice: first } = await subscribe(seat, { expand: ['latest_invoice'] });
    expect(first).toMatchObject({ status: 'paid', amount_paid: 2000, attempt_count: 1 });
    await advance(seat.stripe, seat.clock, '2026-03-01T02:00:00Z');
    const invoices = await invoicesOf(seat);
    expect(invoices.map(({ status, amount_paid }) => [status, amount_paid])).toEqual([
      ['paid', 2000],
      ['paid', 2000],
      ['paid', 2000],
    ]);
    expect(invoices.map((invoice) => invoice.status_transitions.paid_at)).toEqual([
      unix('2026-01-01T00:00:00Z'),
      unix('2026-02-01T01:00:00Z'),
      unix('2026-03-01T01:00:00Z'),
    ]);
    expect(await takenOf(seat)).toEqual(Array.from({ length: 3 }, () => [2000, 'succeeded']));
  });

  test('a declined seat leaves its invoice open, until that expires', async () => {
    const seat = await newSeat('pm_card_chargeCustomerFail');
    const { latest_invoice: first } = await subscribe(seat, { expand: ['latest_invoice'] });
    expect(first).toMatchObject({ status: 'open', attempted: true, attempt_count: 1 });
    await advance(seat.stripe, seat.clock, '2026-02-01T02:00:00Z');
    expect((await invoicesOf(seat)).map(({ status, attempted }) => [status, attempted])).toEqual([['void', true]]);
  });

  test('a bank debit settles while the clock advances', async () => {
    const seat = await newSeat('pm_usBankAccount');
    const { latest_invoice: first } = await subscribe(seat, { expand: ['latest_invoice'] });
    expect(first).toMatchObject({ status: 'open', attempted: true, amount_paid: 0 });
    await advance(seat.stripe, seat.clock, '2026-02-01T02:00:00Z');
    const invoices = await invoicesOf(seat);
    expect(invoices.map(({ status, status_transitions: { paid_at: at } }) => [status, at])).toEqual([
      ['paid', unix('2026-01-01T00:00:03Z')],
      ['paid', unix('2026-02-01T01:00:03Z')],
    ]);
  });

  test('what is finalized by hand on a clock that stands is collected, too', async () => {
    const seat = await newSeat();
    const { id } = await seat.stripe.invoices.create({ customer: seat.customer.id, auto_advance: true });
    await seat.stripe.invoices.addLines(id, { lines: [{ amount: 700 }] });
    const paid = await seat.stripe.invoices.finalizeInvoice(id);
    expect(paid).toMatchObject({ status: 'paid', status_transitions: { paid_at: unix('2026-01-01T00:00:00Z') } });
  });

  test('what is sent is told when its draft is final', async () => {
    const seat = await newSeat();
    await subscribe(seat, { collection_method: 'send_invoice', days_until_due: 7 });
    await advance(seat.stripe, seat.clock, '2026-01-01T02:00:00Z');
    expect(await invoicesOf(seat)).toMatchObject([{ status: 'open', attempted: false }]);
    const { data: sent } = await seat.stripe.events.list({ type: 'invoice.sent' });
    expect(sent).toHaveLength(1);
  });
});

describe('pending invoice items', () => {
  test('join the first invoice and renewals, newest first, before the seats', async () => {
    const seat = await newSeat();
    const { stripe, customer } = seat;
    const owe = async (amount: number, subscription?: string) =>
      await stripe.invoiceItems.create({
        customer: customer.id,
        amount,
        description: `${amount}`,
        ...(subscription === undefined ? {} : { subscription }),
      });
    await owe(100);
    await owe(200);
    const one = await subscribe(seat);
    const two = await subscribe(seat);
    await owe(300, one.id);
    await owe(400, two.id);
    const renewal = await stripe.invoices.createPreview({ subscription: one.id });
    await advance(stripe, seat.clock, '2026-02-01T02:00:00Z');
    const invoices = await invoicesOf(seat);
    const lines = invoices.map((invoice) => invoice.lines.data.map(({ amount }) => amount));
    expect(lines.slice(0, 2)).toEqual([[200, 100, 2000], [2000]]);
    expect(lines.slice(2).toSorted((a, b) => a[0]! - b[0]!)).toEqual([
      [300, 2000],
      [400, 2000],
    ]);
    expect(renewal.lines.data.map(({ amount }) => amount)).toEqual([300, 2000]);
    expect(invoices.map(({ status, amount_paid }) => [status, amount_paid]).slice(0, 2)).toEqual([
      ['paid', 2300],
      ['paid', 2000],
    ]);
    expect((await stripe.invoiceItems.list({ customer: customer.id, pending: true })).data).toEqual([]);
  });
});

describe('a collection that is asked for again', () => {
  /** An open invoice that goes on by itself and was not collected yet, and who collects it. */
  async function newOwed() {
    const seat = await newSeat();
    const { id } = await seat.stripe.invoices.create({ customer: seat.customer.id });
    await seat.stripe.invoices.addLines(id, { lines: [{ amount: 900 }] });
    await seat.stripe.invoices.finalizeInvoice(id);
    await seat.stripe.invoices.update(id, { auto_advance: true });
    const { kysely: db } = database;
    const payments = { gateway: testGateway(db), listener: billingPaymentListener, baseUrl: 'http://127.0.0.1' };
    const account = (await findAccounts(db, [seat.accountId])).get(seat.accountId)!;
    const now = Temporal.Instant.from('2026-01-01T00:00:00Z');
    const collect = (at = now, invoiceId = id) => collectByPayments(payments)({ db, account, now: at, invoiceId });
    const begin = async () =>
      await inTransaction(db, (inside) =>
        collectById(backgroundContext(inside, account, now, payments.baseUrl), payments, id),
      );
    return { seat, id, collect, begin };
  }

  test('charges once, also by eight at once', async () => {
    const { seat, id, collect } = await newOwed();
    await Promise.all(Array.from({ length: 8 }, () => collect()));
    await collect();
    expect(await seat.stripe.invoices.retrieve(id)).toMatchObject({ status: 'paid', amount_paid: 900 });
    expect(await takenOf(seat)).toEqual([[900, 'succeeded']]);
  });

  test('tries again once, when that is due, also by eight at once', async () => {
    const { seat, collect } = await newOwed();
    const { stripe } = seat;
    // In wall time, long before the server itself comes to it.
    const { id: customer } = await stripe.customers.create({ payment_method: 'pm_card_chargeCustomerFail' });
    const [card] = (await stripe.paymentMethods.list({ customer })).data;
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card!.id } });
    const { id } = await stripe.invoices.create({ customer });
    await stripe.invoices.addLines(id, { lines: [{ amount: 900 }] });
    await stripe.invoices.finalizeInvoice(id);
    await stripe.invoices.update(id, { auto_advance: true });
    const at = async (time: string) => await collect(Temporal.Instant.from(time), id);
    const tried = async () => (await stripe.charges.list({ customer })).data.length;
    await eventually(tried, (count) => count === 1);
    await at('2040-01-01T00:00:00Z');
    const count = await tried();
    await Promise.all(Array.from({ length: 8 }, () => at('2040-01-01T00:00:00Z')));
    expect(await tried()).toBe(count);
    expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: 'open', attempt_count: 2 });
    await Promise.all(Array.from({ length: 8 }, () => at('2040-01-06T00:00:00Z')));
    await at('2040-01-06T00:00:00Z');
    expect(await tried()).toBe(count + 1);
    expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: 'open', attempt_count: 3 });
  });

  test('goes on with the attempt that a crash left, as a payment by request does', async () => {
    for (const way of ['collect', 'pay', 'advance'] as const) {
      const { seat, id, collect, begin } = await newOwed();
      const attempt = await begin();
      expect(await begin()).toBe(attempt);
      expect(await takenOf(seat)).toEqual([]);
      if (way === 'collect') await collect();
      else if (way === 'pay') await seat.stripe.invoices.pay(id);
      else await advance(seat.stripe, seat.clock, '2026-01-01T01:00:00Z');
      expect(await seat.stripe.invoices.retrieve(id)).toMatchObject({ status: 'paid', amount_paid: 900 });
      expect(await takenOf(seat)).toEqual([[900, 'succeeded']]);
    }
  });
});

test('what was collected, with what was pending, is verified', async () => {
  const seat = await newSeat();
  await seat.stripe.invoiceItems.create({ customer: seat.customer.id, amount: 300 });
  await subscribe(seat);
  await seat.stripe.invoiceItems.create({ customer: seat.customer.id, amount: 500 });
  await advance(seat.stripe, seat.clock, '2026-02-01T02:00:00Z');
  const found: unknown[] = [];
  await verifyInvoices(database.kysely, [seat.accountId], {
    difference: (difference) => found.push(difference),
    failedRefund() {},
    unchecked() {},
    progress() {},
  });
  expect(found).toEqual([]);
  expect(await takenOf(seat)).toEqual([
    [2500, 'succeeded'],
    [2300, 'succeeded'],
  ]);
});
