import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { errorOf, eventually, newPayer } from '../support/payer.ts';
import { eventTypes, refusal } from '../support/shop.ts';

const TEN = { amount: 1000, currency: 'usd' } as const;

test('created, then confirmed with a card: one charge, and the events in their order', async () => {
  const { stripe, customer, method } = await newPayer();
  const created = await stripe.paymentIntents.create({ ...TEN, customer: customer.id, metadata: { k: 'v' } });
  expect(created).toMatchObject({
    status: 'requires_payment_method',
    amount_received: 0,
    automatic_payment_methods: { enabled: true, allow_redirects: 'always' },
    payment_method_types: ['card', 'us_bank_account'],
    client_secret: expect.stringMatching(new RegExp(`^${created.id}_secret_`)),
  });
  const paid = await stripe.paymentIntents.confirm(created.id, {
    payment_method: method.id,
    expand: ['latest_charge', 'payment_method'],
  });
  expect(paid).toMatchObject({ status: 'succeeded', amount_received: 1000, payment_method: { id: method.id } });
  expect(paid.latest_charge).toMatchObject({
    object: 'charge',
    amount: 1000,
    amount_captured: 1000,
    paid: true,
    captured: true,
    status: 'succeeded',
    customer: customer.id,
    payment_intent: created.id,
    payment_method: method.id,
    payment_method_details: { type: 'card', card: { brand: 'visa', last4: '4242', amount_authorized: 1000 } },
    outcome: { type: 'authorized', network_status: 'approved_by_network', seller_message: 'Payment complete.' },
    calculated_statement_descriptor: 'TEST',
    metadata: { k: 'v' },
  });
  expect(await eventTypes(stripe, 'payment_intent', 'charge')).toEqual([
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.succeeded',
  ]);
  const charge = paid.latest_charge as Stripe.Charge;
  expect(await stripe.charges.retrieve(charge.id)).toEqual(charge);
  expect((await stripe.charges.list({ payment_intent: created.id })).data).toEqual([charge]);
  expect((await stripe.charges.list({ customer: customer.id })).data).toEqual([charge]);
  expect((await stripe.charges.list({ customer: 'cus_nope' })).data).toEqual([]);
  expect((await stripe.paymentIntents.list({ customer: customer.id })).data.map(({ id }) => id)).toEqual([created.id]);
});

test('created and confirmed in one request', async () => {
  const { stripe } = await newAccount();
  const paid = await stripe.paymentIntents.create({ ...TEN, confirm: true, payment_method: 'pm_card_mastercard' });
  expect(paid).toMatchObject({ status: 'succeeded', customer: null });
  expect(paid.payment_method).toMatch(/^pm_[0-9A-Za-z]{24}$/);
  // A method that belongs to nobody pays once.
  const again = stripe.paymentIntents.create({ ...TEN, confirm: true, payment_method: paid.payment_method as string });
  expect(await refusal(again)).toMatchObject({ status: 400, code: 'payment_method_unexpected_state' });
});

test('setup_future_usage attaches the method that paid', async () => {
  const { stripe } = await newAccount();
  const customer = await stripe.customers.create();
  const once = { ...TEN, confirm: true, customer: customer.id, payment_method: 'pm_card_visa' };
  await stripe.paymentIntents.create(once);
  expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toEqual([]);
  const kept = await stripe.paymentIntents.create({ ...once, setup_future_usage: 'off_session' });
  expect((await stripe.paymentMethods.list({ customer: customer.id })).data.map(({ id }) => id)).toEqual([
    kept.payment_method,
  ]);
  expect(await eventTypes(stripe, 'payment_method')).toEqual(['payment_method.attached']);
});

