import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, invoicesOf, newClockShop, read, text, useAt } from '../support/clock-shop.ts';
import { expectAudited } from '../support/changed.ts';
import { licensedPrice, meteredPrice } from '../support/shop.ts';

const PENDING = { payment_behavior: 'pending_if_incomplete', proration_behavior: 'always_invoice' } as const;

/** From April 1: usage at 10 cents, and a seat of 30 USD that is paid. 40 were used until the 16th, and no card pays any more. */
async function newUsers(type: 'classic' | 'flexible') {
  const shop = await newClockShop('2026-04-01T00:00:00Z');
  const { stripe, meter, clock, customer } = shop;
  const usage = await meteredPrice(stripe, meter.id, { unit_amount: 10, product_data: { name: 'Calls' } });
  const seat = await licensedPrice(stripe, { unit_amount: 3000, product_data: { name: 'Seat' } });
  await payBy(shop, 'pm_card_visa');
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: usage.id }, { price: seat.id }],
    billing_mode: { type },
  });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  await useAt(stripe, meter, customer.id, 40, '2026-04-10T00:00:00Z');
  await payBy(shop, 'pm_card_chargeCustomerFail');
  const [calls, seats] = items.data.map((item) => item.id) as [string, string];
  return { ...shop, id, calls, seats };
}

type Users = Awaited<ReturnType<typeof newUsers>>;

async function payBy({ stripe, customer }: Pick<Users, 'stripe' | 'customer'>, method: string): Promise<string> {
  const { id } = await stripe.paymentMethods.attach(method, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  return id;
}

/** Pays what the change waits for. */
async function pay(users: Users): Promise<Stripe.Subscription> {
  const { stripe, id } = users;
  const { latest_invoice: invoice } = await stripe.subscriptions.retrieve(id);
  await stripe.invoices.pay(invoice as string, { payment_method: await payBy(users, 'pm_card_visa') });
  return await stripe.subscriptions.retrieve(id);
}

const billedOf = async ({ stripe, customer }: Users) =>
  (await invoicesOf(stripe, customer.id)).map((invoice) => [invoice.status, ...read(invoice)]);

test('flexible: usage of a meter that is left is billed until the change is made', async () => {
  const users = await newUsers('flexible');
  const { account, stripe, meter, clock, customer, id, calls } = users;
  const waiting = await stripe.subscriptions.update(id, { items: [{ id: calls, deleted: true }], ...PENDING });
  expect(waiting.items.data).toHaveLength(2);
  await advance(stripe, clock, '2026-04-16T12:00:00Z');
  await useAt(stripe, meter, customer.id, 7, '2026-04-16T00:00:01Z');
  expect((await pay(users)).items.data).toHaveLength(1);
  // Nobody counts what is used now.
  await useAt(stripe, meter, customer.id, 5, '2026-04-16T12:00:00Z');
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  expect(await billedOf(users)).toEqual([
    ['paid', ['1 × Seat (at $30.00 / month)', 3000]],
    ['paid', ['40 × Calls (at $0.10 / month)', 400]],
    ['paid', ['7 × Calls (at $0.10 / month)', 70], ['1 × Seat (at $30.00 / month)', 3000]],
  ]);
  await expectAudited(account, customer.id);
});

test.each(['classic', 'flexible'] as const)(
  '%s: usage on the invoice of a change that expires is billed by the end of its period, once',
  async (type) => {
    const users = await newUsers(type);
    const { account, stripe, meter, clock, customer, id } = users;
    await stripe.rawRequest('POST', '/v1/usance/billing_settings', { late_usage: 'next_invoice' });
    const anchored = await stripe.subscriptions.update(id, { billing_cycle_anchor: { type: 'now' }, ...PENDING });
    expect(text(anchored.pending_update!.billing_cycle_anchor!)).toBe('2026-04-16T00:00:00Z');
    expect(text(anchored.billing_cycle_anchor)).toBe('2026-04-01T00:00:00Z');
    // Half of a seat is given back, and a whole one begins; the usage so far is billed with that.
    expect((await invoicesOf(stripe, customer.id)).at(-1)).toMatchObject({ status: 'open', total: -1500 + 3000 + 400 });
    await useAt(stripe, meter, customer.id, 7, '2026-04-15T00:00:00Z');
    await advance(stripe, clock, '2026-04-18T00:00:00Z');
    await payBy(users, 'pm_card_visa');
    await advance(stripe, clock, '2026-05-01T02:00:00Z');
    expect((await billedOf(users)).at(-1)).toEqual([
      'paid',
      ['1 × Seat (at $30.00 / month)', 3000],
      ['47 × Calls (at $0.10 / month)', 470],
    ]);
    await advance(stripe, clock, '2026-06-01T02:00:00Z');
    expect((await invoicesOf(stripe, customer.id)).map(({ status, total }) => [status, total])).toEqual([
      ['paid', 3000],
      ['void', 1900],
      ['paid', 3470],
      ['paid', 3000],
    ]);
    await expectAudited(account, customer.id);
  },
);

test.each(['classic', 'flexible'] as const)(
  '%s: a new anchor is that of the request, whenever it is paid',
  async (type) => {
    const users = await newUsers(type);
    const { account, stripe, meter, clock, customer, id } = users;
    await stripe.subscriptions.update(id, { billing_cycle_anchor: { type: 'now' }, ...PENDING });
    await useAt(stripe, meter, customer.id, 7, '2026-04-16T00:00:00Z');
    await advance(stripe, clock, '2026-04-16T22:00:00Z');
    const paid = await pay(users);
    expect([text(paid.billing_cycle_anchor), text(paid.items.data[0]!.current_period_end)]).toEqual([
      '2026-04-16T00:00:00Z',
      '2026-05-16T00:00:00Z',
    ]);
    await advance(stripe, clock, '2026-05-16T02:00:00Z');
    expect((await invoicesOf(stripe, customer.id)).map(({ status, total }) => [status, total])).toEqual([
      ['paid', 3000],
      ['paid', 1900],
      ['paid', 3070],
    ]);
    await expectAudited(account, customer.id);
  },
);

test('the end of a trial waits for its payment; without it the trial goes on, and ends by itself', async () => {
  const shop = await newClockShop('2026-04-01T00:00:00Z');
  const { account, stripe, clock, customer } = shop;
  const seat = await licensedPrice(stripe, { unit_amount: 3000, product_data: { name: 'Seat' } });
  await payBy(shop, 'pm_card_chargeCustomerFail');
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seat.id }],
    trial_period_days: 14,
  });
  await advance(stripe, clock, '2026-04-14T12:00:00Z');
  const end = { trial_end: 'now', payment_behavior: 'pending_if_incomplete' } as const;
  const waiting = await stripe.subscriptions.update(id, end);
  expect(waiting).toMatchObject({ status: 'trialing', pending_update: { subscription_items: null } });
  // The trial ends before 23 hours are over.
  expect(text(waiting.pending_update!.expires_at)).toBe('2026-04-15T00:00:00Z');
  expect(text(waiting.pending_update!.trial_end!)).toBe('2026-04-14T12:00:00Z');
  await payBy(shop, 'pm_card_visa');
  await advance(stripe, clock, '2026-04-15T02:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ status: 'active', pending_update: null });
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(({ status, total }) => [status, total])).toEqual([
    ['paid', 0],
    ['void', 3000],
    ['paid', 3000],
  ]);
  await expectAudited(account, customer.id);
});

