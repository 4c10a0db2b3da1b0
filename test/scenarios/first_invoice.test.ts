import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { eventTypes, guidePrice, licensedPrice, meteredPrice, newMeter, newShop, plain, use } from '../support/shop.ts';

/** Lines as a customer reads them. */
function read(invoice: { lines: { data: { description: string | null; quantity: number | null; amount: number }[] } }) {
  return invoice.lines.data.map(({ description, quantity, amount }) => [description, quantity, amount]);
}

test('Alpaca AI moves from classic to flexible: the first invoice of zero disappears, the usage is the same', async () => {
  const { stripe, meter, price, customer } = await newShop();
  const classic = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    billing_mode: { type: 'classic' },
    expand: ['latest_invoice'],
  });
  const zero = classic.latest_invoice as Exclude<typeof classic.latest_invoice, string | null>;
  expect(zero).toMatchObject({ status: 'paid', total: 0, number: `${customer.invoice_prefix}-0001` });
  expect(read(zero)).toEqual([['0 × Alpaca AI (at $0.04 per 100 units / month)', 0, 0]]);
  const [line] = zero.lines.data;
  expect(line!.period).toEqual({ start: classic.start_date, end: classic.start_date });

  await use(stripe, meter, customer.id, 3000);
  expect(await stripe.invoices.createPreview({ subscription: classic.id })).toMatchObject({ total: 120 });
  expect(plain(await stripe.invoices.retrieve(zero.id))).toEqual(plain(zero));
  await stripe.subscriptions.cancel(classic.id);

  const flexible = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  expect(flexible.latest_invoice).toBeNull();
  expect((await stripe.invoices.list({ customer: customer.id })).data).toHaveLength(1);
  expect(await eventTypes(stripe, 'invoice.', 'customer.subscription.')).toEqual([
    'customer.subscription.created',
    'invoice.created',
    'invoice.finalized',
    'invoice.paid',
    'invoice.payment_succeeded',
    'customer.subscription.deleted',
    'customer.subscription.created',
  ]);
});

test('a classic subscription to three meters announces each of them, the newest item first', async () => {
  const { stripe, price, customer } = await newShop();
  const storage = await newMeter(stripe, 'last');
  const calls = await newMeter(stripe, 'count');
  const tiers = [
    { up_to: 10, unit_amount: 25, flat_amount: 500 },
    { up_to: 'inf' as const, unit_amount_decimal: Stripe.Decimal.from('12.5') },
  ];
  const tiered = { billing_scheme: 'tiered', tiers_mode: 'graduated', tiers } as const;
  const perGigabyte = await meteredPrice(stripe, storage.id, { ...tiered, product_data: { name: 'Storage' } });
  const perCall = await meteredPrice(stripe, calls.id, {
    unit_amount_decimal: Stripe.Decimal.from('0.05'),
    product_data: { name: 'Calls' },
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }, { price: perGigabyte.id }, { price: perCall.id }],
    billing_mode: { type: 'classic' },
  });
  const invoice = await stripe.invoices.retrieve(subscription.latest_invoice as string);
  expect(invoice).toMatchObject({ status: 'paid', total: 0 });
  expect(read(invoice)).toEqual([
    ['0 × Calls (at $0.0005 / month)', 0, 0],
    ['0 × Storage (Tier 1 at $0.25 / month)', 0, 0],
    ['0 × Alpaca AI (at $0.04 per 100 units / month)', 0, 0],
  ]);
});

