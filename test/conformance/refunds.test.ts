import * as fc from 'fast-check';
import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { eventually } from '../support/payer.ts';
import { eventTypes, refusal } from '../support/shop.ts';

/** An account with a charge of 10 USD. */
async function newCharge(card = 'pm_card_visa') {
  const { stripe } = await newAccount();
  const paid = await stripe.paymentIntents.create({
    amount: 1000,
    currency: 'usd',
    confirm: true,
    payment_method: card,
    expand: ['latest_charge'],
  });
  return { stripe, intent: paid, charge: paid.latest_charge as Stripe.Charge };
}

test('a charge is given back as a whole', async () => {
  const { stripe, intent, charge } = await newCharge();
  const refund = await stripe.refunds.create({
    charge: charge.id,
    reason: 'requested_by_customer',
    metadata: { k: 'v' },
    expand: ['charge'],
  });
  expect(refund).toMatchObject({
    amount: 1000,
    currency: 'usd',
    status: 'succeeded',
    payment_intent: intent.id,
    payment_method: charge.payment_method,
    reason: 'requested_by_customer',
    metadata: { k: 'v' },
    charge: { id: charge.id, amount_refunded: 1000, refunded: true, status: 'succeeded', paid: true },
  });
  expect(await stripe.refunds.retrieve(refund.id)).toMatchObject({ id: refund.id, charge: charge.id });
  expect(await eventTypes(stripe, 'refund', 'charge.refund')).toEqual(['refund.created', 'charge.refunded']);
  const [event] = (await stripe.events.list({ type: 'charge.refunded' })).data;
  expect(event!.data.previous_attributes).toEqual({ amount_refunded: 0, refunded: false });
  expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded');
});

test('a charge is given back in parts', async () => {
  const { stripe, intent, charge } = await newCharge();
  const first = await stripe.refunds.create({ payment_intent: intent.id, amount: 300 });
  const partly = await stripe.charges.retrieve(charge.id, { expand: ['refunds'] });
  expect(partly).toMatchObject({ amount_refunded: 300, refunded: false });
  expect(partly.refunds!.data.map(({ id }) => id)).toEqual([first.id]);
  expect(await refusal(stripe.refunds.create({ charge: charge.id, amount: 701 }))).toMatchObject({
    status: 400,
    param: 'amount',
    message: 'Refund amount ($7.01) is greater than unrefunded amount on charge ($7.00)',
  });
  const rest = await stripe.refunds.create({ charge: charge.id });
  expect(rest.amount).toBe(700);
  expect(await refusal(stripe.refunds.create({ charge: charge.id }))).toMatchObject({
    status: 400,
    code: 'charge_already_refunded',
    message: `Charge ${charge.id} has already been refunded.`,
  });
  const ids = (list: Stripe.ApiList<Stripe.Refund>) => list.data.map(({ id }) => id);
  expect(ids(await stripe.refunds.list({ charge: charge.id }))).toEqual([rest.id, first.id]);
  expect(ids(await stripe.refunds.list({ payment_intent: intent.id, limit: 1 }))).toEqual([rest.id]);
  expect(ids(await stripe.refunds.list({ charge: 'ch_nope' }))).toEqual([]);
});

test('ten refunds at once never give back more than was taken', async () => {
  const { stripe, charge } = await newCharge();
  const answers = await Promise.allSettled(
    Array.from({ length: 10 }, () => stripe.refunds.create({ charge: charge.id, amount: 300 })),
  );
  expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  const { amount_refunded: back } = await stripe.charges.retrieve(charge.id);
  const refunds = await stripe.refunds.list({ charge: charge.id });
  expect(back).toBe(900);
  expect(refunds.data.reduce((sum, { amount }) => sum + amount, 0)).toBe(back);
});

test('whatever is asked back in whatever order: what was given back and what is left add up to the charge', async () => {
  const { stripe } = await newAccount();
  const wish = fc.option(fc.integer({ min: 1, max: 700 }), { nil: undefined, freq: 6 });
  await fc.assert(
    fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 6 }), async (wishes) => {
      const order = { amount: 1000, currency: 'usd', confirm: true, payment_method: 'pm_card_visa' };
      const { id: intent } = await stripe.paymentIntents.create(order);
      let left = 1000;
      for (const amount of wishes) {
        const call = stripe.refunds.create({ payment_intent: intent, ...(amount === undefined ? {} : { amount }) });
        const wanted = amount ?? left;
        if (wanted > 0 && wanted <= left) left -= (await call).amount;
        else expect((await refusal(call)).status).toBe(400);
      }
      const [charge] = (await stripe.charges.list({ payment_intent: intent })).data;
      expect(charge).toMatchObject({ amount_refunded: 1000 - left, refunded: left === 0 });
    }),
    { numRuns: 12 },
  );
});

