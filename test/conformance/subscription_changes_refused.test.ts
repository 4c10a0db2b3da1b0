import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { eventTypes, licensedPrice, newShop, refusal } from '../support/shop.ts';

const SENT = { collection_method: 'send_invoice', days_until_due: 30 } as const;

/** A subscription to seats and to usage, another to seats alone, and prices that do not fit. */
async function changeShop() {
  const shop = await newShop();
  const { stripe, customer, price } = shop;
  const seats = await licensedPrice(stripe);
  const plus = await licensedPrice(stripe);
  const euro = await licensedPrice(stripe, { currency: 'eur' });
  const archived = await licensedPrice(stripe);
  await stripe.prices.update(archived.id, { active: false });
  const setup = await stripe.prices.create({ currency: 'usd', unit_amount: 1, product: plus.product as string });
  const items = [{ price: seats.id, quantity: 2 }, { price: price.id }];
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items, ...SENT });
  const other = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: plus.id }], ...SENT });
  return { ...shop, seats, plus, euro, archived, setup, subscription, other };
}

type ChangeShop = Awaited<ReturnType<typeof changeShop>>;
type Update = Stripe.SubscriptionUpdateParams;

const items = (...entries: NonNullable<Update['items']>) => ({ items: entries });
const AT = 'items[0]';

const cases = (shop: ChangeShop): [name: string, params: Update, error: object][] => {
  const { seats, plus, euro, archived, setup, price, subscription, other } = shop;
  const [seat, usage] = subscription.items.data.map(({ id }) => id);
  const period = subscription.items.data[0]!;
  return [
    ['an item of another', items({ id: other.items.data[0]!.id }), { param: `${AT}[id]`, code: 'resource_missing' }],
    ['no such item', items({ id: 'si_no', deleted: true }), { param: `${AT}[id]`, code: 'resource_missing' }],
    ['no such price', items({ price: 'price_no' }), { param: `${AT}[price]`, code: 'resource_missing' }],
    ['no price', items({ quantity: 2 }), { param: `${AT}[price]`, code: 'parameter_missing' }],
    ['an archived price', items({ price: archived.id }), { param: `${AT}[price]` }],
    ['a one-time price', items({ price: setup.id }), { param: `${AT}[price]` }],
    [
      'a price of another currency',
      items({ price: euro.id }),
      { param: `${AT}[price]`, message: expect.stringContaining('usd') },
    ],
    [
      'a price of another currency, of the second item that is named',
      items({ id: seat!, quantity: 3 }, { id: usage!, price: euro.id }),
      { param: 'items[1][price]' },
    ],
    [
      'an inline price of another currency',
      items({
        price_data: {
          currency: 'eur',
          product: plus.product as string,
          recurring: { interval: 'month' },
          unit_amount: 1,
        },
      }),
      { param: `${AT}[price_data][currency]` },
    ],
    ['a price that is there', items({ price: seats.id }), { message: expect.stringContaining('same price') }],
    ['a price that another item has', items({ id: seat!, price: price.id }), { param: 'items' }],
    ['a quantity of usage', items({ id: usage!, quantity: 2 }), { param: `${AT}[quantity]` }],
    ['a quantity of usage to be', items({ id: seat!, price: price.id, quantity: 2 }), { param: `${AT}[quantity]` }],
    ['deleting what has no id', items({ price: plus.id, deleted: true }), { param: `${AT}[id]` }],
    ['deleting and changing', items({ id: seat!, deleted: true, quantity: 2 }), { param: `${AT}[quantity]` }],
    ['deleting all', items({ id: seat!, deleted: true }, { id: usage!, deleted: true }), { param: 'items' }],
    ['clearing seats', items({ id: seat!, clear_usage: true }), { param: `${AT}[clear_usage]` }],
    [
      'two prices at once',
      items({
        price: plus.id,
        price_data: { currency: 'usd', product: 'prod_no', recurring: { interval: 'month' }, unit_amount: 1 },
      }),
      { code: 'parameters_exclusive' },
    ],
    [
      'an inline price of no product',
      items({ price_data: { currency: 'usd', product: 'prod_no', recurring: { interval: 'month' }, unit_amount: 1 } }),
      { param: `${AT}[price_data][product]`, code: 'resource_missing' },
    ],
    [
      'a proration before the period',
      { ...items({ price: plus.id }), proration_date: period.current_period_start - 1 },
      { param: 'proration_date' },
    ],
    [
      'a proration after the period',
      { ...items({ price: plus.id }), proration_date: period.current_period_end + 1 },
      { param: 'proration_date' },
    ],
    [
      'a threshold of nothing',
      { billing_thresholds: { reset_billing_cycle_anchor: true } },
      { param: 'billing_thresholds[amount_gte]', code: 'parameter_missing' },
    ],
    [
      'an anchor that is no object',
      { billing_cycle_anchor: 'now' as never },
      { param: 'billing_cycle_anchor', message: expect.stringContaining('billing_cycle_anchor[type]') },
    ],
    [
      'days until due of what is charged',
      { collection_method: 'charge_automatically', days_until_due: 3 },
      { param: 'days_until_due' },
    ],
  ];
};

