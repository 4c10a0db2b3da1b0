import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { newDesk, SENT } from '../support/billed.ts';
import { seatsShop } from '../support/seats-shop.ts';
import { licensedPrice, meteredPrice, newMeter, newShop, refusal, use } from '../support/shop.ts';

/** Lines as a customer reads them. */
const read = ({ lines }: Stripe.Invoice) => lines.data.map(({ description, amount }) => [description, amount]);

describe('a preview for a customer alone', () => {
  test('shows what is pending, and nothing of it is taken', async () => {
    const { stripe, customer, price } = await newDesk();
    expect(await refusal(stripe.invoices.createPreview({ customer: customer.id }))).toMatchObject({
      status: 404,
      code: 'invoice_upcoming_none',
    });
    await stripe.invoiceItems.create({ customer: customer.id, pricing: { price: price.id }, quantity: 2 });
    await stripe.invoiceItems.create({ customer: customer.id, amount: -300, description: 'Sorry' });
    const preview = await stripe.invoices.createPreview({ customer: customer.id });
    expect(preview.id).toMatch(/^upcoming_in_/);
    expect(preview).toMatchObject({ billing_reason: 'upcoming', parent: null, total: 700, amount_due: 700 });
    expect(read(preview)).toEqual([
      ['Sorry', -300],
      ['Set-up', 1000],
    ]);
    expect(await stripe.invoices.retrieve(preview.id)).toEqual(preview);
    expect((await stripe.invoiceItems.list({ pending: true })).data).toHaveLength(2);
    const recurring = stripe.invoices.createPreview({ customer: customer.id, preview_mode: 'recurring' });
    expect(await refusal(recurring)).toMatchObject({ code: 'invoice_upcoming_none' });
  });

  test('adds items and changes pending ones, and stores neither', async () => {
    const { stripe, customer, price, product } = await newDesk();
    const pending = await stripe.invoiceItems.create({ customer: customer.id, amount: 100, description: 'Old' });
    const preview = await stripe.invoices.createPreview({
      customer: customer.id,
      invoice_items: [
        { invoiceitem: pending.id, amount: 150 },
        { price: price.id, quantity: 3 },
        { unit_amount: -2, quantity: 5, description: 'Credit' },
        { unit_amount_decimal: Stripe.Decimal.from('0.5'), quantity_decimal: Stripe.Decimal.from('3') },
        { price_data: { currency: 'usd', product: product.id, unit_amount: 7 }, quantity: 2 },
      ],
    });
    expect(read(preview)).toEqual([
      ['Set-up', 14],
      [null, 2],
      ['Credit', -10],
      ['Set-up', 1500],
      ['Old', 150],
    ]);
    expect(preview.total).toBe(1656);
    expect((await stripe.invoiceItems.list()).data).toEqual([pending]);
    expect((await stripe.prices.list()).data).toHaveLength(1);
  });

  test('may be below zero, with nothing due', async () => {
    const { stripe, customer } = await newDesk();
    await stripe.invoiceItems.create({ customer: customer.id, amount: -300 });
    const preview = await stripe.invoices.createPreview({ customer: customer.id });
    expect(preview).toMatchObject({ total: -300, amount_due: 0, amount_remaining: 0 });
  });
});

