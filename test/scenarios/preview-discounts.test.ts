import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { advance, invoicesOf, newClockShop } from '../support/clock-shop.ts';
import { licensedPrice, refusal } from '../support/shop.ts';

const SENT = { collection_method: 'send_invoice', days_until_due: 30 } as const;

/** What an invoice comes to; the amounts of each line with what each discount takes off it, and how many are its own. */
const told = ({
  lines,
  subtotal,
  total,
  amount_due: due,
  discounts,
  total_discount_amounts: taken,
}: Stripe.Invoice) => ({
  lines: lines.data.map((line) => [
    line.amount,
    ...(line.discount_amounts ?? []).map(({ amount }) => -amount),
    `${line.discounts.length} own`,
  ]),
  discounts: [discounts.length, ...(taken ?? []).map(({ amount }) => -amount)],
  amounts: [subtotal, total, due],
});

async function newSeats() {
  const shop = await newClockShop('2026-01-01T00:00:00Z');
  const [seats, desks] = [
    await licensedPrice(shop.stripe, { product_data: { name: 'Seats' } }),
    await licensedPrice(shop.stripe, { product_data: { name: 'Desks' }, unit_amount: 333 }),
  ];
  const make = async (params: Stripe.CouponCreateParams) => (await shop.stripe.coupons.create(params)).id;
  return { ...shop, seats, desks, make };
}

const timesRedeemed = async (stripe: Stripe) =>
  (await stripe.coupons.list()).data.reduce((sum, coupon) => sum + coupon.times_redeemed, 0);

test('a preview of a new subscription is the invoice that it then starts with, and redeems nothing', async () => {
  const { stripe, customer, seats, desks, make } = await newSeats();
  const third = await make({ percent_off: 33.3, duration: 'once' });
  const ten = await make({ percent_off: 10, duration: 'forever' });
  const less = await make({ amount_off: 500, currency: 'usd', duration: 'forever' });
  const { id: code } = await stripe.promotionCodes.create({
    promotion: { type: 'coupon', coupon: ten },
    restrictions: { minimum_amount: 999, minimum_amount_currency: 'usd' },
  });
  const items: Stripe.SubscriptionCreateParams.Item[] = [
    { price: seats.id, quantity: 2, discounts: [{ coupon: third }, { coupon: less }] },
    { price: desks.id, quantity: 3, discounts: [{ promotion_code: code }] },
  ];
  const once = { amount: 999, currency: 'usd', discounts: [{ coupon: third }, { promotion_code: code }] };
  const preview = await stripe.invoices.createPreview({
    customer: customer.id,
    subscription_details: { items },
    invoice_items: [once],
    discounts: [{ coupon: less }],
  });
  // 9.99 less 3.33 and 0.67; 9.99 less 1.00; 40.00 less 13.32 and 5.00; 5.00 over what is left: rounded down, the last has the rest.
  expect(told(preview)).toEqual({
    lines: [
      [999, -333, -67, -81, '2 own'],
      [999, -100, -122, '1 own'],
      [4000, -1332, -500, -297, '2 own'],
    ],
    discounts: [1, -333, -67, -1332, -500, -100, -500],
    amounts: [5998, 3166, 3166],
  });
  expect(await timesRedeemed(stripe)).toBe(0);
  expect((await stripe.invoices.retrieve(preview.id)).lines).toEqual(preview.lines);
  const recurring = await stripe.invoices.createPreview({
    customer: customer.id,
    preview_mode: 'recurring',
    subscription_details: { items },
  });
  // What applies once does not recur.
  expect(told(recurring).lines).toEqual([
    [999, -100, '1 own'],
    [4000, -500, '1 own'],
  ]);
  await stripe.invoiceItems.create({ customer: customer.id, ...once });
  await stripe.subscriptions.create({ customer: customer.id, items, discounts: [{ coupon: less }], ...SENT });
  const [first] = await invoicesOf(stripe, customer.id);
  expect(told(first!)).toEqual(told(preview));
  expect(await timesRedeemed(stripe)).toBe(6);
});