test('seats with usage on top, by invoice: the draft bills the seats, the next one both', async () => {
  const { stripe, meter, price, customer } = await newShop();
  const seats = await licensedPrice(stripe, { product_data: { name: 'Seats' } });
  const sent = { customer: customer.id, collection_method: 'send_invoice', days_until_due: 30 } as const;
  const items = [{ price: seats.id, quantity: 5 }, { price: price.id }];

  const flexible = await stripe.subscriptions.create({ ...sent, items });
  const draft = await stripe.invoices.retrieve(flexible.latest_invoice as string);
  const [period] = flexible.items.data.map((item) => ({
    start: item.current_period_start,
    end: item.current_period_end,
  }));
  expect(draft).toMatchObject({ status: 'draft', total: 10_000, amount_remaining: 10_000 });
  expect(read(draft)).toEqual([['5 × Seats (at $20.00 / month)', 5, 10_000]]);
  expect(draft.lines.data[0]!.period).toEqual(period);

  await use(stripe, meter, customer.id, 3001);
  const next = await stripe.invoices.createPreview({ subscription: flexible.id });
  expect(next).toMatchObject({ total: 10_124, due_date: period!.end + 30 * 86_400, next_payment_attempt: null });
  expect(read(next)).toEqual([
    ['3001 × Alpaca AI (at $0.04 per 100 units / month)', 3001, 124],
    ['5 × Seats (at $20.00 / month)', 5, 10_000],
  ]);
  expect(next.lines.data.map((line) => line.period.start)).toEqual([period!.start, period!.end]);

  const classic = await stripe.subscriptions.create({ ...sent, items, billing_mode: { type: 'classic' } });
  const both = await stripe.invoices.retrieve(classic.latest_invoice as string);
  expect(both).toMatchObject({ status: 'draft', total: 10_000, number: null });
  expect(read(both)).toEqual([
    ['0 × Alpaca AI (at $0.04 per 100 units / month)', 0, 0],
    ['5 × Seats (at $20.00 / month)', 5, 10_000],
  ]);
  expect(await eventTypes(stripe, 'invoice.')).toEqual(['invoice.created', 'invoice.created']);
});

test('seats for nothing are a draft of nothing, and an invoice for usage alone does not exist', async () => {
  const { stripe, price, customer } = await newShop();
  const free = await licensedPrice(stripe, { unit_amount: 0 });
  const sent = { customer: customer.id, collection_method: 'send_invoice', days_until_due: 0 } as const;
  const seats = await stripe.subscriptions.create({ ...sent, items: [{ price: free.id }] });
  const draft = await stripe.invoices.retrieve(seats.latest_invoice as string);
  expect(draft).toMatchObject({ status: 'draft', total: 0, due_date: draft.created });
  const usage = await stripe.subscriptions.create({ ...sent, items: [{ price: price.id }] });
  expect(usage.latest_invoice).toBeNull();
});

test('numbers run per customer, in the order of finalization, and follow the customer', async () => {
  const { stripe, meter, customer } = await newShop();
  const subscribe = async (customerId: string) => {
    const price = await guidePrice(stripe, meter.id);
    const classic = { items: [{ price: price.id }], billing_mode: { type: 'classic' } } as const;
    const subscription = await stripe.subscriptions.create({
      customer: customerId,
      ...classic,
      items: [...classic.items],
    });
    return (await stripe.invoices.retrieve(subscription.latest_invoice as string)).number;
  };
  const other = await stripe.customers.create({ invoice_prefix: 'ALPACA', next_invoice_sequence: 9999 });
  expect(await subscribe(customer.id)).toBe(`${customer.invoice_prefix}-0001`);
  expect(await subscribe(other.id)).toBe('ALPACA-9999');
  expect(await subscribe(other.id)).toBe('ALPACA-10000');
  const numbers = await Promise.all(Array.from({ length: 5 }, () => subscribe(customer.id)));
  const expected = [2, 3, 4, 5, 6].map((number) => `${customer.invoice_prefix}-000${number}`);
  expect(new Set(numbers)).toEqual(new Set(expected));
  // Taking currency and numbers wrote nothing else of the customers.
  const after = await stripe.customers.retrieve(other.id);
  expect(after).toEqual({ ...other, currency: 'usd', next_invoice_sequence: 10_001 });
});
