import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { newAccount } from '../support/account.ts';
import { eventTypes, licensedPrice, meteredPrice, newShop, plain, refusal } from '../support/shop.ts';

describe('a subscription', () => {
  test('is created as the guide does, active and without an invoice', async () => {
    const { stripe, price, customer } = await newShop();
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    expect(subscription).toMatchObject({
      billing_mode: { type: 'flexible' },
      collection_method: 'charge_automatically',
      currency: 'usd',
      customer: customer.id,
      days_until_due: null,
      latest_invoice: null,
      status: 'active',
    });
    const [item] = subscription.items.data;
    expect(item).toMatchObject({ subscription: subscription.id, price: { id: price.id }, plan: { id: price.id } });
    expect(item).not.toHaveProperty('quantity');
    expect(item!.current_period_start).toBe(subscription.billing_cycle_anchor);
    expect(subscription.start_date).toBe(subscription.billing_cycle_anchor);
    expect(item!.current_period_end - item!.current_period_start).toBeGreaterThan(27 * 86_400);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toEqual(subscription);
    expect((await stripe.invoices.list()).data).toEqual([]);
  });

  test('keeps what it was given: metadata, description, terms of payment, items in order', async () => {
    const { stripe, price, customer } = await newShop();
    const seats = await licensedPrice(stripe);
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      collection_method: 'send_invoice',
      days_until_due: 14,
      description: 'All of it',
      metadata: { plan: 'gold' },
      billing_mode: { type: 'classic' },
      cancel_at_period_end: false,
      items: [
        { price: price.id, metadata: { kind: 'usage' } },
        { price: seats.id, quantity: 3 },
      ],
    });
    expect(subscription).toMatchObject({
      billing_mode: { type: 'classic' },
      collection_method: 'send_invoice',
      days_until_due: 14,
      description: 'All of it',
      metadata: { plan: 'gold' },
      items: {
        data: [
          { price: { id: price.id }, metadata: { kind: 'usage' } },
          { price: { id: seats.id }, metadata: {}, quantity: 3 },
        ],
        has_more: false,
      },
    });
  });

  test('takes up to 20 items, of quantity 1 where none is given, and of 0 where that is', async () => {
    const { stripe, customer } = await newShop();
    const prices = await Promise.all(Array.from({ length: 20 }, () => licensedPrice(stripe)));
    const items = prices.map(({ id }, index) => (index === 0 ? { price: id, quantity: 0 } : { price: id }));
    const terms = { customer: customer.id, collection_method: 'send_invoice', days_until_due: 0 } as const;
    const subscription = await stripe.subscriptions.create({ ...terms, items });
    expect(subscription.items.data.map((item) => item.price.id)).toEqual(prices.map(({ id }) => id));
    expect(subscription.items.data.map((item) => item.quantity)).toEqual([0, ...Array<number>(19).fill(1)]);
    const tooMany = [...items, { price: (await licensedPrice(stripe)).id }];
    expect(await refusal(stripe.subscriptions.create({ ...terms, items: tooMany }))).toMatchObject({ param: 'items' });
  });

  test('is in a currency that every price has', async () => {
    const { stripe, meter } = await newShop();
    const both = await meteredPrice(stripe, meter.id, { currency_options: { eur: { unit_amount: 5 } } });
    const customer = await stripe.customers.create({});
    const items = [{ price: both.id }];
    const first = await stripe.subscriptions.create({ customer: customer.id, items, currency: 'eur' });
    expect(first.currency).toBe('eur');
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ currency: 'eur' });
    // From then on the customer's currency is the default.
    const second = await stripe.subscriptions.create({ customer: customer.id, items });
    expect(second.currency).toBe('eur');
    const other = await stripe.customers.create({});
    expect((await stripe.subscriptions.create({ customer: other.id, items })).currency).toBe('usd');
  });

  test('may mix intervals that are multiples of the shortest when it is flexible', async () => {
    const { stripe, meter, price, customer } = await newShop();
    const yearly = await meteredPrice(stripe, meter.id, { recurring: { interval: 'year' } });
    const items = [{ price: price.id }, { price: yearly.id }];
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
    const [month, year] = subscription.items.data;
    expect(month!.current_period_start).toBe(year!.current_period_start);
    expect(year!.current_period_end - month!.current_period_end).toBeGreaterThan(330 * 86_400);
  });

  test('can be expanded', async () => {
    const { account, stripe, price, customer } = await newShop();
    const subscription = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      billing_mode: { type: 'classic' },
      expand: ['latest_invoice', 'customer', 'items.data.price.product'],
    });
    expect(subscription.customer).toMatchObject({ id: customer.id, name: 'John Doe' });
    expect(subscription.latest_invoice).toMatchObject({ object: 'invoice', status: 'paid' });
    expect(subscription.items.data[0]!.price.product).toMatchObject({ object: 'product', name: 'Alpaca AI' });
    const [listed] = (await stripe.subscriptions.list({ expand: ['data.latest_invoice.customer'] })).data;
    expect(listed!.latest_invoice).toMatchObject({ object: 'invoice', customer: { object: 'customer' } });
    // `data` counts as a level, as in the original, where this path is a known stumbling block.
    await expect(stripe.subscriptions.list({ expand: ['data.items.data.price.product'] })).rejects.toThrow(
      'You cannot expand more than 4 levels',
    );
    const deep = await account.request('GET', `/v1/subscriptions/${subscription.id}`, {
      expand: ['latest_invoice.lines.data.pricing', 'latest_invoice.parent.subscription_details.subscription'],
    });
    expect(deep.body.latest_invoice.parent.subscription_details.subscription.id).toBe(subscription.id);
    const tooDeep = await account.request('GET', `/v1/subscriptions/${subscription.id}`, {
      expand: ['latest_invoice.lines.data.pricing.price_details.price'],
    });
    expect(tooDeep.body.error.message).toContain('You cannot expand more than 4 levels');
  });

  test('is shown on its customer when asked for, until it ends', async () => {
    const { account, stripe, price, customer } = await newShop();
    const items = [{ price: price.id }];
    const subscriptions = [];
    for (let count = 0; count < 12; count++) {
      subscriptions.push(await stripe.subscriptions.create({ customer: customer.id, items }));
    }
    await stripe.subscriptions.cancel(subscriptions[11]!.id);
    const path = `/v1/customers/${customer.id}`;
    const { body } = await account.request('GET', path, { expand: ['subscriptions'] });
    const expected = subscriptions.slice(1, 11).toReversed();
    expect(body.subscriptions.data.map(({ id }: { id: string }) => id)).toEqual(expected.map(({ id }) => id));
    expect(body.subscriptions).toMatchObject({ has_more: true, url: `${path}/subscriptions` });
    const other = await stripe.customers.create({});
    const list = await account.request('GET', '/v1/customers', { expand: ['data.subscriptions'] });
    expect(list.body.data.map((one: { id: string }) => one.id)).toEqual([other.id, customer.id]);
    expect(list.body.data[0].subscriptions.data).toEqual([]);
  });
});

