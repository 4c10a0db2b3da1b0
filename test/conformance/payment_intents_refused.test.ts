import { expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { newPayer } from '../support/payer.ts';
import { refusal } from '../support/shop.ts';

const TEN = { amount: 1000, currency: 'usd' } as const;

/** A request that an intent does not allow: how to make it, and its error. */
const REFUSED: readonly [string, (payer: Awaited<ReturnType<typeof newPayer>>) => Promise<unknown>, object][] = [
  [
    'confirm without a method',
    async ({ stripe }) => await stripe.paymentIntents.confirm((await stripe.paymentIntents.create(TEN)).id),
    { status: 400, code: 'payment_intent_unexpected_state' },
  ],
  [
    'confirm what has succeeded',
    async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create({ ...TEN, confirm: true, payment_method: 'pm_card_visa' });
      return await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    },
    {
      status: 400,
      code: 'payment_intent_unexpected_state',
      message:
        'You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed.',
    },
  ],
  [
    'confirm what was canceled',
    async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create(TEN);
      await stripe.paymentIntents.cancel(id);
      return await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    },
    { status: 400, code: 'payment_intent_unexpected_state' },
  ],
  [
    'cancel what has succeeded',
    async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create({ ...TEN, confirm: true, payment_method: 'pm_card_visa' });
      return await stripe.paymentIntents.cancel(id);
    },
    { status: 400, code: 'payment_intent_unexpected_state' },
  ],
  [
    'change the amount of what has succeeded',
    async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create({ ...TEN, confirm: true, payment_method: 'pm_card_visa' });
      return await stripe.paymentIntents.update(id, { amount: 2000 });
    },
    { status: 400, code: 'payment_intent_unexpected_state' },
  ],
  [
    'pay with a method of a customer who is not named',
    ({ stripe, method }) => stripe.paymentIntents.create({ ...TEN, payment_method: method.id }),
    { status: 400, param: 'payment_method' },
  ],
  [
    'pay with a method of another customer',
    async ({ stripe, method }) =>
      await stripe.paymentIntents.create({
        ...TEN,
        customer: (await stripe.customers.create()).id,
        payment_method: method.id,
      }),
    { status: 400, param: 'payment_method' },
  ],
  [
    'pay euros from a bank account in the US',
    ({ stripe }) => stripe.paymentIntents.create({ amount: 1000, currency: 'eur', payment_method: 'pm_usBankAccount' }),
    { status: 400, code: 'payment_intent_incompatible_payment_method', param: 'payment_method' },
  ],
  [
    'pay with a type that is not allowed',
    ({ stripe }) =>
      stripe.paymentIntents.create({
        ...TEN,
        allowed_payment_method_types: ['card'],
        payment_method: 'pm_usBankAccount',
      }),
    { status: 400, code: 'payment_intent_incompatible_payment_method' },
  ],
  [
    'an unknown method',
    ({ stripe }) => stripe.paymentIntents.create({ ...TEN, payment_method: 'pm_nope' }),
    { status: 400, code: 'resource_missing', param: 'payment_method' },
  ],
  [
    'an unknown customer',
    ({ stripe }) => stripe.paymentIntents.create({ ...TEN, customer: 'cus_nope' }),
    { status: 400, code: 'resource_missing', param: 'customer' },
  ],
  [
    'pay with what a deleted customer had attached',
    async ({ stripe, customer, method }) => {
      const { id } = await stripe.paymentIntents.create({ ...TEN, customer: customer.id, payment_method: method.id });
      await stripe.customers.del(customer.id);
      return await stripe.paymentIntents.confirm(id);
    },
    { status: 400, code: 'resource_missing', param: 'customer' },
  ],
  [
    'too little',
    ({ stripe }) => stripe.paymentIntents.create({ amount: 49, currency: 'usd' }),
    { status: 400, code: 'amount_too_small', param: 'amount', message: 'Amount must be at least $0.50 usd' },
  ],
  [
    'less than nothing',
    ({ stripe }) => stripe.paymentIntents.create({ amount: -1, currency: 'usd' }),
    { status: 400, code: 'parameter_invalid_integer', param: 'amount' },
  ],
  [
    'more than eight digits',
    ({ stripe }) => stripe.paymentIntents.create({ amount: 100_000_000, currency: 'usd' }),
    { status: 400, code: 'parameter_invalid_integer', param: 'amount' },
  ],
  [
    'the tenth of a fil',
    ({ stripe }) => stripe.paymentIntents.create({ amount: 5001, currency: 'kwd' }),
    { status: 400, param: 'amount' },
  ],
  [
    'an aurar',
    ({ stripe }) => stripe.paymentIntents.create({ amount: 5001, currency: 'isk' }),
    { status: 400, param: 'amount' },
  ],
  [
    'off_session without a confirmation',
    ({ stripe }) => stripe.paymentIntents.create({ ...TEN, off_session: true }),
    { status: 400, param: 'off_session' },
  ],
  [
    'manual capture',
    ({ stripe }) => stripe.paymentIntents.create({ ...TEN, capture_method: 'manual' }),
    { status: 400, code: 'parameter_not_served', param: 'capture_method' },
  ],
  [
    'a statement descriptor on a card',
    ({ stripe }) =>
      stripe.paymentIntents.create({
        ...TEN,
        confirm: true,
        payment_method: 'pm_card_visa',
        statement_descriptor: 'X',
      }),
    { status: 400, param: 'statement_descriptor' },
  ],
  [
    'a foreign client secret',
    async ({ stripe }) => {
      const { id } = await stripe.paymentIntents.create(TEN);
      return await stripe.paymentIntents.retrieve(id, { client_secret: 'x' });
    },
    { status: 400, param: 'client_secret' },
  ],
];

test.each(REFUSED)('refused: %s', async (_name, call, error) => {
  expect(await refusal(call(await newPayer()))).toMatchObject(error);
});

test('live accounts can wish, but not pay', async () => {
  const { stripe } = await newAccount({ livemode: true });
  const intent = await stripe.paymentIntents.create(TEN);
  expect(intent).toMatchObject({ status: 'requires_payment_method', livemode: true });
  const paid = stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
  expect(await refusal(paid)).toMatchObject({ code: 'resource_missing', param: 'payment_method' });
});