test('a threshold and a phase give up what is pending', async () => {
  const users = await newUsers('flexible');
  const { stripe, meter, clock, customer, id, seats } = users;
  const two = { items: [{ id: seats, quantity: 2 }], ...PENDING };
  await stripe.subscriptions.update(id, { billing_thresholds: { amount_gte: 1000 } });
  await stripe.subscriptions.update(id, two);
  await useAt(stripe, meter, customer.id, 60, '2026-04-16T00:00:00Z');
  await advance(stripe, clock, '2026-04-16T01:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ pending_update: null });
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: id });
  const [phase] = schedule.phases;
  const items = phase!.items.map(({ price, quantity }) =>
    quantity === undefined ? { price: price as string } : { price: price as string, quantity },
  );
  const [start, middle] = [phase!.start_date, phase!.start_date + 16 * 86_400];
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items, start_date: start, end_date: middle },
      { items, start_date: middle, duration: { interval: 'month' } },
    ],
  });
  await advance(stripe, clock, '2026-04-16T12:00:00Z');
  const waiting = await stripe.subscriptions.update(id, two);
  expect(text(waiting.pending_update!.expires_at)).toBe('2026-04-17T11:00:00Z');
  await advance(stripe, clock, '2026-04-17T00:00:00Z');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ pending_update: null });
  const expired = await stripe.events.list({ type: 'customer.subscription.pending_update_expired' });
  expect(expired.data.map(({ created }) => text(created))).toEqual(['2026-04-17T00:00:00Z', '2026-04-16T00:00:01Z']);
});
