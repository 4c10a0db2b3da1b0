import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { errorOf, newPayer } from '../support/payer.ts';
import { eventTypes, refusal } from '../support/shop.ts';

test.each([
  ['pm_card_visa', { brand: 'visa', funding: 'credit', last4: '4242', country: 'US' }],
  ['pm_card_visa_debit', { brand: 'visa', funding: 'debit', last4: '5556' }],
  ['pm_card_mastercard', { brand: 'mastercard', funding: 'credit', last4: '4444' }],
  ['pm_card_mastercard_prepaid', { brand: 'mastercard', funding: 'prepaid', last4: '5100' }],
  ['pm_card_amex', { brand: 'amex', display_brand: 'american_express', last4: '0005' }],
  ['pm_card_discover', { brand: 'discover', last4: '1117' }],
  ['pm_card_diners', { brand: 'diners', last4: '0004' }],
  ['pm_card_jcb', { brand: 'jcb', last4: '0505', country: 'JP' }],
  ['pm_card_unionpay', { brand: 'unionpay', last4: '0005' }],
])('%s becomes a card of the customer when it is attached', async (id, card) => {
  const { customer, method, stripe } = await newPayer(id);
  expect(method).toMatchObject({ id: expect.stringMatching(/^pm_[0-9A-Za-z]{24}$/), type: 'card', card });
  expect(method.customer).toBe(customer.id);
  expect(await stripe.paymentMethods.retrieve(method.id)).toEqual(method);
});

test('each attachment of a well-known id is another method, and the same card has the same fingerprint', async () => {
  const { customer, method, stripe } = await newPayer();
  const second = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  expect(second.id).not.toBe(method.id);
  expect(second.card!.fingerprint).toBe(method.card!.fingerprint);
  const other = await newPayer();
  expect(other.method.card!.fingerprint).not.toBe(method.card!.fingerprint);
});

test('an account at a bank', async () => {
  const { method } = await newPayer('pm_usBankAccount');
  expect(method).toMatchObject({
    type: 'us_bank_account',
    us_bank_account: { last4: '6789', routing_number: '110000000', account_type: 'checking' },
  });
});

const CARD = { number: '4242424242424242', exp_month: 12, exp_year: 2040, cvc: '123' };

describe('made of numbers', () => {
  test('a card, of which only the last four digits are ever told', async () => {
    const { request, stripe } = await newAccount();
    const made = await stripe.paymentMethods.create({
      type: 'card',
      card: CARD,
      billing_details: { name: 'Jenny', email: 'jenny@example.com', address: { postal_code: '12345' } },
      metadata: { k: 'v' },
      allow_redisplay: 'always',
    });
    expect(made).toMatchObject({
      customer: null,
      allow_redisplay: 'always',
      billing_details: { name: 'Jenny', email: 'jenny@example.com', phone: null, tax_id: null },
      card: { brand: 'visa', exp_month: 12, exp_year: 2040, last4: '4242' },
      metadata: { k: 'v' },
    });
    expect(made.card!.checks).toEqual({
      address_line1_check: null,
      address_postal_code_check: 'pass',
      cvc_check: 'pass',
    });
    const told = JSON.stringify((await request('GET', `/v1/payment_methods/${made.id}`)).body);
    expect(told).not.toContain(CARD.number);
  });

  test('a card by a token, and an account at a bank', async () => {
    const { stripe } = await newAccount();
    const card = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_mastercard' } });
    expect(card.card).toMatchObject({ brand: 'mastercard', last4: '4444' });
    const bank = await stripe.paymentMethods.create({
      type: 'us_bank_account',
      us_bank_account: {
        account_number: '000123456789',
        routing_number: '110000000',
        account_holder_type: 'company',
        account_type: 'savings',
      },
    });
    expect(bank.us_bank_account).toMatchObject({ account_holder_type: 'company', account_type: 'savings' });
  });

  test.each<[string, object, { status: number; code?: string; param?: string; decline_code?: string }]>([
    ['number', { number: '4242424242424241' }, { status: 402, code: 'incorrect_number', param: 'number' }],
    ['month', { exp_month: 13 }, { status: 402, code: 'invalid_expiry_month', param: 'exp_month' }],
    ['year', { exp_year: 2020 }, { status: 402, code: 'invalid_expiry_year', param: 'exp_year' }],
    ['security code', { cvc: '12' }, { status: 402, code: 'invalid_cvc', param: 'cvc' }],
    [
      'card that is no test card',
      { number: '4111111111111111' },
      { status: 402, code: 'card_declined', decline_code: 'test_mode_live_card' },
    ],
  ])('not of a wrong %s', async (_name, wrong, error) => {
    const { stripe } = await newAccount();
    const made = stripe.paymentMethods.create({ type: 'card', card: { ...CARD, ...wrong } });
    expect(await errorOf(made)).toMatchObject({ ...error, type: 'card_error' });
    expect((await stripe.paymentMethods.list()).data).toEqual([]);
  });

  const bank = { account_number: '000123456789', routing_number: '110000000' };
  test.each<[string, Stripe.PaymentMethodCreateParams, string, string | undefined]>([
    ['type', { type: 'card' }, 'card', 'parameter_missing'],
    ['number', { type: 'card', card: { exp_month: 1, exp_year: 2040 } }, 'card[number]', 'parameter_missing'],
    ['unknown token', { type: 'card', card: { token: 'tok_nope' } }, 'card[token]', 'resource_missing'],
    [
      'token with number',
      { type: 'card', card: { ...CARD, token: 'tok_visa' } },
      'card[token]',
      'parameters_exclusive',
    ],
    ['details of another type', { type: 'card', card: CARD, us_bank_account: bank }, 'us_bank_account', undefined],
    [
      'routing number',
      { type: 'us_bank_account', us_bank_account: { ...bank, routing_number: '110000001' } },
      'us_bank_account[routing_number]',
      'routing_number_invalid',
    ],
    [
      'account number',
      { type: 'us_bank_account', us_bank_account: { ...bank, account_number: '1' } },
      'us_bank_account[account_number]',
      'account_number_invalid',
    ],
  ])('refused: %s', async (_name, params, param, code) => {
    const { stripe } = await newAccount();
    const error = await refusal(stripe.paymentMethods.create(params));
    expect(error).toMatchObject({ status: 400, param });
    expect(error.code).toBe(code);
  });
});

