import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { advance, invoicesOf, newClockShop, unix, useAt } from '../support/clock-shop.ts';
import { invoiceDifferences } from '../support/invoice-differences.ts';
import { eventTypes, licensedPrice, refusal } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
});
afterAll(() => database.close());

const SENT = { collection_method: 'send_invoice', days_until_due: 30 } as const;

/** A shop on the last day of January, with seats at 20 USD a month. */
async function newSeats(start = '2026-01-31T00:00:00Z') {
  const shop = await newClockShop(start);
  const seats = await licensedPrice(shop.stripe, { product_data: { name: 'Seats' } });
  return { ...shop, seats };
}

type Seats = Awaited<ReturnType<typeof newSeats>>;

async function subscribe(
  { stripe, customer, seats }: Seats,
  discounts: Stripe.SubscriptionCreateParams.Discount[],
  more: Partial<Stripe.SubscriptionCreateParams> = {},
): Promise<Stripe.Subscription> {
  return await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id }],
    ...SENT,
    discounts,
    ...more,
  });
}

const totals = async ({ stripe, customer }: Seats) =>
  (await invoicesOf(stripe, customer.id)).map((invoice) => [
    invoice.subtotal,
    ...(invoice.total_discount_amounts ?? []).map(({ amount }) => -amount),
    invoice.total,
  ]);