test('items of a subscription and pending ones keep their discounts, lose them or have others, as they then will', async () => {
  const { stripe, clock, customer, seats, desks, make } = await newSeats();
  const ten = await make({ percent_off: 10, duration: 'forever' });
  const half = await make({ percent_off: 50, duration: 'once' });
  const fifth = await make({ percent_off: 20, duration: 'forever' });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id, discounts: [{ coupon: ten }] }, { price: desks.id }],
    ...SENT,
  });
  const [seatsItem, desksItem] = subscription.items.data;
  const [own] = seatsItem!.discounts as string[];
  const pending = await stripe.invoiceItems.create({
    customer: customer.id,
    amount: 1000,
    currency: 'usd',
    discounts: [{ coupon: ten }],
  });
  const preview = async (
    items: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails.Item[],
    more: Stripe.InvoiceCreatePreviewParams = {},
  ) =>
    await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { items, proration_behavior: 'none' },
      ...more,
    });
  const linesOf = async (...asked: Parameters<typeof preview>) => told(await preview(...asked)).lines;
  const [once, plain] = [
    [1000, -100, '1 own'],
    [333, '0 own'],
  ];
  const { id } = seatsItem!;
  expect(await linesOf([{ id, quantity: 3 }])).toEqual([once, plain, [6000, -600, '1 own']]);
  expect(await linesOf([{ id, discounts: '' }])).toEqual([once, plain, [2000, '0 own']]);
  expect(await linesOf([{ id, discounts: [{ discount: own! }] }])).toEqual([once, plain, [2000, -200, '1 own']]);
  const bare = { invoice_items: [{ invoiceitem: pending.id, discounts: '' as const }] };
  expect(await linesOf([], bare)).toEqual([[1000, '0 own'], plain, [2000, -200, '1 own']]);
  const more = { invoice_items: [{ invoiceitem: pending.id, amount: 500 }] };
  expect(await linesOf([], more)).toEqual([[500, -50, '1 own'], plain, [2000, -200, '1 own']]);

  const ofSeats = [{ coupon: half }, { discount: own! }];
  const ofPending = [{ coupon: fifth }, { discount: pending.discounts![0] as string }];
  const before = await timesRedeemed(stripe);
  const changed = await preview(
    [
      { id, discounts: ofSeats },
      { id: desksItem!.id, discounts: [{ coupon: fifth }] },
    ],
    {
      invoice_items: [{ invoiceitem: pending.id, discounts: ofPending }],
    },
  );
  expect(told(changed)).toMatchObject({
    lines: [
      [1000, -200, -80, '2 own'],
      [333, -67, '1 own'],
      [2000, -1000, -100, '2 own'],
    ],
    amounts: [3333, 1886, 1886],
  });
  expect(await timesRedeemed(stripe)).toBe(before);
  expect((await stripe.subscriptionItems.retrieve(id)).discounts).toEqual([own]);
  expect((await stripe.invoiceItems.retrieve(pending.id)).discounts).toEqual(pending.discounts);
  await stripe.subscriptionItems.update(id, { discounts: ofSeats });
  await stripe.subscriptionItems.update(desksItem!.id, { discounts: [{ coupon: fifth }] });
  await stripe.invoiceItems.update(pending.id, { discounts: ofPending });
  await advance(stripe, clock, '2026-02-01T02:00:00Z');
  const [, renewal] = await invoicesOf(stripe, customer.id);
  expect(told(renewal!)).toEqual(told(changed));
});

test('what will have ended by the next invoice is no part of it', async () => {
  const { stripe, customer, make } = await newSeats();
  const yearly = await licensedPrice(stripe, { recurring: { interval: 'year' } });
  const months = await make({ percent_off: 50, duration: 'repeating', duration_in_months: 3 });
  const discounts = [{ coupon: months }];
  const asked = { customer: customer.id, subscription_details: { items: [{ price: yearly.id, discounts }] } };
  expect((await stripe.invoices.createPreview(asked)).total).toBe(1000);
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: yearly.id }],
    ...SENT,
  });
  const next = await stripe.invoices.createPreview({
    subscription: id,
    subscription_details: { items: [{ id: items.data[0]!.id, discounts }], proration_behavior: 'none' },
  });
  expect(told(next)).toMatchObject({ lines: [[2000, '0 own']], discounts: [0] });
});