describe('subscriptions are listed', () => {
  test('by customer, price, status, collection and time', async () => {
    const { stripe, meter, price, customer } = await newShop();
    const other = await stripe.customers.create({ email: 'jane@example.com' });
    const seats = await licensedPrice(stripe, { recurring: { interval: 'year' } });
    const unused = await meteredPrice(stripe, meter.id);
    const a = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    const b = await stripe.subscriptions.create({ customer: other.id, items: [{ price: price.id }] });
    const sent = { customer: other.id, collection_method: 'send_invoice', days_until_due: 7 } as const;
    const c = await stripe.subscriptions.create({ ...sent, items: [{ price: seats.id }] });
    await stripe.subscriptions.cancel(b.id);
    const ids = async (params: Stripe.SubscriptionListParams) =>
      (await stripe.subscriptions.list(params)).data.map(({ id }) => id);
    expect(await ids({})).toEqual([c.id, a.id]);
    expect(await ids({ status: 'all' })).toEqual([c.id, b.id, a.id]);
    expect(await ids({ status: 'active' })).toEqual([c.id, a.id]);
    expect(await ids({ status: 'canceled' })).toEqual([b.id]);
    expect(await ids({ status: 'ended' })).toEqual([b.id]);
    expect(await ids({ status: 'past_due' })).toEqual([]);
    expect(await ids({ customer: other.id })).toEqual([c.id]);
    expect(await ids({ price: price.id, status: 'all' })).toEqual([b.id, a.id]);
    expect(await ids({ price: unused.id })).toEqual([]);
    expect(await ids({ plan: price.id, status: 'all' })).toEqual([b.id, a.id]);
    expect(await ids({ plan: seats.id, price: price.id })).toEqual([]);
    expect(await refusal(stripe.subscriptions.list({ plan: 'plan_no' }))).toMatchObject({ param: 'plan' });
    expect(await ids({ collection_method: 'send_invoice' })).toEqual([c.id]);
    expect(await ids({ created: { gt: c.created } })).toEqual([]);
    expect(await ids({ created: { gte: a.created, lte: c.created } })).toEqual([c.id, a.id]);
    const monthEnd = a.items.data[0]!.current_period_end;
    expect(await ids({ current_period_end: { gt: monthEnd + 60 } })).toEqual([c.id]);
    expect(await ids({ current_period_end: { lte: monthEnd } })).toEqual([a.id]);
    expect(await ids({ current_period_start: a.start_date })).toContain(a.id);
    expect(await ids({ current_period_start: { lt: a.start_date } })).toEqual([]);
    expect(await ids({ limit: 1 })).toEqual([c.id]);
    expect(await ids({ limit: 1, starting_after: c.id })).toEqual([a.id]);
    expect(await refusal(stripe.subscriptions.list({ customer: 'cus_no' }))).toMatchObject({ param: 'customer' });
    expect(await refusal(stripe.subscriptions.list({ price: 'price_no' }))).toMatchObject({ param: 'price' });
  });
});

