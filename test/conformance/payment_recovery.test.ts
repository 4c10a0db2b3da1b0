import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAccounts } from '../../src/accounts/account.sql.ts';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { inTransaction } from '../../src/db/transaction.ts';
import { beginCollection, finishCollection } from '../../src/payments/collect.ts';
import type { Gateway } from '../../src/payments/gateway.ts';
import type { PaymentIntent } from '../../src/payments/payment_intent.ts';
import { paymentIntentRoutes } from '../../src/payments/payment_intent.routes.ts';
import { NO_LISTENER, type Payments } from '../../src/payments/payments.ts';
import { recoverPayments } from '../../src/payments/payments.jobs.ts';
import { callGateway } from '../../src/payments/settle.ts';
import { testGateway } from '../../src/payments/test_gateway/test_gateway.ts';
import { backgroundContext, type Context } from '../../src/stripe/context.ts';
import { createHttpServer } from '../../src/stripe/http.ts';
import { silentLog } from '../support/silent-log.ts';
import { errorOf, newPayer } from '../support/payer.ts';
import { newAccount } from '../support/account.ts';
import { eventTypes, refusal } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

/** The clock of the payments here: only this test asks for them again. */
const CLOCK = 'clock_recovery';

let database: Database;
let payments: Payments;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 6 });
  payments = { gateway: testGateway(database.kysely), listener: NO_LISTENER, baseUrl: 'http://127.0.0.1' };
});

afterAll(async () => await database.close());

async function readAccount(id: string) {
  return (await findAccounts(database.kysely, [id])).get(id)!;
}

/** A payer whose payment of 10 USD has begun, as if the process had died right after. */
async function newBegun(method = 'pm_card_visa') {
  const payer = await newPayer(method);
  const { accountId } = payer.account;
  const account = await readAccount(accountId);
  const at = (seconds: number): Context =>
    backgroundContext(
      database.kysely,
      account,
      Temporal.Instant.from('2031-01-01T00:00:00Z').add({ seconds }),
      payments.baseUrl,
    );
  const begun = await inTransaction(database.kysely, async (db) =>
    beginCollection({ ...at(0), db }, payments, {
      intentId: null,
      amount: 1000n,
      currency: 'usd',
      customerId: payer.customer.id,
      paymentMethodId: payer.method.id,
      description: 'Payment for an invoice',
      metadata: {},
      offSession: true,
      clockId: CLOCK,
    }),
  );
  const recover = async (seconds: number, with_: Payments = payments) =>
    await recoverPayments(database.kysely, with_, at(seconds).now, { accountId, clockId: CLOCK });
  return { ...payer, ...begun, accountId, at, recover };
}

