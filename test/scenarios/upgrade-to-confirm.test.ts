import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance } from '../support/clock-shop.ts';
import { findingsOf, intentOf, invoicesOf, newSeat, payBy, type Seat, subscribe } from '../support/dunning.ts';
import { refusal } from '../support/shop.ts';

/** Half way through a January of 31 days: one seat of 20 USD, and the request for a second one, invoiced at once. */
async function newUpgrade() {
  const seat = await newSeat('2026-01-01T00:00:00Z');
  const { stripe, clock } = seat;
  const { id, items } = await subscribe(seat);
  await advance(stripe, clock, '2026-01-16T12:00:00Z');
  const two: Stripe.SubscriptionUpdateParams = {
    items: [{ id: items.data[0]!.id, quantity: 2 }],
    proration_behavior: 'always_invoice',
  };
  return { ...seat, id, two };
}

const dueOf = async (seat: Seat) => (await invoicesOf(seat)).map(({ status, amount_due: due }) => [status, due]);

test('default_incomplete: the change is made, and past due until its invoice is confirmed', async () => {
  const upgrade = await newUpgrade();
  const { stripe, clock, id, two } = upgrade;
  const changed = await stripe.subscriptions.update(id, { ...two, payment_behavior: 'default_incomplete' });
  expect(changed).toMatchObject({ status: 'past_due', items: { data: [{ quantity: 2 }] } });
  // Half a month of one seat is given back, and of two seats debited.
  expect(await dueOf(upgrade)).toEqual([
    ['paid', 2000],
    ['open', 1000],
  ]);
  await advance(stripe, clock, '2026-01-17T12:00:00Z');
  expect((await invoicesOf(upgrade))[1]).toMatchObject({ status: 'open', attempted: false });
  const intent = await intentOf(upgrade, changed.latest_invoice as string);
  await stripe.paymentIntents.confirm(intent, { payment_method: await payBy(upgrade, 'pm_card_visa') });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active' });
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  expect(await dueOf(upgrade)).toEqual([
    ['paid', 2000],
    ['paid', 1000],
    ['paid', 4000],
  ]);
  expect(await findingsOf(upgrade)).toEqual([]);
});

test('allow_incomplete: a refused payment leaves the change, past due', async () => {
  const upgrade = await newUpgrade();
  const { stripe, id, two } = upgrade;
  await payBy(upgrade, 'pm_card_authenticationRequired');
  const behavior = { payment_behavior: 'allow_incomplete', off_session: true } as const;
  const changed = await stripe.subscriptions.update(id, { ...two, ...behavior });
  expect(changed).toMatchObject({ status: 'past_due', items: { data: [{ quantity: 2 }] } });
  const intent = await stripe.paymentIntents.retrieve(await intentOf(upgrade, changed.latest_invoice as string));
  expect(intent).toMatchObject({ amount: 1000, last_payment_error: { code: 'authentication_required' } });
});

test('a change that waits for its payment, or fails with it, is refused by name', async () => {
  const { stripe, id, two } = await newUpgrade();
  for (const behavior of ['pending_if_incomplete', 'error_if_incomplete'] as const) {
    const wanted = stripe.subscriptions.update(id, { ...two, payment_behavior: behavior });
    expect(await refusal(wanted)).toMatchObject({ status: 400, param: 'payment_behavior' });
  }
  expect((await stripe.subscriptions.retrieve(id)).items.data).toMatchObject([{ quantity: 1 }]);
});