describe('a discount of a subscription', () => {
  test('that repeats for 3 months is on the invoices of 3 months, and then leaves it', async () => {
    const shop = await newSeats();
    const { stripe, clock } = shop;
    const coupon = await stripe.coupons.create({ percent_off: 33.33, duration: 'repeating', duration_in_months: 3 });
    const { id, discounts } = await subscribe(shop, [{ coupon: coupon.id }]);
    const expanded = await stripe.subscriptions.retrieve(id, {
      expand: ['discounts.source.coupon', 'discounts.customer'],
    });
    expect(expanded.discounts).toMatchObject([
      {
        id: discounts[0],
        object: 'discount',
        start: unix('2026-01-31T00:00:00Z'),
        end: unix('2026-04-30T00:00:00Z'),
        subscription: id,
        subscription_item: null,
        invoice: null,
        invoice_item: null,
        promotion_code: null,
        customer: { id: shop.customer.id },
        source: { type: 'coupon', coupon: { id: coupon.id } },
      },
    ]);
    const preview = await stripe.invoices.createPreview({ subscription: id });
    expect(preview).toMatchObject({ discounts, total: 1333, total_discount_amounts: [{ amount: 667 }] });
    await advance(stripe, clock, '2026-05-31T02:00:00Z');
    expect(await totals(shop)).toEqual([
      [2000, -667, 1333],
      [2000, -667, 1333],
      [2000, -667, 1333],
      [2000, 2000],
      [2000, 2000],
    ]);
    expect((await stripe.subscriptions.retrieve(id)).discounts).toEqual([]);
    const [first] = await invoicesOf(stripe, shop.customer.id);
    const told = await stripe.invoices.retrieve(first!.id, { expand: ['discounts'] });
    expect(told.discounts).toMatchObject([{ id: discounts[0], deleted: true, subscription: id }]);
    expect((await stripe.coupons.retrieve(coupon.id)).times_redeemed).toBe(1);
    const { data } = await stripe.events.list({ type: 'customer.discount.deleted' });
    expect(data.map((event) => [event.created, event.data.object])).toMatchObject([
      [unix('2026-04-30T00:00:00Z'), { id: discounts[0], object: 'discount', subscription: id }],
    ]);
  });

  test('that applies once is used up by the first invoice, with what was pending', async () => {
    const shop = await newSeats();
    const { stripe, clock, customer } = shop;
    const coupon = await stripe.coupons.create({ amount_off: 2500, currency: 'usd', duration: 'once' });
    await stripe.invoiceItems.create({ customer: customer.id, amount: 1000, currency: 'usd' });
    const subscription = await subscribe(shop, [{ coupon: coupon.id }]);
    expect(subscription.discounts).toEqual([]);
    await advance(stripe, clock, '2026-02-28T02:00:00Z');
    const [first, second] = await invoicesOf(stripe, customer.id);
    expect(first).toMatchObject({ subtotal: 3000, total: 500, total_discount_amounts: [{ amount: 2500 }] });
    expect(first!.lines.data.map(({ discount_amounts: parts }) => parts?.map(({ amount }) => amount))).toEqual([
      [833],
      [1667],
    ]);
    expect(second).toMatchObject({ subtotal: 2000, total: 2000, discounts: [], total_discount_amounts: [] });
    expect((await eventTypes(stripe, 'customer.discount', 'customer.subscription')).slice(0, 4)).toEqual([
      'customer.discount.created',
      'customer.subscription.created',
      'customer.discount.deleted',
      'customer.subscription.updated',
    ]);
  });

  test('that applies once waits for an invoice that charges something, whose late usage it reduces too', async () => {
    const shop = await newSeats('2026-01-01T00:00:00Z');
    const { stripe, clock, customer, price, meter } = shop;
    const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' });
    const items = [{ price: price.id }];
    const { id, discounts } = await subscribe(shop, [{ coupon: coupon.id }], {
      items,
      billing_mode: { type: 'classic' },
    });
    expect(discounts).toHaveLength(1);
    await advance(stripe, clock, '2026-02-10T00:00:00Z');
    await useAt(stripe, meter, customer.id, 100_000);
    expect(await stripe.invoices.createPreview({ subscription: id })).toMatchObject({ subtotal: 4000, total: 2000 });
    const recurring = await stripe.invoices.createPreview({ subscription: id, preview_mode: 'recurring' });
    expect(recurring).toMatchObject({ total: 4000, discounts: [] });
    await advance(stripe, clock, '2026-03-01T00:30:00Z');
    await useAt(stripe, meter, customer.id, 5_000, '2026-02-28T23:00:00Z');
    await advance(stripe, clock, '2026-04-01T02:00:00Z');
    expect(await totals(shop)).toEqual([
      [0, 0],
      [0, 0],
      [4200, -2100, 2100],
      [0, 0],
    ]);
    expect((await stripe.subscriptions.retrieve(id)).discounts).toEqual([]);
  });

  test('that lasts is changed, taken off and put on mid-way: each invoice has what the subscription had', async () => {
    const shop = await newSeats('2026-01-01T00:00:00Z');
    const { stripe, clock } = shop;
    const ten = await stripe.coupons.create({ percent_off: 10, duration: 'forever' });
    const three = await stripe.coupons.create({ amount_off: 300, currency: 'usd', duration: 'forever' });
    const { id, discounts } = await subscribe(shop, [{ coupon: ten.id }]);
    await advance(stripe, clock, '2026-01-10T00:00:00Z');
    const both = await stripe.subscriptions.update(id, {
      discounts: [{ coupon: three.id }, { discount: discounts[0] as string }],
    });
    expect(both.discounts[1]).toBe(discounts[0]);
    await advance(stripe, clock, '2026-02-02T00:00:00Z');
    expect(await stripe.subscriptions.update(id, { discounts: '' })).toMatchObject({ discounts: [] });
    await advance(stripe, clock, '2026-03-02T00:00:00Z');
    await stripe.subscriptions.update(id, { discounts: [{ coupon: ten.id }] });
    await advance(stripe, clock, '2026-04-02T00:00:00Z');
    const gone = await stripe.subscriptions.deleteDiscount(id);
    expect(gone).toMatchObject({ object: 'discount', deleted: true, subscription: id, source: { coupon: ten.id } });
    expect(gone).not.toHaveProperty('end');
    await advance(stripe, clock, '2026-05-02T00:00:00Z');
    expect(await totals(shop)).toEqual([
      [2000, -200, 1800],
      // 10% of what 300 leave of 2000.
      [2000, -300, -170, 1530],
      [2000, 2000],
      [2000, -200, 1800],
      [2000, 2000],
    ]);
    // Put on anew, it is redeemed anew; renewals redeem nothing.
    expect((await stripe.coupons.retrieve(ten.id)).times_redeemed).toBe(2);
    expect((await stripe.coupons.retrieve(three.id)).times_redeemed).toBe(1);
    expect(await eventTypes(stripe, 'customer.discount')).toEqual([
      'customer.discount.created',
      'customer.discount.created',
      'customer.discount.deleted',
      'customer.discount.deleted',
      'customer.discount.created',
      'customer.discount.deleted',
    ]);
  });

  test('is shown by previews, which a request can change or do without', async () => {
    const shop = await newSeats();
    const { stripe } = shop;
    const ten = await stripe.coupons.create({ percent_off: 10, duration: 'forever' });
    const half = await stripe.coupons.create({ percent_off: 50, duration: 'forever' });
    const { id, discounts } = await subscribe(shop, [{ coupon: ten.id }]);
    const preview = async (params: Stripe.InvoiceCreatePreviewParams) =>
      (await stripe.invoices.createPreview({ subscription: id, ...params })).total;
    expect(await preview({})).toBe(1800);
    expect(await preview({ discounts: '' })).toBe(2000);
    expect(await preview({ discounts: [{ coupon: half.id }] })).toBe(1000);
    expect(await preview({ discounts: [{ coupon: half.id }, { discount: discounts[0] as string }] })).toBe(900);
    const fresh = { customer: shop.customer.id, subscription_details: { items: [{ price: shop.seats.id }] } };
    expect((await stripe.invoices.createPreview(fresh)).total).toBe(2000);
    expect((await stripe.coupons.retrieve(half.id)).times_redeemed).toBe(0);
  });

  test('stays with the subscription when it is taken off a draft that inherited it', async () => {
    const shop = await newSeats();
    const { stripe, clock } = shop;
    const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'forever' });
    const { id, discounts, latest_invoice: first } = await subscribe(shop, [{ coupon: coupon.id }]);
    expect(await stripe.invoices.update(first as string, { discounts: '' })).toMatchObject({ total: 2000 });
    expect((await stripe.subscriptions.retrieve(id)).discounts).toEqual(discounts);
    await advance(stripe, clock, '2026-02-28T02:00:00Z');
    expect(await totals(shop)).toEqual([
      [2000, 2000],
      [2000, -200, 1800],
    ]);
  });
});