describe('a subscription is changed', () => {
  test('in its metadata and description, and tells so', async () => {
    const { stripe, price, customer } = await newShop();
    const params = { customer: customer.id, items: [{ price: price.id }], metadata: { a: '1', b: '2' } };
    const { id } = await stripe.subscriptions.create(params);
    const changed = await stripe.subscriptions.update(id, { metadata: { b: '', c: '3' }, description: 'New' });
    expect(changed).toMatchObject({ description: 'New' });
    expect(changed.metadata).toEqual({ a: '1', c: '3' });
    const [event] = (await stripe.events.list({ type: 'customer.subscription.updated' })).data;
    expect(event!.data.object).toEqual(plain(changed));
    expect(event!.data.previous_attributes).toEqual({ description: null, metadata: { b: '2', c: null } });
    expect((await stripe.subscriptions.update(id, { metadata: '', description: '' })).metadata).toEqual({});
    await stripe.subscriptions.update(id, { cancel_at_period_end: false });
    expect((await stripe.events.list({ type: 'customer.subscription.updated' })).data).toHaveLength(2);
    expect(await refusal(stripe.subscriptions.update(id, { items: [{ price: price.id }] }))).toMatchObject({
      param: 'items',
      message: expect.stringContaining('same price'),
    });
    expect(await refusal(stripe.subscriptions.update('sub_no', {}))).toMatchObject({
      status: 404,
      code: 'resource_missing',
    });
  });

  test('after its end only in what explains the end', async () => {
    const { stripe, price, customer } = await newShop();
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    await stripe.subscriptions.cancel(id);
    const details = { comment: 'Too many tokens', feedback: 'unused' } as const;
    const changed = await stripe.subscriptions.update(id, { metadata: { a: '1' }, cancellation_details: details });
    expect(changed).toMatchObject({ metadata: { a: '1' }, cancellation_details: details });
    const message = 'A canceled subscription can only update its cancellation_details and metadata.';
    expect(await refusal(stripe.subscriptions.update(id, { description: 'x' }))).toMatchObject({
      status: 400,
      message,
    });
    const [item] = changed.items.data;
    expect(await refusal(stripe.subscriptionItems.update(item!.id, { metadata: { a: '1' } }))).toMatchObject({
      message,
    });
  });
});

