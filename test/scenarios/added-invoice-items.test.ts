import { expect, test } from 'vitest';
import { advance, invoicesOf, read, text } from '../support/clock-shop.ts';
import { expectAudited, newPlans, payByCard, pendingOf, SENT } from '../support/changed.ts';
import { eventTypes, refusal } from '../support/shop.ts';

async function newSetup() {
  const shop = await newPlans('2026-04-01T00:00:00Z', { Seats: 2000 });
  const setup = await shop.stripe.prices.create({
    currency: 'usd',
    unit_amount: 5000,
    product_data: { name: 'Set-up' },
  });
  return { ...shop, setup };
}

test('what is charged once is on the first invoice, and what an update adds on the next one', async () => {
  const { account, stripe, clock, customer, plans, setup } = await newSetup();
  await payByCard(stripe, customer.id);
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'once' });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.Seats.id }],
    add_invoice_items: [
      { price: setup.id, quantity: 2, metadata: { kind: 'once' }, discounts: [{ coupon: coupon.id }] },
    ],
  });
  const [first] = await invoicesOf(stripe, customer.id);
  expect(read(first!)).toEqual([
    ['Set-up', 10_000],
    ['1 × Seats (at $20.00 / month)', 2000],
  ]);
  expect(first).toMatchObject({ status: 'paid', total: 11_000, billing_reason: 'subscription_create' });
  const [once, seats] = first!.lines.data;
  expect(once).toMatchObject({ quantity: 2, metadata: { kind: 'once' }, period: seats!.period });
  expect(await eventTypes(stripe, 'customer.subscription', 'invoiceitem', 'invoice.created')).toEqual([
    'customer.subscription.created',
    'invoiceitem.created',
    'invoice.created',
    // Paid, so that it is active.
    'customer.subscription.updated',
  ]);

  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  await stripe.subscriptions.update(subscription.id, {
    add_invoice_items: [
      {
        price_data: { currency: 'usd', product: setup.product as string, unit_amount: 700 },
        period: { start: { type: 'max_item_period_start' }, end: { type: 'min_item_period_end' } },
      },
    ],
  });
  expect(await pendingOf(stripe, customer.id)).toEqual([['Set-up', 700]]);
  const [pending] = (await stripe.invoiceItems.list({ customer: customer.id, pending: true })).data;
  expect([text(pending!.period.start), text(pending!.period.end)]).toEqual([
    '2026-04-01T00:00:00Z',
    '2026-05-01T00:00:00Z',
  ]);
  // Charged at once where that is asked for, with what is pending.
  await stripe.subscriptions.update(subscription.id, {
    add_invoice_items: [{ price: setup.id }],
    items: [{ id: subscription.items.data[0]!.id, quantity: 2 }],
    proration_behavior: 'always_invoice',
  });
  const second = (await invoicesOf(stripe, customer.id)).at(-1)!;
  expect(read(second)).toEqual([
    ['Unused time on Seats after 16 Apr 2026', -1000],
    ['Remaining time on 2 × Seats after 16 Apr 2026', 2000],
    ['Set-up', 5000],
    ['Set-up', 700],
  ]);
  expect(second).toMatchObject({ status: 'paid', total: 6700, billing_reason: 'subscription_update' });
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  expect(read((await invoicesOf(stripe, customer.id)).at(-1)!)).toEqual([['2 × Seats (at $20.00 / month)', 4000]]);
  await expectAudited(account, customer.id);
});

test('a flexible subscription of usage alone has a first invoice where something is charged once', async () => {
  const { account, stripe, price, customer, setup } = await newSetup();
  await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    add_invoice_items: [{ price: setup.id }],
    ...SENT,
  });
  const invoices = await invoicesOf(stripe, customer.id);
  expect(invoices.map(read)).toEqual([[['Set-up', 5000]]]);
  await expectAudited(account, customer.id);
});

test('what can not be charged once is refused, and nothing is left of the request', async () => {
  const { stripe, customer, plans, setup } = await newSetup();
  const items = [{ price: plans.Seats.id }];
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items, ...SENT });
  const now = { type: 'now' as const };
  const early = { type: 'timestamp' as const, timestamp: 1 };
  for (const [added, error] of [
    [{ price: plans.Seats.id }, { param: 'add_invoice_items[0][price]' }],
    [{ price: 'price_no' }, { param: 'add_invoice_items[0][price]', code: 'resource_missing' }],
    [{ quantity: 1 }, { param: 'add_invoice_items[0][price]', code: 'parameter_missing' }],
    [{ price: setup.id, period: { start: now, end: early } }, { param: 'add_invoice_items[0][period][end]' }],
    [
      { price: setup.id, period: { start: now, end: { type: 'timestamp' as const } } },
      { param: 'add_invoice_items[0][period][end][timestamp]', code: 'parameter_missing' },
    ],
    [
      { price: setup.id, price_data: { currency: 'usd', product: setup.product as string, unit_amount: 1 } },
      { code: 'parameters_exclusive' },
    ],
  ] as const) {
    const params = { add_invoice_items: [added], metadata: { a: '1' } };
    expect({ added, ...(await refusal(stripe.subscriptions.update(id, params))) }).toMatchObject({
      status: 400,
      ...error,
    });
  }
  expect(await pendingOf(stripe, customer.id)).toEqual([]);
  expect((await stripe.subscriptions.retrieve(id)).metadata).toEqual({});
});