describe('a discount of an item of a subscription', () => {
  test('is on the lines of that item, before those of the whole; each ends in its own time', async () => {
    const shop = await newSeats('2026-01-01T00:00:00Z');
    const { stripe, account, clock, customer, price, meter, seats } = shop;
    const [half, third, less] = [
      await stripe.coupons.create({ percent_off: 50, duration: 'once' }),
      await stripe.coupons.create({ percent_off: 33.3, duration: 'repeating', duration_in_months: 2 }),
      await stripe.coupons.create({ amount_off: 500, currency: 'usd', duration: 'forever' }),
    ];
    // The same coupon may be on the whole and on an item, which redeems it twice.
    const items = [
      { price: seats.id, discounts: [{ coupon: third.id }] },
      { price: price.id, discounts: [{ coupon: half.id }, { coupon: less.id }] },
    ];
    const created = await subscribe(shop, [{ coupon: less.id }], { items });
    const [ofSeats, ofUsage] = created.items.data;
    const { discounts } = await stripe.subscriptionItems.retrieve(ofUsage!.id, { expand: ['discounts'] });
    expect(discounts).toMatchObject([
      { subscription: null, subscription_item: ofUsage!.id, invoice: null, source: { coupon: half.id } },
      { subscription: null, subscription_item: ofUsage!.id, source: { coupon: less.id } },
    ]);
    expect(created.discounts).toHaveLength(1);
    expect((await stripe.coupons.retrieve(less.id)).times_redeemed).toBe(2);

    await useAt(stripe, meter, customer.id, 50_000);
    const preview = await stripe.invoices.createPreview({ subscription: created.id });
    expect(preview).toMatchObject({ subtotal: 4000, total: 1334, discounts: created.discounts });
    const bare = await stripe.invoices.createPreview({ subscription: created.id, discounts: '' });
    expect(bare).toMatchObject({ subtotal: 4000, total: 1834, discounts: [] });

    await advance(stripe, clock, '2026-02-01T02:00:00Z');
    await useAt(stripe, meter, customer.id, 10_000);
    await advance(stripe, clock, '2026-02-10T00:00:00Z');
    await stripe.subscriptionItems.update(ofSeats!.id, { discounts: '', metadata: { k: 'v' } });
    await advance(stripe, clock, '2026-03-01T02:00:00Z');
    expect(await totals(shop)).toEqual([
      // A third off the seats, then 5 USD off all: usage has no line yet.
      [2000, -666, -500, 834],
      // Half of 20 USD of usage, then 5 USD; of the seats a third; 5 USD off what is left.
      [4000, -666, -1000, -500, -500, 1334],
      // 4 USD of usage, which 5 USD cover; the seats have no discount any more, half was used up.
      [2400, -400, -500, 1500],
    ]);
    const [, second, last] = await invoicesOf(stripe, customer.id);
    expect(second!.discounts).toEqual(created.discounts);
    const ids = [ofSeats, ofUsage].map((item) => item!.discounts as string[]);
    const lineOf = (invoice: Stripe.Invoice, item: Stripe.SubscriptionItem) =>
      invoice.lines.data.find((line) => line.parent?.subscription_item_details?.subscription_item === item.id)!;
    expect(lineOf(second!, ofSeats!).discounts).toEqual(ids[0]);
    expect(lineOf(second!, ofUsage!).discounts).toEqual(ids[1]);
    expect(lineOf(second!, ofUsage!).discount_amounts).toMatchObject([
      { amount: 1000, discount: ids[1]![0] },
      { amount: 500, discount: ids[1]![1] },
      { amount: 136 },
    ]);
    expect(lineOf(last!, ofSeats!).discounts).toEqual([]);
    const now = await stripe.subscriptions.retrieve(created.id);
    expect(now.items.data.map((item) => item.discounts.length)).toEqual([0, 1]);
    // Which usage came before an invoice on a clock can't be told.
    const told = await invoiceDifferences(database, account.accountId);
    expect(told.filter((each) => !each.startsWith('unchecked '))).toEqual([]);
  });

  test('of no coupon is refused, and nothing is begun', async () => {
    const shop = await newSeats();
    const items = [{ price: shop.seats.id, discounts: [{ coupon: 'none' }] }];
    expect(await refusal(subscribe(shop, [], { items }))).toMatchObject({
      code: 'resource_missing',
      param: 'items[0][discounts][0][coupon]',
    });
    expect((await shop.stripe.subscriptions.list({ customer: shop.customer.id })).data).toEqual([]);
    const { items: made } = await subscribe(shop, []);
    const update = shop.stripe.subscriptionItems.update(made.data[0]!.id, { discounts: [{ promotion_code: 'none' }] });
    expect(await refusal(update)).toMatchObject({ param: 'discounts[0][promotion_code]' });
  });
});

