import { expect, test } from 'vitest';
import { auditOf } from '../support/audit.ts';
import { SENT } from '../support/billed.ts';
import { advance, invoicesOf, newClockShop, read, text, unix, useAt } from '../support/clock-shop.ts';
import { eventTypes, licensedPrice, refusal } from '../support/shop.ts';

/** Two seats of 20 USD and usage of 0.04 USD for each 100 tokens begun, from January 15 on. */
async function newTeam(params: { readonly cancel_at_period_end?: boolean } = {}) {
  const shop = await newClockShop('2026-01-15T10:00:00Z');
  const { stripe, price, customer } = shop;
  const seats = await licensedPrice(stripe, { product_data: { name: 'Seats' } });
  const items = [{ price: seats.id, quantity: 2 }, { price: price.id }];
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items, ...SENT, ...params });
  return { ...shop, subscription };
}

test('a subscription that ends with its period bills the usage of the last one, and no seats', async () => {
  const { account, stripe, meter, clock, customer, subscription } = await newTeam();
  await useAt(stripe, meter, customer.id, 1000);
  await advance(stripe, clock, '2026-02-20T00:00:00Z');
  const ending = await stripe.subscriptions.update(subscription.id, {
    cancel_at_period_end: true,
    cancellation_details: { comment: 'Too dear', feedback: 'too_expensive' },
  });
  expect(ending).toMatchObject({
    // Its first invoice was to be paid by then.
    status: 'past_due',
    cancel_at_period_end: true,
    cancel_at: unix('2026-03-15T10:00:00Z'),
    canceled_at: unix('2026-02-20T00:00:00Z'),
    ended_at: null,
    cancellation_details: { comment: 'Too dear', feedback: 'too_expensive', reason: 'cancellation_requested' },
  });
  const [updated] = (await stripe.events.list({ type: 'customer.subscription.updated', limit: 1 })).data;
  expect(updated!.data.previous_attributes).toMatchObject({ cancel_at: null, cancel_at_period_end: false });
  await useAt(stripe, meter, customer.id, 250);
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(read(preview)).toEqual([['250 × Alpaca AI (at $0.04 per 100 units / month)', 12]]);

  await advance(stripe, clock, '2026-03-15T10:00:00Z');
  const ended = await stripe.subscriptions.retrieve(subscription.id);
  expect(ended).toMatchObject({
    status: 'canceled',
    ended_at: unix('2026-03-15T10:00:00Z'),
    canceled_at: unix('2026-02-20T00:00:00Z'),
    cancel_at_period_end: true,
  });
  expect((await eventTypes(stripe, 'customer.subscription', 'invoice.created')).slice(-2)).toEqual([
    'customer.subscription.deleted',
    'invoice.created',
  ]);
  // Until it is final the last invoice follows late usage, as all others.
  await useAt(stripe, meter, customer.id, 100, '2026-03-15T09:59:59Z');
  await useAt(stripe, meter, customer.id, 9_900, '2026-03-15T10:00:00Z');
  await advance(stripe, clock, '2026-07-15T12:00:00Z');
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map((invoice) => [text(invoice.created), invoice.status, ...read(invoice)])).toEqual([
    ['2026-01-15T10:00:00Z', 'open', ['2 × Seats (at $20.00 / month)', 4000]],
    [
      '2026-02-15T10:00:00Z',
      'open',
      ['1000 × Alpaca AI (at $0.04 per 100 units / month)', 40],
      ['2 × Seats (at $20.00 / month)', 4000],
    ],
    // 350 tokens are four packages begun; 16 cents are carried over.
    ['2026-03-15T10:00:00Z', 'paid', ['350 × Alpaca AI (at $0.04 per 100 units / month)', 16]],
  ]);
  expect(invoices[2]).toMatchObject({ billing_reason: 'subscription_cycle', id: ended.latest_invoice });
  expect(await auditOf(account)).toEqual([]);
});

test('an end that is taken back never was', async () => {
  const { account, stripe, clock, customer, subscription } = await newTeam({ cancel_at_period_end: true });
  expect(subscription).toMatchObject({ cancel_at: unix('2026-02-15T10:00:00Z'), cancel_at_period_end: true });
  await advance(stripe, clock, '2026-02-15T09:59:59Z');
  const back = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false });
  expect(back).toMatchObject({ cancel_at: null, cancel_at_period_end: false, canceled_at: null });
  expect(back.cancellation_details!.reason).toBeNull();
  await advance(stripe, clock, '2026-03-15T12:00:00Z');
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ status: 'past_due' });
  expect((await invoicesOf(stripe, customer.id)).map(({ total }) => total)).toEqual([4000, 4000, 4000]);
  expect(await stripe.invoiceItems.list({ customer: customer.id })).toMatchObject({ data: [] });
  expect(await auditOf(account)).toEqual([]);
});

test('a time of its own stays when nobody asks for it to go, and two ends are refused', async () => {
  const { stripe, subscription } = await newTeam();
  const update = (params: object) => stripe.subscriptions.update(subscription.id, params);
  const later = unix('2026-09-01T00:00:00Z');
  expect(await update({ cancel_at: later })).toMatchObject({ cancel_at: later, cancel_at_period_end: false });
  expect(await update({ cancel_at_period_end: false })).toMatchObject({ cancel_at: later });
  expect(await update({ cancel_at_period_end: true })).toMatchObject({ cancel_at: unix('2026-02-15T10:00:00Z') });
  expect(await update({ cancel_at: '' })).toMatchObject({ cancel_at: null, cancel_at_period_end: false });
  const both = await refusal(update({ cancel_at: later, cancel_at_period_end: true }));
  expect(both).toMatchObject({ code: 'parameters_exclusive', param: 'cancel_at' });
  const past = await refusal(update({ cancel_at: unix('2026-01-15T10:00:00Z') }));
  expect(past).toMatchObject({ status: 400, param: 'cancel_at', message: expect.stringContaining('future') });
  expect(await refusal(update({ cancel_at: 'max_billed_until' }))).toMatchObject({ code: 'parameter_not_served' });
  expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({ cancel_at: null, canceled_at: null });
});
