import { describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { errorOf } from '../support/payer.ts';
import { refusal } from '../support/shop.ts';

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