test('of two who redeem the last of a coupon for subscriptions one gets it, and the other gets no subscription', async () => {
  const shop = await newSeats();
  const { stripe, customer, seats } = shop;
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'forever', max_redemptions: 1 });
  const other = await stripe.customers.create({ email: 'o@example.com' });
  const results = await Promise.allSettled(
    [customer, other].map(({ id }) =>
      stripe.subscriptions.create({
        customer: id,
        items: [{ price: seats.id }],
        ...SENT,
        discounts: [{ coupon: coupon.id }],
      }),
    ),
  );
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'coupon_expired', param: 'discounts[0][coupon]' },
  });
  expect((await stripe.coupons.retrieve(coupon.id)).times_redeemed).toBe(1);
  const made = [customer, other].map(async ({ id }) => (await stripe.subscriptions.list({ customer: id })).data.length);
  expect(new Set(await Promise.all(made))).toEqual(new Set([0, 1]));
});

type Make = (shop: Seats) => Promise<Stripe.SubscriptionCreateParams.Discount[]>;
const refusals: [string, Make, object][] = [
  [
    'of no coupon',
    async () => [{ coupon: 'none' }],
    { code: 'resource_missing', param: 'discounts[0][coupon]', message: "No such coupon: 'none'" },
  ],
  [
    'in another currency',
    async ({ stripe }) => [{ coupon: (await stripe.coupons.create({ amount_off: 5, currency: 'eur' })).id }],
    { param: 'discounts[0][coupon]', message: expect.stringContaining('takes off an amount in eur') },
  ],
  [
    'that is named twice',
    async ({ stripe }) => {
      const { id } = await stripe.coupons.create({ percent_off: 5 });
      return [{ coupon: id }, { coupon: id }];
    },
    { param: 'discounts[1][coupon]', message: 'The same coupon can be applied only once.' },
  ],
  [
    'by a code with a minimum that the first invoice does not reach',
    async ({ stripe }) => {
      const coupon = (await stripe.coupons.create({ percent_off: 5 })).id;
      const restrictions = { minimum_amount: 2001, minimum_amount_currency: 'usd' };
      return [
        {
          promotion_code: (await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon }, restrictions }))
            .id,
        },
      ];
    },
    { param: 'discounts[0][promotion_code]', message: expect.stringContaining('2000 is below its minimum of 2001') },
  ],
  [
    'by a code for first-time customers, of one who has paid',
    async ({ stripe, customer }) => {
      const draft = await stripe.invoices.create({ customer: customer.id });
      await stripe.invoices.finalizeInvoice(draft.id);
      const coupon = (await stripe.coupons.create({ percent_off: 5 })).id;
      const restrictions = { first_time_transaction: true };
      return [
        {
          promotion_code: (await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon }, restrictions }))
            .id,
        },
      ];
    },
    { param: 'discounts[0][promotion_code]', message: expect.stringContaining('prior transactions') },
  ],
  ['of 21', async () => Array.from({ length: 21 }, () => ({ coupon: 'X' })), { param: 'discounts' }],
];

test.each(refusals)('a discount %s is refused, and nothing is begun', async (_, make, refused) => {
  const shop = await newSeats();
  const discounts = await make(shop);
  const redeemed = await shop.stripe.coupons.list();
  expect(await refusal(subscribe(shop, discounts))).toMatchObject({ status: 400, ...refused });
  expect((await shop.stripe.subscriptions.list({ customer: shop.customer.id })).data).toEqual([]);
  expect((await shop.stripe.coupons.list()).data).toEqual(redeemed.data);
});

test('deleting the discount of a subscription that has none is refused', async () => {
  const shop = await newSeats();
  const { id } = await subscribe(shop, []);
  expect(await refusal(shop.stripe.subscriptions.deleteDiscount(id))).toMatchObject({
    status: 404,
    code: 'resource_missing',
    message: `No active discount for subscription: ${id}`,
  });
});