/** How often the gateway's own book has taken money for an intent. */
async function timesCharged(accountId: string, intentId: string): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    select count(*) as count from test_gateway_charges
    where account_id = ${accountId} and subject = ${intentId} and outcome ->> 'result' = 'succeeded'
  `.execute(database.kysely);
  return Number(rows[0]!.count);
}

const PAID = ['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded'];

test('a crash before the gateway was called: the payment is gone on with, once', async () => {
  const { stripe, accountId, intentId, recover } = await newBegun();
  expect((await stripe.paymentIntents.retrieve(intentId)).status).toBe('requires_confirmation');
  expect(await recover(29)).toBe(0);
  expect(await timesCharged(accountId, intentId)).toBe(0);
  expect(await recover(30)).toBe(1);
  expect(await recover(90)).toBe(0);
  expect((await stripe.paymentIntents.retrieve(intentId)).status).toBe('succeeded');
  expect(await timesCharged(accountId, intentId)).toBe(1);
  expect(await eventTypes(stripe, 'payment_intent', 'charge')).toEqual(PAID);
});

test('a crash after the gateway was called: the payment is found again, and not made twice', async () => {
  const { stripe, accountId, at, attemptId, intentId, recover } = await newBegun();
  expect(await callGateway(at(1), payments.gateway, attemptId)).toEqual({ result: 'succeeded' });
  expect(await timesCharged(accountId, intentId)).toBe(1);
  expect(await recover(30)).toBe(1);
  expect(await timesCharged(accountId, intentId)).toBe(1);
  expect((await stripe.charges.list({ payment_intent: intentId })).data).toMatchObject([{ status: 'succeeded' }]);
  expect(await eventTypes(stripe, 'payment_intent', 'charge')).toEqual(PAID);
});

test('the first process lives on while others go on with its payment: the money moves once, and once it is told', async () => {
  const { stripe, accountId, at, attemptId, intentId, recover } = await newBegun();
  const finish = () => finishCollection(at(31), payments, attemptId);
  const settled = await Promise.all([finish(), recover(30), finish(), recover(31), finish()]);
  expect((settled[0] as { intent: PaymentIntent }).intent.status).toBe('succeeded');
  expect(await timesCharged(accountId, intentId)).toBe(1);
  expect((await stripe.charges.list()).data).toHaveLength(1);
  expect(await eventTypes(stripe, 'payment_intent', 'charge')).toEqual(PAID);
});

test('a gateway that is away is asked again, and others do not wait for it', async () => {
  const away: Gateway = {
    ...payments.gateway,
    charge: async () => await Promise.reject(new Error('the gateway is away')),
  };
  const { stripe, intentId, recover } = await newBegun();
  await expect(recover(30, { ...payments, gateway: away })).rejects.toThrow('1 payments could not be gone on with');
  expect(await recover(31)).toBe(0);
  expect(await recover(61)).toBe(1);
  expect((await stripe.paymentIntents.retrieve(intentId)).status).toBe('succeeded');
});

test('a declined payment is told once, and the intent can be paid with another method', async () => {
  const { stripe, customer, intentId, recover } = await newBegun('pm_card_chargeCustomerFail');
  await recover(30);
  await recover(90);
  expect(await stripe.paymentIntents.retrieve(intentId)).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'card_declined', decline_code: 'generic_decline' },
  });
  expect((await stripe.charges.list()).data).toMatchObject([{ status: 'failed' }]);
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  expect((await stripe.paymentIntents.confirm(intentId, { payment_method: good.id })).status).toBe('succeeded');
});

test('a bank debit settles on the time of its clock, and not before', async () => {
  const { stripe, at, attemptId, intentId, recover } = await newBegun('pm_usBankAccount');
  await finishCollection(at(0), payments, attemptId);
  expect((await stripe.paymentIntents.retrieve(intentId)).status).toBe('processing');
  expect(await recover(2)).toBe(0);
  expect(await recover(3)).toBe(1);
  expect((await stripe.paymentIntents.retrieve(intentId)).status).toBe('succeeded');
  expect(await recover(300)).toBe(0);
});

test('what must know of a payment learns it in the transaction that settles it', async () => {
  const { at, attemptId, intentId, stripe } = await newBegun();
  const told: string[] = [];
  const listener: Payments['listener'] = {
    async lock(_context, id) {
      told.push(`lock ${id}`);
      await Promise.resolve();
    },
    async changed(_context, intent) {
      told.push(`${intent.status} ${intent.id}`);
      await Promise.reject(new Error('the invoice could not be written'));
    },
    async detached() {},
    async invoiceChanged() {},
    async checkTerms() {},
  };
  await expect(finishCollection(at(0), { ...payments, listener }, attemptId)).rejects.toThrow('could not be written');
  expect(told).toEqual([`lock ${intentId}`, `succeeded ${intentId}`]);
  // Nothing of the payment was written without it, and the gateway still knows that it was made.
  expect((await stripe.charges.list()).data).toEqual([]);
  expect((await finishCollection(at(0), payments, attemptId)).intent.status).toBe('succeeded');
});

test('a request that died between its transactions is gone on with by its repetition', async () => {
  const { account, stripe } = await newPayer();
  let dies = true;
  const gateway: Gateway = {
    ...payments.gateway,
    async charge(...order) {
      const outcome = await payments.gateway.charge(...order);
      if (dies) throw new Error('the process dies here');
      return outcome;
    },
  };
  const app = createHttpServer({
    pipeline: {
      database,
      expandTable: {},
      findAccount: () => readAccount(account.accountId),
      now: () => Temporal.Now.instant().round('second'),
    },
    routes: paymentIntentRoutes({ ...payments, gateway }),
    documents: [],
    publicUrl: undefined,
    log: silentLog,
  });
  const request = async () =>
    await app.inject({
      method: 'POST',
      url: '/v1/payment_intents',
      headers: {
        authorization: `Bearer ${account.secretKey}`,
        'content-type': 'application/x-www-form-urlencoded',
        'idempotency-key': 'once',
      },
      payload: 'amount=1000&currency=usd&confirm=true&payment_method=pm_card_visa',
    });
  expect((await request()).statusCode).toBe(500);
  const [begun] = (await stripe.paymentIntents.list()).data;
  expect(begun!.status).toBe('requires_confirmation');
  expect(await timesCharged(account.accountId, begun!.id)).toBe(1);
  dies = false;
  const answer = await request();
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({ id: begun!.id, status: 'succeeded' });
  expect((await request()).body).toBe(answer.body);
  await app.close();
  expect(await timesCharged(account.accountId, begun!.id)).toBe(1);
  expect((await stripe.charges.list()).data).toHaveLength(1);
  expect((await stripe.paymentIntents.list()).data).toHaveLength(1);
});

const TEN = { amount: 1000, currency: 'usd' } as const;

describe('one key', () => {
  const paying = { ...TEN, confirm: true, payment_method: 'pm_card_visa' };

  test('pays once', async () => {
    const { stripe } = await newAccount();
    const first = await stripe.paymentIntents.create(paying, { idempotencyKey: 'pay' });
    const second = await stripe.paymentIntents.create(paying, { idempotencyKey: 'pay' });
    expect(second.id).toBe(first.id);
    expect(second.status).toBe('succeeded');
    expect((await stripe.charges.list()).data).toHaveLength(1);
    const other = stripe.paymentIntents.create({ ...paying, amount: 2000 }, { idempotencyKey: 'pay' });
    expect(await refusal(other)).toMatchObject({ status: 400 });
  });

  test('is declined once', async () => {
    const { stripe } = await newAccount();
    const bad = { ...paying, payment_method: 'pm_card_chargeDeclined' };
    const first = await errorOf(stripe.paymentIntents.create(bad, { idempotencyKey: 'pay' }));
    const second = await errorOf(stripe.paymentIntents.create(bad, { idempotencyKey: 'pay' }));
    expect(second.payment_intent).toEqual(first.payment_intent);
    expect((await stripe.charges.list()).data).toHaveLength(1);
  });

  test('sent ten times at once pays once', async () => {
    const { stripe } = await newAccount();
    const requests = Array.from({ length: 10 }, () => stripe.paymentIntents.create(paying, { idempotencyKey: 'pay' }));
    const answers = await Promise.allSettled(requests);
    const paid = answers.filter((answer) => answer.status === 'fulfilled').map(({ value }) => value.id);
    expect(new Set(paid).size).toBe(1);
    const refused = answers.filter((answer) => answer.status === 'rejected').map(({ reason }) => reason.statusCode);
    expect(refused.every((status) => status === 409)).toBe(true);
    expect((await stripe.charges.list()).data).toHaveLength(1);
  });
});

test('an intent that is confirmed ten times at once is charged once', async () => {
  const { stripe } = await newAccount();
  const intent = await stripe.paymentIntents.create(TEN);
  const answers = await Promise.allSettled(
    Array.from({ length: 10 }, () => stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' })),
  );
  const refused = answers.filter((answer) => answer.status === 'rejected').map(({ reason }) => reason.code);
  expect(refused).toHaveLength(9);
  expect(new Set([...refused, 'lock_timeout', 'payment_intent_unexpected_state']).size).toBe(2);
  expect((await stripe.charges.list()).data).toHaveLength(1);
  expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded');
});
