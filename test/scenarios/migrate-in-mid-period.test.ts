import { expect, test } from 'vitest';
import { auditOf } from '../support/audit.ts';
import { SENT } from '../support/billed.ts';
import { advance, invoicesOf, newClockShop, read, unix, useAt } from '../support/clock-shop.ts';
import { licensedPrice, meteredPrice, refusal } from '../support/shop.ts';

test('a classic subscription becomes flexible in mid-period, and changes by the rules of that from then on', async () => {
  const { account, stripe, meter, price, clock, customer } = await newClockShop('2026-04-01T00:00:00Z');
  const seats = await licensedPrice(stripe, { product_data: { name: 'Seats' } });
  const other = await meteredPrice(stripe, meter.id, { unit_amount: 1, product_data: { name: 'Beta' } });
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id }, { price: price.id }],
    billing_mode: { type: 'classic' },
    ...SENT,
  });
  const usageItem = items.data.find((item) => item.price.id === price.id)!;
  await useAt(stripe, meter, customer.id, 350);
  await advance(stripe, clock, '2026-04-11T00:00:00Z');
  const migrated = await stripe.subscriptions.migrate(id, { billing_mode: { type: 'flexible' } });
  expect(migrated.billing_mode).toEqual({
    type: 'flexible',
    flexible: { proration_discounts: 'included' },
    updated_at: unix('2026-04-11T00:00:00Z'),
  });
  expect(migrated.items.data.map((item) => item.current_period_end)).toEqual([
    unix('2026-05-01T00:00:00Z'),
    unix('2026-05-01T00:00:00Z'),
  ]);
  const [event] = (await stripe.events.list({ type: 'customer.subscription.updated', limit: 1 })).data;
  expect(event!.data.previous_attributes).toEqual({
    billing_mode: { flexible: null, type: 'classic', updated_at: null },
  });
  // A classic subscription would lose the usage of the price that it leaves.
  await stripe.subscriptionItems.update(usageItem.id, { price: other.id });
  await useAt(stripe, meter, customer.id, 40, '2026-04-11T00:00:00Z');
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  const [, renewal] = await invoicesOf(stripe, customer.id);
  expect(read(renewal!)).toEqual([
    ['350 × Alpaca AI (at $0.04 per 100 units / month)', 16],
    ['40 × Beta (at $0.01 / month)', 40],
    ['1 × Seats (at $20.00 / month)', 2000],
  ]);
  expect(await auditOf(account)).toEqual([]);
});

test('what is flexible stays so, and what has ended as it is', async () => {
  const { stripe, price, customer } = await newClockShop('2026-04-01T00:00:00Z');
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  const migrate = (subscription: string) =>
    stripe.subscriptions.migrate(subscription, { billing_mode: { type: 'flexible' } });
  expect(await refusal(migrate(id))).toMatchObject({ status: 400, param: 'billing_mode[type]' });
  expect(await refusal(migrate('sub_no'))).toMatchObject({ status: 404, code: 'resource_missing' });
  const classic = { customer: customer.id, items: [{ price: price.id }], billing_mode: { type: 'classic' as const } };
  const other = await stripe.subscriptions.create(classic);
  await stripe.subscriptions.cancel(other.id);
  expect(await refusal(migrate(other.id))).toMatchObject({ status: 400 });
  const back = stripe.subscriptions.migrate(id, { billing_mode: { type: 'classic' as 'flexible' } });
  expect(await refusal(back)).toMatchObject({ status: 400, param: 'billing_mode[type]' });
});

test('a schedule becomes flexible with its subscription, and can then mix months and years on one invoice', async () => {
  const { account, stripe, meter, price, clock, customer } = await newClockShop('2026-04-01T00:00:00Z');
  const seats = await licensedPrice(stripe, { product_data: { name: 'Seats' } });
  const yearly = await licensedPrice(stripe, {
    product_data: { name: 'Year' },
    recurring: { interval: 'year' },
    unit_amount: 24_000,
  });
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id }, { price: price.id }],
    billing_mode: { type: 'classic' },
    ...SENT,
  });
  const made = await stripe.subscriptionSchedules.create({ from_subscription: id });
  const [april, may] = [unix('2026-04-01T00:00:00Z'), unix('2026-05-01T00:00:00Z')];
  const plan = () =>
    stripe.subscriptionSchedules.update(made.id, {
      phases: [
        { items: [{ price: seats.id }, { price: price.id }], start_date: april, end_date: may },
        { items: [{ price: yearly.id }, { price: price.id }], duration: { interval: 'month' } },
      ],
    });
  expect(await refusal(plan())).toMatchObject({ status: 400, param: 'phases[1][items]' });
  await advance(stripe, clock, '2026-04-11T00:00:00Z');
  await stripe.subscriptions.migrate(id, { billing_mode: { type: 'flexible' } });
  expect((await plan()).billing_mode).toEqual({
    type: 'flexible',
    flexible: { proration_discounts: 'included' },
    updated_at: unix('2026-04-11T00:00:00Z'),
  });
  await useAt(stripe, meter, customer.id, 350);
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  expect((await invoicesOf(stripe, customer.id)).map(read)).toEqual([
    [
      ['0 × Alpaca AI (at $0.04 per 100 units / month)', 0],
      ['1 × Seats (at $20.00 / month)', 2000],
    ],
    [
      // A month of the year that the anchor counts is over: 24000 × 335 / 365.
      ['1 × Year (at $240.00 / year)', 22_027],
      ['350 × Alpaca AI (at $0.04 per 100 units / month)', 16],
    ],
  ]);
  expect(await auditOf(account)).toEqual([]);
});