describe('a preview for a customer who has subscriptions', () => {
  test('is the next invoice among them, with what is pending', async () => {
    const { stripe, customer } = await newShop();
    const [yearly, monthly, weekly] = await Promise.all(
      (['year', 'month', 'week'] as const).map((interval) => licensedPrice(stripe, { recurring: { interval } })),
    );
    const subscribe = async (price: Stripe.Price) =>
      await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...SENT });
    await subscribe(yearly!);
    const [, soon] = [await subscribe(monthly!), await subscribe(weekly!)];
    await subscribe(weekly!);
    await stripe.invoiceItems.create({ customer: customer.id, amount: 500, description: 'Once' });
    const preview = await stripe.invoices.createPreview({ customer: customer.id });
    expect(preview.parent!.subscription_details!.subscription).toBe(soon.id);
    expect(read(preview)).toEqual([
      ['Once', 500],
      ['1 × Alpaca AI (at $20.00 / week)', 2000],
    ]);
    const period = soon.items.data[0]!.current_period_end;
    expect(preview.created).toBe(period);
    await stripe.subscriptions.cancel(soon.id);
    const next = await stripe.invoices.createPreview({ customer: customer.id });
    expect(next.parent!.subscription_details!.subscription).not.toBe(soon.id);
  });

  test('may show the customer otherwise than it is', async () => {
    const { stripe, customer } = await newDesk();
    await stripe.invoiceItems.create({ customer: customer.id, amount: 500 });
    const preview = await stripe.invoices.createPreview({
      customer: customer.id,
      customer_details: {
        address: { line1: 'Via 1', city: 'Rome', country: 'IT' },
        shipping: { name: 'Depot', address: { line1: 'Via 2' } },
        tax_exempt: 'reverse',
      },
    });
    expect(preview).toMatchObject({
      customer: customer.id,
      customer_name: 'Jenny Rosen',
      customer_address: { line1: 'Via 1', line2: null, city: 'Rome', country: 'IT' },
      customer_shipping: { name: 'Depot', phone: null, address: { line1: 'Via 2' } },
      customer_tax_exempt: 'reverse',
    });
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ address: null, tax_exempt: 'none' });
  });
});

describe('a preview of a subscription', () => {
  test('has pending items before its own lines', async () => {
    const { stripe, customer, subscription } = await seatsShop();
    await stripe.invoiceItems.create({ customer: customer.id, amount: 500, description: 'Once' });
    const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
    expect(read(preview)).toEqual([
      ['Once', 500],
      ['3000 × Alpaca AI (at $0.04 per 100 units / month)', 120],
      ['3 × Alpaca AI (at $20.00 / month)', 6000],
    ]);
    expect(preview.total).toBe(6620);
    const params = { subscription: subscription.id, preview_mode: 'recurring' } as const;
    expect((await stripe.invoices.createPreview(params)).total).toBe(6120);
  });

  test('shows other items from the next period on', async () => {
    const { stripe, subscription, seatsItem, tokensItem } = await seatsShop();
    // Of another meter, which has counted nothing.
    const dear = await meteredPrice(stripe, (await newMeter(stripe)).id, { unit_amount: 1 });
    const preview = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: {
        proration_behavior: 'none',
        items: [
          { id: seatsItem, quantity: 5 },
          { id: tokensItem, price: dear.id },
        ],
      },
    });
    expect(read(preview)).toEqual([
      ['0 × Alpaca AI (at $0.01 / month)', 0],
      ['5 × Alpaca AI (at $20.00 / month)', 10_000],
    ]);
    const fewer = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { proration_behavior: 'none', items: [{ id: seatsItem, deleted: true }] },
    });
    expect(fewer.total).toBe(120);
    expect(await stripe.subscriptions.retrieve(subscription.id)).toEqual(subscription);
  });

  test('that changes its way of billing, and settings that change nothing', async () => {
    const { stripe, customer, price, meter } = await newShop();
    await use(stripe, meter, customer.id, 100);
    const order = { customer: customer.id, items: [{ price: price.id }] };
    const classic = await stripe.subscriptions.create({ ...order, billing_mode: { type: 'classic' } });
    const now = await stripe.invoices.createPreview({ subscription: classic.id });
    const changed = await stripe.invoices.createPreview({
      subscription: classic.id,
      subscription_details: {
        billing_mode: { type: 'flexible' },
        billing_cycle_anchor: { type: 'unchanged' },
        trial_end: 'now',
        cancel_now: false,
      },
    });
    expect(read(changed)).toEqual(read(now));
    const flexible = await stripe.subscriptions.create(order);
    const back = { subscription: flexible.id, subscription_details: { billing_mode: { type: 'classic' as const } } };
    expect(await refusal(stripe.invoices.createPreview(back))).toMatchObject({
      param: 'subscription_details[billing_mode][type]',
    });
  });

  test('at a price that is in no catalogue, of which nothing is stored', async () => {
    const { stripe, customer, subscription, seatsItem } = await seatsShop();
    const product = await stripe.products.create({ name: 'Desks' });
    const price_data = {
      currency: 'usd',
      product: product.id,
      recurring: { interval: 'month' as const },
      unit_amount_decimal: Stripe.Decimal.from('1250.5'),
    };
    const prices = (await stripe.prices.list()).data.length;
    const fresh = await stripe.invoices.createPreview({
      customer: customer.id,
      subscription_details: { items: [{ price_data, quantity: 2 }] },
    });
    expect(read(fresh)).toEqual([['2 × Desks (at $12.505 / month)', 2501]]);
    expect(fresh.lines.data[0]!.pricing).toMatchObject({ type: 'price_details' });
    expect(fresh.lines.data[0]!.pricing!.price_details).toBeUndefined();
    const changed = await stripe.invoices.createPreview({
      subscription: subscription.id,
      subscription_details: { proration_behavior: 'none', items: [{ id: seatsItem, price_data }] },
    });
    expect(read(changed)).toContainEqual(['1 × Desks (at $12.505 / month)', 1251]);
    expect((await stripe.prices.list()).data).toHaveLength(prices);
  });

  test('that nobody has made bills first what is billed in advance', async () => {
    const { stripe, customer, price, meter } = await newShop();
    const seats = await licensedPrice(stripe);
    const preview = async (params: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails) =>
      await stripe.invoices.createPreview({ customer: customer.id, subscription_details: params });
    const both = await preview({
      items: [{ price: seats.id, quantity: 2 }, { price: price.id }],
      metadata: { a: '1' },
    });
    expect(read(both)).toEqual([['2 × Alpaca AI (at $20.00 / month)', 4000]]);
    expect(both.parent!.subscription_details!.metadata).toEqual({ a: '1' });
    const classic = await preview({ items: [{ price: price.id }], billing_mode: { type: 'classic' } });
    expect(read(classic)).toEqual([['0 × Alpaca AI (at $0.04 per 100 units / month)', 0]]);
    // Its end does not concern what it bills first.
    const ending = await preview({ items: [{ price: seats.id }], cancel_at_period_end: true });
    expect(read(ending)).toEqual([['1 × Alpaca AI (at $20.00 / month)', 2000]]);
    const inTwoDays = Math.floor(Date.now() / 1000) + 2 * 86_400;
    const short = await preview({ items: [{ price: seats.id }], cancel_at: inTwoDays });
    // Two days of a month of 28 to 31.
    expect([143, 138, 133, 129]).toContain(short.total);
    // A flexible subscription to usage has no first invoice; what comes next is its renewal.
    await use(stripe, meter, customer.id, 100);
    const usage = await preview({ items: [{ price: price.id }] });
    expect(read(usage)).toHaveLength(1);
    expect((await stripe.subscriptions.list()).data).toEqual([]);
  });
});