/** What a bank says to a charge. */
const DECLINED: readonly [string, string, string, string][] = [
  ['pm_card_chargeDeclined', 'card_declined', 'generic_decline', 'Your card was declined.'],
  [
    'pm_card_chargeDeclinedInsufficientFunds',
    'card_declined',
    'insufficient_funds',
    'Your card has insufficient funds.',
  ],
  ['pm_card_chargeDeclinedLostCard', 'card_declined', 'lost_card', 'Your card was declined.'],
  ['pm_card_chargeDeclinedStolenCard', 'card_declined', 'stolen_card', 'Your card was declined.'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card', 'Your card has expired.'],
  ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc', "Your card's security code is incorrect."],
  [
    'pm_card_chargeDeclinedProcessingError',
    'processing_error',
    'processing_error',
    'An error occurred while processing your card. Try again in a little bit.',
  ],
  [
    'pm_card_chargeDeclinedVelocityLimitExceeded',
    'card_declined',
    'card_velocity_exceeded',
    'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.',
  ],
  ['pm_card_chargeCustomerFail', 'card_declined', 'generic_decline', 'Your card was declined.'],
];

test.each(DECLINED)('%s is declined: %s, %s', async (id, code, declineCode, message) => {
  const { stripe } = await newAccount();
  const error = await errorOf(stripe.paymentIntents.create({ ...TEN, confirm: true, payment_method: id }));
  expect(error).toMatchObject({ status: 402, type: 'card_error', code, decline_code: declineCode, message });
  const intent = error.payment_intent!;
  expect(intent).toMatchObject({
    status: 'requires_payment_method',
    payment_method: null,
    latest_charge: error.charge,
    last_payment_error: { code, decline_code: declineCode, message, type: 'card_error', charge: error.charge },
  });
  expect(error.payment_method!.id).toBe(intent.last_payment_error!.payment_method!.id);
  expect(await stripe.paymentIntents.retrieve(intent.id)).toEqual(intent);
  expect(await stripe.charges.retrieve(error.charge!)).toMatchObject({
    status: 'failed',
    paid: false,
    captured: false,
    failure_code: code,
    failure_message: message,
    outcome: { type: 'issuer_declined', network_status: 'declined_by_network', reason: declineCode },
  });
  expect(await eventTypes(stripe, 'payment_intent', 'charge')).toEqual([
    'payment_intent.created',
    'charge.failed',
    'payment_intent.payment_failed',
  ]);
});

test('a card that can be attached and fails when it is charged; another one then pays the same intent', async () => {
  const { stripe, customer, method } = await newPayer('pm_card_chargeCustomerFail');
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const params = { ...TEN, customer: customer.id, payment_method: method.id, confirm: true, off_session: true };
  const { payment_intent: intent } = await errorOf(stripe.paymentIntents.create(params));
  const paid = await stripe.paymentIntents.confirm(intent!.id, { payment_method: good.id });
  expect(paid).toMatchObject({ status: 'succeeded', last_payment_error: null });
  const charges = await stripe.charges.list({ payment_intent: paid.id });
  expect(charges.data.map(({ status }) => status)).toEqual(['succeeded', 'failed']);
});

describe('a bank that wants the customer to authenticate', () => {
  const asking = { ...TEN, confirm: true, payment_method: 'pm_card_authenticationRequired' };
  const path = (id: string) => `/v1/usance/payment_intents/${id}/authenticate`;

  test('asks, and is content', async () => {
    const { stripe, request } = await newAccount();
    const waiting = await stripe.paymentIntents.create(asking);
    expect(waiting).toMatchObject({
      status: 'requires_action',
      next_action: { type: 'use_stripe_sdk', use_stripe_sdk: { usance_authenticate: path(waiting.id) } },
      latest_charge: null,
    });
    const { body } = await request('POST', path(waiting.id), { outcome: 'succeed' });
    expect(body).toMatchObject({ id: waiting.id, status: 'succeeded', next_action: null });
    expect((await request('POST', path(waiting.id), { outcome: 'succeed' })).body.error).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    expect(await eventTypes(stripe, 'payment_intent', 'charge')).toEqual([
      'payment_intent.created',
      'payment_intent.requires_action',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
  });

  test('asks anew when the amount has changed', async () => {
    const { stripe, request } = await newAccount();
    const waiting = await stripe.paymentIntents.create(asking);
    const changed = await stripe.paymentIntents.update(waiting.id, { amount: 9000 });
    expect(changed).toMatchObject({ status: 'requires_confirmation', next_action: null, amount: 9000 });
    expect((await request('POST', path(waiting.id), { outcome: 'succeed' })).body.error).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    expect((await stripe.paymentIntents.confirm(waiting.id)).status).toBe('requires_action');
  });

  test('asks once a card that the customer agrees to pay with later', async () => {
    const { stripe, request } = await newAccount();
    const { id: customer } = await stripe.customers.create();
    const first = await stripe.paymentIntents.create({
      ...TEN,
      customer,
      confirm: true,
      payment_method: 'pm_card_authenticationRequiredOnSetup',
      setup_future_usage: 'off_session',
    });
    expect(first.status).toBe('requires_action');
    const { body } = await request('POST', path(first.id), { outcome: 'succeed' });
    const later = { ...TEN, customer, confirm: true, off_session: true, payment_method: body.payment_method };
    expect((await stripe.paymentIntents.create(later)).status).toBe('succeeded');
  });

  test('asks, and is not content', async () => {
    const { stripe, request } = await newAccount();
    const waiting = await stripe.paymentIntents.create(asking);
    const { status, body } = await request('POST', path(waiting.id), { outcome: 'fail' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'requires_payment_method',
      payment_method: null,
      last_payment_error: { code: 'payment_intent_authentication_failure', type: 'card_error' },
    });
    expect((await stripe.charges.list()).data).toEqual([]);
    expect((await eventTypes(stripe, 'payment_intent')).at(-1)).toBe('payment_intent.payment_failed');
  });

  test.each<[string, object, string]>([
    ['is declined when the customer is away', { off_session: true }, 'This transaction requires authentication.'],
    ['is declined when the request wants no action', { error_on_requires_action: true }, 'error_on_requires_action'],
  ])('%s', async (_name, params, message) => {
    const { stripe } = await newAccount();
    const error = await errorOf(stripe.paymentIntents.create({ ...asking, ...params }));
    expect(error).toMatchObject({ status: 402, type: 'card_error', code: 'authentication_required' });
    expect(error.message).toContain(message);
    expect(error.payment_intent).toMatchObject({ status: 'requires_payment_method', next_action: null });
  });
});

describe('a debit of a bank account', () => {
  test.concurrent('is processing first, and succeeds later', async () => {
    const { stripe, customer, method } = await newPayer('pm_usBankAccount');
    const pending = await stripe.paymentIntents.create({
      ...TEN,
      customer: customer.id,
      payment_method: method.id,
      confirm: true,
      expand: ['latest_charge'],
    });
    expect(pending).toMatchObject({
      status: 'processing',
      amount_received: 0,
      latest_charge: { status: 'pending', paid: false, payment_method_details: { type: 'us_bank_account' } },
    });
    expect(await refusal(stripe.paymentIntents.cancel(pending.id))).toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    const charge = (pending.latest_charge as Stripe.Charge).id;
    expect(await refusal(stripe.refunds.create({ charge }))).toMatchObject({ code: 'charge_not_refundable' });
    const settled = await eventually(
      () => stripe.paymentIntents.retrieve(pending.id, { expand: ['latest_charge'] }),
      ({ status }) => status !== 'processing',
    );
    expect(settled).toMatchObject({
      status: 'succeeded',
      amount_received: 1000,
      latest_charge: { id: charge, status: 'succeeded', paid: true },
    });
    expect(await eventTypes(stripe, 'payment_intent', 'charge')).toEqual([
      'payment_intent.created',
      'charge.pending',
      'payment_intent.processing',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
  });

  test.concurrent.each([
    ['pm_usBankAccount_insufficientFunds', 'insufficient_funds'],
    ['pm_usBankAccount_accountClosed', 'account_closed'],
    ['pm_usBankAccount_noAccount', 'no_account'],
    ['pm_usBankAccount_debitNotAuthorized', 'debit_not_authorized'],
  ])('%s fails later: %s', async (id, code) => {
    const { stripe } = await newAccount();
    const pending = await stripe.paymentIntents.create({ ...TEN, payment_method: id, confirm: true });
    expect(pending.status).toBe('processing');
    const failed = await eventually(
      () => stripe.paymentIntents.retrieve(pending.id, { expand: ['latest_charge'] }),
      ({ status }) => status !== 'processing',
    );
    expect(failed).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code },
      latest_charge: { status: 'failed', failure_code: code },
    });
    expect((await eventTypes(stripe, 'payment_intent', 'charge')).slice(-2)).toEqual([
      'charge.failed',
      'payment_intent.payment_failed',
    ]);
  });
});

test('changed, and given up', async () => {
  const { stripe, customer, method } = await newPayer();
  const intent = await stripe.paymentIntents.create({ ...TEN, customer: customer.id });
  const changed = await stripe.paymentIntents.update(intent.id, {
    amount: 2500,
    currency: 'eur',
    description: 'Ten seats',
    payment_method: method.id,
    receipt_email: 'jenny@example.com',
    setup_future_usage: 'on_session',
    shipping: { name: 'Jenny', address: { line1: 'Via 1', country: 'IT' } },
    statement_descriptor_suffix: 'seats',
    metadata: { k: 'v' },
  });
  expect(changed).toMatchObject({
    status: 'requires_confirmation',
    amount: 2500,
    currency: 'eur',
    description: 'Ten seats',
    payment_method: method.id,
    payment_method_types: ['card'],
    receipt_email: 'jenny@example.com',
    shipping: { name: 'Jenny', address: { line1: 'Via 1', city: null } },
    metadata: { k: 'v' },
  });
  const canceled = await stripe.paymentIntents.cancel(intent.id, { cancellation_reason: 'abandoned' });
  expect(canceled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned' });
  expect(canceled.canceled_at).toBeGreaterThan(0);
  expect((await eventTypes(stripe, 'payment_intent')).at(-1)).toBe('payment_intent.canceled');
});

test('what is told of an intent reaches its charge', async () => {
  const { stripe } = await newAccount();
  const paid = await stripe.paymentIntents.create({
    ...TEN,
    confirm: true,
    payment_method: 'pm_card_visa',
    description: 'Ten seats',
    receipt_email: 'jenny@example.com',
    statement_descriptor_suffix: 'seats',
    shipping: { name: 'Jenny', address: { line1: 'Via 1' } },
    expand: ['latest_charge'],
  });
  expect(paid.latest_charge).toMatchObject({
    description: 'Ten seats',
    receipt_email: 'jenny@example.com',
    calculated_statement_descriptor: 'TEST* SEATS',
    statement_descriptor_suffix: 'seats',
    shipping: { name: 'Jenny' },
  });
  const charge = await stripe.charges.update((paid.latest_charge as Stripe.Charge).id, {
    description: 'More',
    fraud_details: { user_report: 'safe' },
    metadata: { a: 'b' },
  });
  expect(charge).toMatchObject({ description: 'More', fraud_details: { user_report: 'safe' }, metadata: { a: 'b' } });
  expect((await eventTypes(stripe, 'charge')).at(-1)).toBe('charge.updated');
});