test('a change of a subscription is refused, and nothing is written', async () => {
  const shop = await changeShop();
  const { stripe, subscription } = shop;
  const before = await eventTypes(stripe);
  for (const [name, params, error] of cases(shop)) {
    const call = stripe.subscriptions.update(subscription.id, { ...params, metadata: { a: '1' } });
    expect({ name, ...(await refusal(call)) }).toMatchObject({ name, status: 400, ...error });
  }
  expect(await eventTypes(stripe)).toEqual(before);
  expect(await stripe.subscriptions.retrieve(subscription.id)).toEqual(subscription);
});

test('a change of one item is refused by the names that it has there', async () => {
  const { stripe, subscription, seats, plus, euro } = await changeShop();
  const [seat, usage] = subscription.items.data.map(({ id }) => id);
  const refused = async (call: Promise<unknown>) => await refusal(call);
  const { subscriptionItems: api } = stripe;
  expect(await refused(api.update(usage!, { quantity: 1 }))).toMatchObject({ param: 'quantity' });
  expect(await refused(api.update(seat!, { price: 'price_no' }))).toMatchObject({ param: 'price' });
  expect(await refused(api.create({ subscription: subscription.id, price: seats.id }))).toMatchObject({
    param: 'price',
  });
  expect(await refused(api.create({ subscription: subscription.id, quantity: 1 }))).toMatchObject({ param: 'price' });
  const other = { param: 'price', message: expect.stringContaining('expected currency') };
  expect(await refused(api.create({ subscription: subscription.id, price: euro.id }))).toMatchObject(other);
  expect(await refused(api.update(usage!, { price: euro.id }))).toMatchObject(other);
  expect(await refused(api.create({ subscription: 'sub_no', price: plus.id }))).toMatchObject({
    status: 400,
    param: 'subscription',
  });
  expect(await refused(api.del(seat!, { clear_usage: true }))).toMatchObject({ param: 'clear_usage' });
  await api.del(usage!);
  expect(await refused(api.del(usage!))).toMatchObject({ status: 404, code: 'resource_missing' });
  expect(await refused(api.del(seat!))).toMatchObject({ message: expect.stringContaining('at least one') });
  await stripe.subscriptions.cancel(subscription.id);
  for (const params of [{ price: plus.id }, { quantity: 3 }]) {
    expect(await refused(api.update(seat!, params))).toMatchObject({ message: expect.stringContaining('canceled') });
  }
  const anchor = { billing_cycle_anchor: { type: 'now' as const } };
  expect(await refused(stripe.subscriptions.update(subscription.id, anchor))).toMatchObject({ status: 400 });
});

test('at most 20 items are on a subscription, however they come there', async () => {
  const { stripe, customer } = await newShop();
  const prices = await Promise.all(Array.from({ length: 21 }, () => licensedPrice(stripe)));
  const all = prices.map(({ id }) => ({ price: id }));
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: all.slice(0, 19), ...SENT });
  const two = await refusal(stripe.subscriptions.update(id, { items: all.slice(19), proration_behavior: 'none' }));
  expect(two).toMatchObject({ status: 400, param: 'items', message: expect.stringContaining('20') });
  const full = await stripe.subscriptions.update(id, { items: all.slice(19, 20), proration_behavior: 'none' });
  expect(full.items.data).toHaveLength(20);
});