type Shop = Awaited<ReturnType<typeof newSeats>>;
type Make = (shop: Shop) => Promise<Stripe.InvoiceItemCreateParams.Discount[]>;
const refusals: [string, Make, object][] = [
  ['of no coupon', async () => [{ coupon: 'none' }], { code: 'resource_missing', param: '[0][coupon]' }],
  ['of no code', async () => [{ promotion_code: 'promo_0' }], { param: '[0][promotion_code]' }],
  ['of another thing', async () => [{ discount: 'di_0' }], { code: 'resource_missing', param: '[0][discount]' }],
  ['by two names', async () => [{ coupon: 'none', discount: 'di_0' }], { param: '[0]' }],
  [
    'in another currency',
    async ({ make }) => [{ coupon: await make({ amount_off: 5, currency: 'eur' }) }],
    { param: '[0][coupon]', message: expect.stringContaining('takes off an amount in eur') },
  ],
  [
    'that is named twice',
    async ({ make }) => {
      const id = await make({ percent_off: 5 });
      return [{ coupon: id }, { coupon: id }];
    },
    { param: '[1][coupon]' },
  ],
  [
    'that is used up',
    async ({ stripe, make }) => {
      const id = await make({ percent_off: 5, max_redemptions: 1 });
      const { id: customer } = await stripe.customers.create();
      await stripe.invoiceItems.create({ customer, amount: 1, currency: 'usd', discounts: [{ coupon: id }] });
      return [{ coupon: id }];
    },
    { code: 'coupon_expired', param: '[0][coupon]' },
  ],
  [
    'by a code below its minimum',
    async ({ stripe, make }) => {
      const { id } = await stripe.promotionCodes.create({
        promotion: { type: 'coupon', coupon: await make({ percent_off: 5 }) },
        restrictions: { minimum_amount: 2001, minimum_amount_currency: 'usd' },
      });
      return [{ promotion_code: id }];
    },
    { param: '[0][promotion_code]', message: expect.stringContaining('below its minimum of 2001') },
  ],
  ['of 21', async () => Array.from({ length: 21 }, () => ({ coupon: 'X' })), { param: '' }],
];

test('what could not be redeemed is refused where it is named', async () => {
  const shop = await newSeats();
  const { stripe, customer, seats } = shop;
  for (const [name, make, { param, ...refused }] of refusals as [string, Make, { param: string }][]) {
    const discounts = await make(shop);
    const ofItem = stripe.invoices.createPreview({
      customer: customer.id,
      invoice_items: [{ amount: 1 }, { amount: 2000, discounts }],
    });
    const at = 'invoice_items[1][discounts]';
    expect(await refusal(ofItem), name).toMatchObject({ status: 400, ...refused, param: at + param });
    const ofSubscription = stripe.invoices.createPreview({
      customer: customer.id,
      subscription_details: { items: [{ price: seats.id, discounts }] },
    });
    const there = 'subscription_details[items][0][discounts]';
    expect(await refusal(ofSubscription), name).toMatchObject({ status: 400, ...refused, param: there + param });
  }
  expect((await stripe.invoiceItems.list({ customer: customer.id })).data).toEqual([]);
});

test('a limit of redemptions holds for all of a preview, as it would for what is made', async () => {
  const { stripe, clock, customer, seats, make } = await newSeats();
  const two = await make({ percent_off: 5, max_redemptions: 2, duration: 'forever' });
  const many = await make({ percent_off: 5, duration: 'forever' });
  const { id: code } = await stripe.promotionCodes.create({
    promotion: { type: 'coupon', coupon: many },
    max_redemptions: 1,
  });
  const discounts = [{ coupon: two }];
  const item = { amount: 100, discounts };
  const asked = { customer: customer.id, subscription_details: { items: [{ price: seats.id, discounts }] } };
  const both = await stripe.invoices.createPreview({ ...asked, invoice_items: [item] });
  expect(both.total).toBe(1995);
  const third = stripe.invoices.createPreview({ ...asked, invoice_items: [item, item] });
  expect(await refusal(third)).toMatchObject({
    code: 'coupon_expired',
    param: 'invoice_items[1][discounts][0][coupon]',
  });
  const whole = stripe.invoices.createPreview({ ...asked, invoice_items: [item], discounts });
  expect(await refusal(whole)).toMatchObject({ code: 'coupon_expired', param: 'discounts[0][coupon]' });
  const byCode = { amount: 100, discounts: [{ promotion_code: code }] };
  const again = stripe.invoices.createPreview({ customer: customer.id, invoice_items: [byCode, byCode] });
  expect(await refusal(again)).toMatchObject({
    code: 'coupon_expired',
    param: 'invoice_items[1][discounts][0][promotion_code]',
  });
  // Whether it has expired goes by the clock of the customer.
  const soon = Math.floor(Temporal.Instant.from('2026-12-31T00:00:00Z').epochMilliseconds / 1000);
  const late = await make({ percent_off: 5, redeem_by: soon });
  const dated = { customer: customer.id, invoice_items: [{ amount: 100, discounts: [{ coupon: late }] }] };
  expect((await stripe.invoices.createPreview(dated)).total).toBe(95);
  await advance(stripe, clock, soon + 1);
  expect(await refusal(stripe.invoices.createPreview(dated))).toMatchObject({
    code: 'coupon_expired',
    param: 'invoice_items[0][discounts][0][coupon]',
  });
});
