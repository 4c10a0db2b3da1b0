import { describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { errorOf, newPayer } from '../support/payer.ts';
import { eventTypes, refusal } from '../support/shop.ts';

async function newCustomer() {
  const { stripe, request } = await newAccount();
  return { stripe, request, customer: (await stripe.customers.create()).id };
}

test('a card is set up for a customer, who keeps it', async () => {
  const { stripe, customer } = await newCustomer();
  const created = await stripe.setupIntents.create({ customer, description: 'for later', metadata: { k: 'v' } });
  expect(created).toMatchObject({
    status: 'requires_payment_method',
    usage: 'off_session',
    customer,
    description: 'for later',
    metadata: { k: 'v' },
    automatic_payment_methods: { enabled: true },
    client_secret: expect.stringMatching(new RegExp(`^${created.id}_secret_`)),
  });
  const done = await stripe.setupIntents.confirm(created.id, { payment_method: 'pm_card_visa' });
  expect(done).toMatchObject({ status: 'succeeded', last_setup_error: null });
  const [kept] = (await stripe.paymentMethods.list({ customer })).data;
  expect(kept!.id).toBe(done.payment_method);
  expect(await eventTypes(stripe, 'setup_intent', 'payment_method')).toEqual([
    'setup_intent.created',
    'payment_method.attached',
    'setup_intent.succeeded',
  ]);
  expect(await stripe.setupIntents.retrieve(created.id)).toEqual(done);
  expect((await stripe.setupIntents.list({ customer })).data).toEqual([done]);
  expect((await stripe.setupIntents.list({ payment_method: kept!.id })).data).toEqual([done]);
  expect((await stripe.setupIntents.list({ customer: 'cus_nope' })).data).toEqual([]);
});

test('set up in one request, without a customer', async () => {
  const { stripe } = await newCustomer();
  const done = await stripe.setupIntents.create({
    confirm: true,
    payment_method: 'pm_usBankAccount',
    usage: 'on_session',
  });
  expect(done).toMatchObject({ status: 'succeeded', usage: 'on_session', customer: null });
  expect(await stripe.paymentMethods.retrieve(done.payment_method as string)).toMatchObject({ customer: null });
});

test.each([
  ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
  ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
])('%s is not set up: %s, %s', async (card, code, declineCode) => {
  const { stripe, customer } = await newCustomer();
  const error = await errorOf(stripe.setupIntents.create({ customer, confirm: true, payment_method: card }));
  expect(error).toMatchObject({ status: 402, type: 'card_error', code, decline_code: declineCode });
  expect(error.setup_intent).toMatchObject({
    status: 'requires_payment_method',
    payment_method: null,
    last_setup_error: { code, decline_code: declineCode, payment_method: { object: 'payment_method' } },
  });
  expect(await stripe.setupIntents.retrieve(error.setup_intent!.id)).toEqual(error.setup_intent);
  expect((await stripe.paymentMethods.list({ customer })).data).toEqual([]);
  expect((await eventTypes(stripe, 'setup_intent')).at(-1)).toBe('setup_intent.setup_failed');
});

describe('a bank that wants the customer to authenticate', () => {
  test('is asked less by a card that was set up with authentication', async () => {
    const { stripe, request, customer } = await newCustomer();
    const card = 'pm_card_authenticationRequiredOnSetup';
    const away = { amount: 1000, currency: 'usd', customer, confirm: true, off_session: true };
    const unprepared = await errorOf(stripe.paymentIntents.create({ ...away, payment_method: card }));
    expect(unprepared).toMatchObject({ status: 402, code: 'authentication_required' });

    const waiting = await stripe.setupIntents.create({ customer, confirm: true, payment_method: card });
    expect(waiting).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } });
    expect((await stripe.paymentMethods.list({ customer })).data).toEqual([]);
    const path = `/v1/usance/setup_intents/${waiting.id}/authenticate`;
    const { body } = await request('POST', path, { outcome: 'succeed' });
    expect(body).toMatchObject({ id: waiting.id, status: 'succeeded', next_action: null });
    const paid = await stripe.paymentIntents.create({ ...away, payment_method: body.payment_method });
    expect(paid.status).toBe('succeeded');
    expect((await request('POST', path, { outcome: 'succeed' })).body.error).toMatchObject({
      code: 'setup_intent_unexpected_state',
    });
  });

  test('may not be content', async () => {
    const { stripe, request } = await newCustomer();
    const waiting = await stripe.setupIntents.create({
      confirm: true,
      payment_method: 'pm_card_authenticationRequired',
    });
    const { body } = await request('POST', `/v1/usance/setup_intents/${waiting.id}/authenticate`, { outcome: 'fail' });
    expect(body).toMatchObject({
      status: 'requires_payment_method',
      last_setup_error: { code: 'setup_intent_authentication_failure' },
    });
    expect(await eventTypes(stripe, 'setup_intent')).toEqual([
      'setup_intent.created',
      'setup_intent.requires_action',
      'setup_intent.setup_failed',
    ]);
  });
});

test('changed, and given up', async () => {
  const { stripe, customer, method } = await newPayer();
  const { id } = await stripe.setupIntents.create({ allowed_payment_method_types: ['card'] });
  const changed = await stripe.setupIntents.update(id, {
    customer: customer.id,
    payment_method: method.id,
    description: 'd',
    metadata: { k: 'v' },
  });
  expect(changed).toMatchObject({
    status: 'requires_confirmation',
    customer: customer.id,
    payment_method: method.id,
    description: 'd',
    metadata: { k: 'v' },
    payment_method_types: ['card'],
  });
  const canceled = await stripe.setupIntents.cancel(id, { cancellation_reason: 'duplicate' });
  expect(canceled).toMatchObject({ status: 'canceled', cancellation_reason: 'duplicate' });
  expect(await eventTypes(stripe, 'setup_intent')).toEqual(['setup_intent.created', 'setup_intent.canceled']);
  expect(await refusal(stripe.setupIntents.confirm(id))).toMatchObject({ code: 'setup_intent_unexpected_state' });
  expect(await refusal(stripe.setupIntents.cancel(id))).toMatchObject({ code: 'setup_intent_unexpected_state' });
  expect((await stripe.setupIntents.update(id, { metadata: '' })).metadata).toEqual({});
});

test.each<[string, (payer: Awaited<ReturnType<typeof newPayer>>) => Promise<unknown>, object]>([
  [
    'confirm without a method',
    async ({ stripe }) => await stripe.setupIntents.confirm((await stripe.setupIntents.create()).id),
    { status: 400, code: 'setup_intent_unexpected_state' },
  ],
  [
    'a method of a customer who is not named',
    ({ stripe, method }) => stripe.setupIntents.create({ payment_method: method.id }),
    { status: 400, param: 'payment_method' },
  ],
  [
    'a type that is not allowed',
    ({ stripe }) =>
      stripe.setupIntents.create({ allowed_payment_method_types: ['card'], payment_method: 'pm_usBankAccount' }),
    { status: 400, code: 'setup_intent_invalid_parameter' },
  ],
  [
    'an unknown intent',
    ({ stripe }) => stripe.setupIntents.retrieve('seti_nope'),
    { status: 404, code: 'resource_missing' },
  ],
])('refused: %s', async (_name, call, error) => {
  expect(await refusal(call(await newPayer()))).toMatchObject(error);
});