/** Cards that a bank refuses when they are to be kept. */
const REFUSED: readonly [string, string, string, string][] = [
  ['pm_card_chargeDeclined', 'card_declined', 'generic_decline', 'Your card was declined.'],
  [
    'pm_card_chargeDeclinedInsufficientFunds',
    'card_declined',
    'insufficient_funds',
    'Your card has insufficient funds.',
  ],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card', 'Your card has expired.'],
  ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc', "Your card's security code is incorrect."],
  [
    'pm_card_chargeDeclinedProcessingError',
    'processing_error',
    'processing_error',
    'An error occurred while processing your card. Try again in a little bit.',
  ],
];

test.each(REFUSED)('%s cannot be attached: %s, %s', async (id, code, declineCode, message) => {
  const { stripe } = await newAccount();
  const customer = await stripe.customers.create();
  const error = await errorOf(stripe.paymentMethods.attach(id, { customer: customer.id }));
  expect(error).toMatchObject({ status: 402, type: 'card_error', code, decline_code: declineCode, message });
  expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toEqual([]);
  expect(await eventTypes(stripe, 'payment_method')).toEqual([]);
});

test('attached, found, changed, made the default and detached', async () => {
  const { stripe, customer, method } = await newPayer();
  const bank = await stripe.paymentMethods.attach('pm_usBankAccount_success', { customer: customer.id });
  const ids = (list: Stripe.ApiList<Stripe.PaymentMethod>) => list.data.map(({ id }) => id);
  expect(ids(await stripe.paymentMethods.list({ customer: customer.id }))).toEqual([bank.id, method.id]);
  expect(ids(await stripe.paymentMethods.list({ customer: customer.id, type: 'card' }))).toEqual([method.id]);
  expect(ids(await stripe.customers.listPaymentMethods(customer.id, { limit: 1 }))).toEqual([bank.id]);
  expect(await stripe.customers.retrievePaymentMethod(customer.id, method.id)).toEqual(method);

  const changed = await stripe.paymentMethods.update(method.id, {
    billing_details: { name: 'J' },
    card: { exp_month: 3, exp_year: 2041 },
    metadata: { k: 'v' },
  });
  expect(changed).toMatchObject({ billing_details: { name: 'J' }, card: { exp_month: 3, exp_year: 2041 } });

  const settings = { default_payment_method: method.id };
  const updated = await stripe.customers.update(customer.id, {
    invoice_settings: settings,
    expand: ['invoice_settings.default_payment_method'],
  });
  expect(updated.invoice_settings.default_payment_method).toEqual(changed);

  const detached = await stripe.paymentMethods.detach(method.id);
  expect(detached).toEqual({ ...changed, customer: null });
  const after = (await stripe.customers.retrieve(customer.id)) as Stripe.Customer;
  expect(after.invoice_settings.default_payment_method).toBeNull();
  expect(ids(await stripe.paymentMethods.list({ customer: customer.id }))).toEqual([bank.id]);
  const again = await refusal(stripe.paymentMethods.attach(method.id, { customer: customer.id }));
  expect(again).toMatchObject({ status: 400, code: 'payment_method_unexpected_state' });

  expect(await eventTypes(stripe, 'payment_method', 'customer.updated')).toEqual([
    'payment_method.attached',
    'payment_method.attached',
    'payment_method.updated',
    'customer.updated',
    'customer.updated',
    'payment_method.detached',
  ]);
  const [event] = (await stripe.events.list({ type: 'payment_method.detached' })).data;
  expect(event!.data.previous_attributes).toEqual({ customer: customer.id });
});