const MONTHLY = { interval: 'month' } as const;

/** An inline price of 7.00 a month. */
function deskPrice(product: string, currency: string) {
  return { product, currency, unit_amount: 700, recurring: MONTHLY };
}

/** What needs prorations, trials or schedules, which are not served yet. */
const UNSERVED: [name: string, details: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails][] = [
  ['cancel_at', { cancel_at: 'max_billed_until' }],
];

describe('a preview is refused', () => {
  test('for what does not go together', async () => {
    const shop = await seatsShop();
    const { stripe, customer, subscription, seats, seatsItem } = shop;
    const pending = await stripe.invoiceItems.create({ customer: customer.id, amount: 1 });
    const details = (subscription_details: Stripe.InvoiceCreatePreviewParams.SubscriptionDetails) => ({
      subscription: subscription.id,
      subscription_details,
    });
    const none = { proration_behavior: 'none' } as const;
    const at = 'subscription_details[items][0]';
    const cases: [Stripe.InvoiceCreatePreviewParams, object][] = [
      [{}, { code: 'parameter_missing', param: 'customer' }],
      [{ customer: 'cus_no' }, { code: 'resource_missing', param: 'customer' }],
      [{ subscription: 'sub_no' }, { code: 'resource_missing', param: 'subscription' }],
      [{ customer: customer.id, currency: 'eur' }, { param: 'currency' }],
      [
        { customer: customer.id, invoice_items: [{ invoiceitem: 'ii_no' }] },
        { param: 'invoice_items[0][invoiceitem]' },
      ],
      [{ customer: customer.id, invoice_items: [{ price: 'price_no' }] }, { param: 'invoice_items[0][price]' }],
      [{ customer: customer.id, invoice_items: [{ quantity: 1 }] }, { param: 'invoice_items[0][amount]' }],
      [
        { customer: customer.id, invoice_items: [{ amount: 1, currency: 'eur' }] },
        { param: 'invoice_items[0][currency]' },
      ],
      [
        { customer: customer.id, invoice_items: [{ price: seats.id, unit_amount: 1 }] },
        { code: 'parameters_exclusive' },
      ],
      [
        { customer: customer.id, invoice_items: [{ invoiceitem: pending.id, amount: 100_000_000 }] },
        { code: 'amount_too_large', param: 'invoice_items[0][amount]' },
      ],
      [details({ ...none, items: [{ id: 'si_no' }] }), { code: 'resource_missing', param: `${at}[id]` }],
      [details({ ...none, items: [{ quantity: 1 }] }), { code: 'parameter_missing', param: `${at}[price]` }],
      [details({ ...none, items: [{ price: 'price_no' }] }), { code: 'resource_missing', param: `${at}[price]` }],
      [details({ ...none, items: [{ price: seats.id }] }), { param: 'subscription_details[items]' }],
      [
        { customer: customer.id, subscription_details: { cancel_at_period_end: true } },
        { code: 'parameter_missing', param: 'subscription_details[items]' },
      ],
      [
        details({ ...none, items: [{ id: seatsItem, price: seats.id, price_data: deskPrice('prod_no', 'usd') }] }),
        { code: 'parameters_exclusive', param: `${at}[price]` },
      ],
      [
        details({ ...none, items: [{ price_data: deskPrice('prod_no', 'usd') }] }),
        { code: 'resource_missing', param: `${at}[price_data][product]` },
      ],
      [
        details({ ...none, items: [{ price_data: deskPrice(seats.product as string, 'eur') }] }),
        { message: expect.stringContaining("doesn't match the expected currency: `usd`") },
      ],
      [
        details({
          ...none,
          items: [{ price_data: { currency: 'usd', product: seats.product as string, recurring: MONTHLY } }],
        }),
        { param: `${at}[price_data][unit_amount]` },
      ],
      [
        details({ cancel_at: 1 }),
        { param: 'subscription_details[cancel_at]', message: expect.stringContaining('future') },
      ],
      [details({ cancel_at: 2_000_000_000, cancel_at_period_end: true }), { code: 'parameters_exclusive' }],
      // It has begun.
      [details({ start_date: 1_000_000_000 }), { param: 'subscription_details[start_date]' }],
      [
        details({ billing_cycle_anchor: { type: 'timestamp', timestamp: 2_000_000_000 } }),
        { param: 'subscription_details[billing_cycle_anchor]' },
      ],
      [details({ resume_at: 'now' }), { message: expect.stringContaining('paused') }],
      [details({ cancel_now: true, cancel_at_period_end: true }), { code: 'parameters_exclusive' }],
      ...UNSERVED.map(([name, changes]): [Stripe.InvoiceCreatePreviewParams, object] => [
        details(changes),
        { code: 'parameter_not_served', param: `subscription_details[${name}]` },
      ]),
    ];
    for (const [params, error] of cases) {
      expect({ params, ...(await refusal(stripe.invoices.createPreview(params))) }).toMatchObject({
        status: 400,
        ...error,
      });
    }
  });

  test('of a subscription that will bill nothing more', async () => {
    const { stripe, customer } = await newShop();
    const seats = await licensedPrice(stripe);
    const params = { customer: customer.id, items: [{ price: seats.id }], ...SENT };
    const subscription = await stripe.subscriptions.create(params);
    const ending = { subscription: subscription.id, subscription_details: { cancel_at_period_end: true } };
    expect(await refusal(stripe.invoices.createPreview(ending))).toMatchObject({ code: 'invoice_upcoming_none' });
  });
});