describe('a subscription ends', () => {
  test('at once, and once', async () => {
    const { stripe, price, customer } = await newShop();
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    const canceled = await stripe.subscriptions.cancel(id, {
      cancellation_details: { comment: 'Bye', feedback: 'too_expensive' },
      invoice_now: false,
      prorate: false,
    });
    expect(canceled).toMatchObject({
      status: 'canceled',
      cancellation_details: { comment: 'Bye', feedback: 'too_expensive', reason: 'cancellation_requested' },
    });
    expect(canceled.ended_at).toBe(canceled.canceled_at);
    expect(canceled.ended_at).toBeGreaterThanOrEqual(canceled.created);
    const [event] = (await stripe.events.list({ type: 'customer.subscription.deleted' })).data;
    expect(event!.data.object).toEqual(plain(canceled));
    expect(await refusal(stripe.subscriptions.cancel(id))).toMatchObject({
      status: 404,
      code: 'resource_missing',
      message: `No such subscription: '${id}'`,
    });
    expect(await stripe.subscriptions.retrieve(id)).toEqual(canceled);
  });

  test('with its customer', async () => {
    const { stripe, price, customer } = await newShop();
    const items = [{ price: price.id }];
    const first = await stripe.subscriptions.create({ customer: customer.id, items });
    const second = await stripe.subscriptions.create({ customer: customer.id, items });
    await stripe.subscriptions.cancel(first.id);
    expect(await stripe.customers.del(customer.id)).toEqual({ id: customer.id, object: 'customer', deleted: true });
    expect(await stripe.subscriptions.retrieve(second.id)).toMatchObject({ status: 'canceled' });
    const ends = ['customer.subscription.deleted', 'customer.deleted'];
    expect(await eventTypes(stripe, ...ends)).toEqual([ends[0], ...ends]);
    expect(await refusal(stripe.customers.del(customer.id))).toMatchObject({ status: 404 });
    const expanded = await stripe.subscriptions.retrieve(second.id, { expand: ['customer'] });
    expect(expanded.customer).toEqual({ id: customer.id, object: 'customer', deleted: true });
  });
});

describe('the items of a subscription', () => {
  test('are retrieved, listed and changed in their metadata', async () => {
    const { stripe, meter, price, customer } = await newShop();
    const other = await meteredPrice(stripe, meter.id);
    const items = [{ price: price.id }, { price: other.id }];
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
    const [first, second] = subscription.items.data;
    expect(await stripe.subscriptionItems.retrieve(first!.id)).toEqual(first);
    const listed = await stripe.subscriptionItems.list({ subscription: subscription.id });
    expect(listed.data).toEqual([second, first]);
    const page = await stripe.subscriptionItems.list({
      subscription: subscription.id,
      limit: 1,
      starting_after: second!.id,
    });
    expect(page).toMatchObject({ data: [{ id: first!.id }], has_more: false });
    const changed = await stripe.subscriptionItems.update(first!.id, { metadata: { a: '1' } });
    expect(changed).toEqual({ ...first, metadata: { a: '1' } });
    const [event] = (await stripe.events.list({ type: 'customer.subscription.updated' })).data;
    expect(event!.data.object).toEqual(plain(await stripe.subscriptions.retrieve(subscription.id)));
    expect(event!.data.previous_attributes).toEqual(plain({ items: { data: [first, second] } }));
  });

  test('are looked for in vain where there are none', async () => {
    const { account, stripe } = await newShop();
    expect(await refusal(stripe.subscriptionItems.retrieve('si_no'))).toMatchObject({ status: 404 });
    const missing = await account.request('GET', '/v1/subscription_items');
    expect(missing.body.error).toMatchObject({ code: 'parameter_missing', param: 'subscription' });
    const unknown = await refusal(stripe.subscriptionItems.list({ subscription: 'sub_no' }));
    expect(unknown).toMatchObject({ status: 400, code: 'resource_missing', param: 'subscription' });
  });
});

test('a subscription is unknown to other accounts', async () => {
  const { stripe, price, customer } = await newShop();
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  const [item] = subscription.items.data;
  const { stripe: stranger } = await newAccount();
  const calls = [
    () => stranger.subscriptions.retrieve(subscription.id),
    () => stranger.subscriptions.update(subscription.id, { description: 'x' }),
    () => stranger.subscriptions.cancel(subscription.id),
    () => stranger.subscriptionItems.retrieve(item!.id),
    () => stranger.subscriptionItems.update(item!.id, { metadata: { a: '1' } }),
  ];
  for (const call of calls) expect(await refusal(call())).toMatchObject({ status: 404, code: 'resource_missing' });
  expect((await stranger.subscriptions.list({ status: 'all' })).data).toEqual([]);
});