describe('a customer created with a method', () => {
  test('which can be the default', async () => {
    const { stripe } = await newAccount();
    const created = await stripe.customers.create({
      name: 'Jenny',
      payment_method: 'pm_card_visa',
      invoice_settings: { default_payment_method: 'pm_card_visa', footer: 'Thank you' },
    });
    const [method] = (await stripe.paymentMethods.list({ customer: created.id })).data;
    expect(created.invoice_settings).toMatchObject({ default_payment_method: method!.id, footer: 'Thank you' });
    const plain = await stripe.customers.create({ payment_method: 'pm_card_visa' });
    expect(plain.invoice_settings.default_payment_method).toBeNull();
    expect((await stripe.paymentMethods.list({ customer: plain.id })).data).toHaveLength(1);
  });

  test('is not there when the method is refused', async () => {
    const { stripe } = await newAccount();
    const refused = stripe.customers.create({ payment_method: 'pm_card_chargeDeclined' });
    expect(await errorOf(refused)).toMatchObject({ status: 402, code: 'card_declined' });
    const unknown = stripe.customers.create({ payment_method: 'pm_nope' });
    expect(await refusal(unknown)).toMatchObject({ code: 'resource_missing', param: 'payment_method' });
    expect((await stripe.customers.list()).data).toEqual([]);
    expect(await eventTypes(stripe)).toEqual([]);
  });
});

test('attaching to its own customer again changes nothing', async () => {
  const { stripe, customer, method } = await newPayer();
  expect(await stripe.paymentMethods.attach(method.id, { customer: customer.id })).toEqual(method);
  expect(await eventTypes(stripe, 'payment_method')).toEqual(['payment_method.attached']);
});

type Payer = Awaited<ReturnType<typeof newPayer>>;

test.each<[string, (payer: Payer) => Promise<unknown>, object]>([
  [
    'attach to another customer',
    async ({ stripe, method }) =>
      await stripe.paymentMethods.attach(method.id, { customer: (await stripe.customers.create()).id }),
    { status: 400, code: 'payment_method_unexpected_state' },
  ],
  [
    'attach to an unknown customer',
    ({ stripe }) => stripe.paymentMethods.attach('pm_card_visa', { customer: 'cus_nope' }),
    { status: 400, code: 'resource_missing', param: 'customer' },
  ],
  [
    'attach an unknown method',
    ({ stripe, customer }) => stripe.paymentMethods.attach('pm_nope', { customer: customer.id }),
    { status: 404, code: 'resource_missing', param: 'id' },
  ],
  [
    'detach what belongs to nobody',
    async ({ stripe }) =>
      await stripe.paymentMethods.detach((await stripe.paymentMethods.create({ type: 'card', card: CARD })).id),
    { status: 400, code: 'payment_method_unexpected_state' },
  ],
  [
    'update what belongs to nobody',
    async ({ stripe }) =>
      await stripe.paymentMethods.update((await stripe.paymentMethods.create({ type: 'card', card: CARD })).id, {}),
    { status: 400, code: 'payment_method_unexpected_state' },
  ],
  [
    'make a method of another customer the default',
    async ({ stripe, method }) => {
      const other = await stripe.customers.create();
      return await stripe.customers.update(other.id, { invoice_settings: { default_payment_method: method.id } });
    },
    { status: 400, code: 'resource_missing', param: 'invoice_settings[default_payment_method]' },
  ],
  [
    'retrieve the method of another customer',
    async ({ stripe, method }) =>
      await stripe.customers.retrievePaymentMethod((await stripe.customers.create()).id, method.id),
    { status: 404, code: 'resource_missing' },
  ],
  [
    'list the methods of a deleted customer',
    async ({ stripe }) => {
      const { id } = await stripe.customers.create();
      await stripe.customers.del(id);
      return await stripe.customers.listPaymentMethods(id);
    },
    { status: 404, code: 'resource_missing' },
  ],
])('refused: %s', async (_name, call, error) => {
  expect(await refusal(call(await newPayer()))).toMatchObject(error);
});

test('the built-in gateway does nothing for live accounts', async () => {
  const { stripe } = await newAccount({ livemode: true });
  const customer = await stripe.customers.create();
  const error = { status: 400, code: 'testmode_charges_only' };
  expect(await refusal(stripe.paymentMethods.create({ type: 'card', card: CARD }))).toMatchObject(error);
  const attached = stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  expect(await refusal(attached)).toMatchObject({ code: 'resource_missing' });
});