test('one key gives back once', async () => {
  const { stripe, charge } = await newCharge();
  const params = { charge: charge.id, amount: 100 };
  const first = await stripe.refunds.create(params, { idempotencyKey: 'back' });
  expect(await stripe.refunds.create(params, { idempotencyKey: 'back' })).toEqual(first);
  expect((await stripe.refunds.list()).data).toHaveLength(1);
});

describe('a refund that the bank decides later', () => {
  test.concurrent('succeeds', async () => {
    const { stripe, charge } = await newCharge('pm_card_pendingRefund');
    const pending = await stripe.refunds.create({ charge: charge.id });
    expect(pending).toMatchObject({ status: 'pending', pending_reason: 'processing' });
    const settled = await eventually(
      () => stripe.refunds.retrieve(pending.id),
      ({ status }) => status !== 'pending',
    );
    expect(settled.status).toBe('succeeded');
    expect(settled).not.toHaveProperty('pending_reason');
    expect(await eventTypes(stripe, 'refund', 'charge.refund')).toEqual([
      'refund.created',
      'charge.refunded',
      'refund.updated',
      'charge.refund.updated',
    ]);
  });

  test.concurrent('fails, and the charge can be given back again', async () => {
    const { stripe, charge } = await newCharge('pm_card_refundFail');
    const pending = await stripe.refunds.create({ charge: charge.id });
    const failed = await eventually(
      () => stripe.refunds.retrieve(pending.id),
      ({ status }) => status !== 'pending',
    );
    expect(failed).toMatchObject({ status: 'failed', failure_reason: 'expired_or_canceled_card' });
    expect(await stripe.charges.retrieve(charge.id)).toMatchObject({ amount_refunded: 0, refunded: false });
    expect((await eventTypes(stripe, 'refund', 'charge.refund')).at(-1)).toBe('refund.failed');
  });
});

test('metadata can change, and nothing is canceled that waits for nobody', async () => {
  const { stripe, charge } = await newCharge();
  const refund = await stripe.refunds.create({ charge: charge.id });
  const changed = await stripe.refunds.update(refund.id, { metadata: { k: 'v' } });
  expect(changed).toEqual({ ...refund, metadata: { k: 'v' } });
  expect(await refusal(stripe.refunds.cancel(refund.id))).toMatchObject({
    status: 400,
    message: expect.stringContaining('Only refunds with the status requires_action can be canceled'),
  });
  expect((await eventTypes(stripe, 'refund', 'charge.refund.')).slice(-2)).toEqual([
    'refund.updated',
    'charge.refund.updated',
  ]);
});

test.each<[string, Stripe.RefundCreateParams, object]>([
  ['of nothing', {}, { status: 400, code: 'parameter_missing', param: 'charge' }],
  ['of an unknown charge', { charge: 'ch_nope' }, { status: 400, code: 'resource_missing', param: 'charge' }],
  [
    'of an unknown intent',
    { payment_intent: 'pi_nope' },
    { status: 400, code: 'resource_missing', param: 'payment_intent' },
  ],
  [
    'of no money',
    { charge: 'ch_nope', amount: 0 },
    { status: 400, code: 'parameter_invalid_integer', param: 'amount' },
  ],
])('no refund %s', async (_name, params, error) => {
  const { stripe } = await newAccount();
  expect(await refusal(stripe.refunds.create(params))).toMatchObject(error);
});

test('no refund of a charge that failed, or of an intent that was never paid', async () => {
  const { stripe } = await newAccount();
  const terms = { amount: 1000, currency: 'usd' };
  const declined = stripe.paymentIntents.create({ ...terms, confirm: true, payment_method: 'pm_card_chargeDeclined' });
  await expect(declined).rejects.toMatchObject({ code: 'card_declined' });
  const [failed] = (await stripe.charges.list()).data;
  expect(await refusal(stripe.refunds.create({ charge: failed!.id }))).toMatchObject({ code: 'charge_not_refundable' });
  const { id } = await stripe.paymentIntents.create(terms);
  expect(await refusal(stripe.refunds.create({ payment_intent: id }))).toMatchObject({ param: 'payment_intent' });
});
