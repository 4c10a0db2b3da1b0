import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance } from '../support/clock-shop.ts';
import {
  eventsOf,
  findingsOf,
  intentOf,
  invoicesOf,
  newSeat,
  payBy,
  type Seat,
  subscribe,
} from '../support/dunning.ts';
import { errorOf } from '../support/payer.ts';

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

const OR_NOTHING = { payment_behavior: 'error_if_incomplete' } as const;

/** Everything that a failed request could have left behind, but for the payment that was refused. */
async function leftovers(upgrade: Awaited<ReturnType<typeof newUpgrade>>) {
  const told = await eventsOf(upgrade);
  const kinds = told.map(([, type]) => type).filter((type) => /^(customer|invoice)/.test(type));
  const { stripe, id, customer } = upgrade;
  const pending = await stripe.invoiceItems.list({ pending: true });
  const { next_invoice_sequence: next } = (await stripe.customers.retrieve(customer.id)) as Stripe.Customer;
  return {
    kinds,
    pending: pending.data,
    next,
    invoices: await invoicesOf(upgrade),
    is: await stripe.subscriptions.retrieve(id),
  };
}

test('error_if_incomplete: what is refused is an error of 402, and nothing has changed', async () => {
  const upgrade = await newUpgrade();
  const { stripe, clock, id, two } = upgrade;
  const refusals = [
    ['pm_card_chargeCustomerFail', 'card_declined', 'requires_payment_method'],
    ['pm_card_threeDSecure2Required', 'subscription_payment_intent_requires_action', 'canceled'],
  ] as const;
  for (const [method, code, status] of refusals) {
    await payBy(upgrade, method);
    const before = await leftovers(upgrade);
    expect(await errorOf(stripe.subscriptions.update(id, { ...two, ...OR_NOTHING }))).toMatchObject({
      status: 402,
      type: 'card_error',
      code,
      payment_intent: { amount: 1000, status },
    });
    expect(await leftovers(upgrade)).toEqual(before);
  }
  await payBy(upgrade, 'pm_card_visa');
  expect(await stripe.subscriptions.update(id, { ...two, ...OR_NOTHING })).toMatchObject({
    status: 'active',
    items: { data: [{ quantity: 2 }] },
  });
  // The work that would have given the money back is gone.
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  expect(await dueOf(upgrade)).toEqual([
    ['paid', 2000],
    ['paid', 1000],
    ['paid', 4000],
  ]);
  expect((await stripe.refunds.list()).data).toEqual([]);
  expect(await findingsOf(upgrade)).toEqual([]);
});

test('error_if_incomplete: items are added, changed and taken away once that is paid', async () => {
  const upgrade = await newUpgrade();
  const { stripe, id, price: seat } = upgrade;
  const extra = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 600,
    recurring: { interval: 'month' },
    product_data: { name: 'Extra' },
  });
  const paid = { ...OR_NOTHING, proration_behavior: 'always_invoice' } as const;
  const added = await stripe.subscriptionItems.create({ subscription: id, price: extra.id, ...paid });
  expect(await stripe.subscriptionItems.update(added.id, { quantity: 3, ...paid })).toMatchObject({ quantity: 3 });
  await payBy(upgrade, 'pm_card_chargeCustomerFail');
  expect(await errorOf(stripe.subscriptionItems.update(added.id, { quantity: 4, ...paid }))).toMatchObject({
    status: 402,
  });
  // A negative total is nobody's payment: what is taken away goes, and is credited.
  expect(await stripe.subscriptionItems.del(added.id, paid)).toMatchObject({ deleted: true });
  const { data } = await stripe.subscriptionItems.list({ subscription: id });
  expect(data).toMatchObject([{ price: { id: seat.id }, quantity: 1 }]);
  expect((await invoicesOf(upgrade)).map(({ total }) => total)).toEqual([2000, 300, 600, -900]);
  // Nothing is invoiced at once, so nothing can fail.
  expect(
    await stripe.subscriptions.update(id, { items: [{ id: data[0]!.id, quantity: 9 }], ...OR_NOTHING }),
  ).toMatchObject({
    items: { data: [{ quantity: 9 }] },
  });
  expect(await findingsOf(upgrade)).toEqual([]);
});

test('error_if_incomplete: without anything to pay with a change is refused', async () => {
  const upgrade = await newUpgrade();
  const { stripe, id, customer, two } = upgrade;
  const { data } = await stripe.paymentMethods.list({ customer: customer.id });
  for (const method of data) await stripe.paymentMethods.detach(method.id);
  const before = await leftovers(upgrade);
  expect(await errorOf(stripe.subscriptions.update(id, { ...two, ...OR_NOTHING }))).toMatchObject({
    status: 400,
    code: 'resource_missing',
  });
  expect(await leftovers(upgrade)).toEqual(before);
});
