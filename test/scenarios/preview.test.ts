import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { guidePrice, licensedPrice, meteredPrice, newMeter, newShop, plain, use } from '../support/shop.ts';

/** Lines as a customer reads them. */
function read(lines: Stripe.InvoiceLineItem[]) {
  return lines.map(({ description, quantity, amount }) => [description, quantity, amount]);
}

async function previewOf(stripe: Stripe, customerId: string, prices: Stripe.Price[]) {
  const items = prices.map(({ id }) => ({ price: id }));
  const { id } = await stripe.subscriptions.create({ customer: customerId, items });
  return async () => await stripe.invoices.createPreview({ subscription: id });
}

test("the guide's customer sees each event in the next preview", async () => {
  const { stripe, meter, price, customer } = await newShop();
  const preview = await previewOf(stripe, customer.id, [price]);
  const seen = [(await preview()).total];
  for (const tokens of [25, 2975, 1, 24, -3025, 5]) {
    await use(stripe, meter, customer.id, tokens);
    seen.push((await preview()).total);
  }
  // 0, 25, 3000, 3001, 3025, 0 and 5 tokens.
  expect(seen).toEqual([0, 4, 120, 124, 124, 0, 4]);
});

test('corrections below zero are billed as zero, and the first fee stays', async () => {
  const { stripe, meter, customer } = await newShop();
  const tiers = [{ up_to: 'inf' as const, unit_amount: 5, flat_amount: 900 }];
  const price = await meteredPrice(stripe, meter.id, { billing_scheme: 'tiered', tiers_mode: 'volume', tiers });
  const preview = await previewOf(stripe, customer.id, [price]);
  await use(stripe, meter, customer.id, -40);
  const { total, lines } = await preview();
  expect(total).toBe(900);
  expect(read(lines.data)).toEqual([
    ['0 × Alpaca AI (Tier 1 at $0.05 / month)', 0, 0],
    ['Alpaca AI (Tier 1 at $9.00 / month)', 0, 900],
  ]);
});

describe('tiers', () => {
  const tiers = [
    { up_to: 1000, flat_amount: 900 },
    { up_to: 'inf' as const, unit_amount_decimal: Stripe.Decimal.from('3.6') },
  ];

  async function tieredPreview(mode: 'graduated' | 'volume', usage: number) {
    const { stripe, meter, customer } = await newShop();
    const product = await stripe.products.create({ name: 'Gitpod Usage', unit_label: 'credit' });
    const terms = { billing_scheme: 'tiered', tiers_mode: mode, tiers, product: product.id } as const;
    const price = await meteredPrice(stripe, meter.id, { ...terms, tiers: [...tiers] });
    const preview = await previewOf(stripe, customer.id, [price]);
    await use(stripe, meter, customer.id, usage);
    return await preview();
  }

  test('graduated bill each tier that was entered, in the words of recorded invoices', async () => {
    const { total, lines } = await tieredPreview('graduated', 1031);
    expect(total).toBe(1012);
    expect(read(lines.data)).toEqual([
      ['1000 credit × Gitpod Usage (Tier 1 at $0.00 / month)', 1000, 0],
      ['Gitpod Usage (Tier 1 at $9.00 / month)', 0, 900],
      ['31 credit × Gitpod Usage (Tier 2 at $0.036 / month)', 31, 112],
      ['Gitpod Usage (Tier 2 at $0.00 / month)', 0, 0],
    ]);
    expect(plain(lines.data.map((line) => line.pricing!.unit_amount_decimal))).toEqual(['0', '900', '3.6', '0']);
  });

  test('volume bills the whole in the tier that it reaches', async () => {
    const { total, lines } = await tieredPreview('volume', 1031);
    expect(total).toBe(3712);
    expect(read(lines.data)).toEqual([
      ['1031 credit × Gitpod Usage (Tier 2 at $0.036 / month)', 1031, 3712],
      ['Gitpod Usage (Tier 2 at $0.00 / month)', 0, 0],
    ]);
  });

  test('of 20 prices are more lines than an invoice embeds: the rest is paged, once each, in order', async () => {
    const { stripe, meter, customer } = await newShop();
    const steps = [1, 2, 3, 4].map((up_to) => ({ up_to, unit_amount: up_to }));
    const terms = { billing_scheme: 'tiered', tiers_mode: 'graduated' } as const;
    const prices: Stripe.Price[] = [];
    for (let index = 0; index < 20; index++) {
      const name = `Product ${String(index).padStart(2, '0')}`;
      const all = [...steps, { up_to: 'inf' as const, unit_amount: index }];
      prices.push(await meteredPrice(stripe, meter.id, { ...terms, tiers: all, product_data: { name } }));
    }
    const preview = await previewOf(stripe, customer.id, prices);
    await use(stripe, meter, customer.id, 6);
    const { id, total, lines } = await preview();
    // Each item: 1 + 2 + 3 + 4 for the first four units, and two more at its own price.
    expect(total).toBe(20 * 10 + 2 * 190);
    expect(lines).toMatchObject({ has_more: true, url: `/v1/invoices/${id}/lines` });
    expect(lines.data).toHaveLength(10);
    const all = await stripe.invoices.listLineItems(id, { limit: 30 }).autoPagingToArray({ limit: 1000 });
    expect(all).toHaveLength(100);
    expect(all.slice(0, 10)).toEqual(lines.data);
    expect(all.reduce((sum, line) => sum + line.amount, 0)).toBe(total);
    const expected = prices.toReversed().flatMap((price) => Array<string>(5).fill(price.id));
    expect(all.map((line) => line.pricing!.price_details!.price)).toEqual(expected);
    const middle = all[50]!.id;
    const after = await stripe.invoices.listLineItems(id, { starting_after: middle, limit: 3 });
    expect(after).toMatchObject({ has_more: true, data: all.slice(51, 54).map((line) => ({ id: line.id })) });
    const before = await stripe.invoices.listLineItems(id, { ending_before: middle, limit: 3 });
    expect(before).toMatchObject({ has_more: true, data: all.slice(47, 50).map((line) => ({ id: line.id })) });
    const first = await stripe.invoices.listLineItems(id, { ending_before: all[2]!.id });
    expect(first).toMatchObject({ has_more: false, data: all.slice(0, 2).map((line) => ({ id: line.id })) });
    await expect(stripe.invoices.listLineItems(id, { starting_after: 'il_no' })).rejects.toMatchObject({
      statusCode: 400,
      param: 'starting_after',
    });
    const cursors = { starting_after: middle, ending_before: middle };
    await expect(stripe.invoices.listLineItems(id, cursors)).rejects.toMatchObject({ code: 'parameters_exclusive' });
  });
});

test('decimal usage is told exactly, in the field that can', async () => {
  const { stripe, meter, customer } = await newShop();
  const price = await meteredPrice(stripe, meter.id, { unit_amount_decimal: Stripe.Decimal.from('0.123456789012') });
  const preview = await previewOf(stripe, customer.id, [price]);
  await use(stripe, meter, customer.id, '1000.000000000001');
  await use(stripe, meter, customer.id, '0.1');
  const [line] = (await preview()).lines.data;
  expect(plain(line)).toMatchObject({
    amount: 123,
    description: '1000.100000000001 × Alpaca AI (at $0.00123456789012 / month)',
    pricing: { unit_amount_decimal: '0.123456789012' },
    quantity: null,
    quantity_decimal: '1000.100000000001',
  });
});

test('amounts beyond what a double holds are kept to the last digit', async () => {
  const { account, stripe, meter, customer } = await newShop();
  const price = await meteredPrice(stripe, meter.id, { unit_amount: 1000 });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  // The largest value of one event, nine times, and enough to make the total odd and above 2^53.
  for (let count = 0; count < 9; count++) await use(stripe, meter, customer.id, '999999999999999');
  await use(stripe, meter, customer.id, '999999999999996');
  const { body } = await account.request('POST', '/v1/invoices/create_preview', { subscription: id });
  const response = await fetch(`${account.url}/v1/invoices/${body.id}`, {
    headers: { authorization: `Bearer ${account.secretKey}` },
  });
  const text = await response.text();
  expect(text).toContain('"total":9999999999999987000');
  expect(text).toContain('"quantity":9999999999999987,');
});

test('money without decimals is counted in whole units', async () => {
  const { stripe, meter, customer } = await newShop();
  const yen = await meteredPrice(stripe, meter.id, {
    currency: 'jpy',
    unit_amount_decimal: Stripe.Decimal.from('0.5'),
  });
  const preview = await previewOf(stripe, customer.id, [yen]);
  await use(stripe, meter, customer.id, 301);
  const { currency, total, lines } = await preview();
  expect([currency, total]).toEqual(['jpy', 151]);
  expect(read(lines.data)).toEqual([['301 × Alpaca AI (at ¥0.5 / month)', 301, 151]]);
});

test('an option of the price is used where the subscription is in its currency', async () => {
  const { stripe, meter, customer } = await newShop();
  const options = { eur: { unit_amount: 7 } };
  const price = await meteredPrice(stripe, meter.id, { currency_options: options });
  const items = [{ price: price.id }];
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items, currency: 'eur' });
  await use(stripe, meter, customer.id, 3);
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect([preview.currency, preview.total]).toEqual(['eur', 21]);
  expect(read(preview.lines.data)).toEqual([['3 × Alpaca AI (at €0.07 / month)', 3, 21]]);
});

test('each meter adds up in its own way, and only what its customer used', async () => {
  const { stripe, meter, price, customer } = await newShop();
  const storage = await newMeter(stripe, 'last');
  const calls = await newMeter(stripe, 'count');
  const perGigabyte = await meteredPrice(stripe, storage.id, { unit_amount: 10 });
  const perCall = await meteredPrice(stripe, calls.id, { unit_amount: 3 });
  const preview = await previewOf(stripe, customer.id, [price, perGigabyte, perCall]);
  const other = await stripe.customers.create({});
  for (const gigabytes of [50, 20]) await use(stripe, storage, customer.id, gigabytes);
  for (const call of [7, 7, 7]) await use(stripe, calls, customer.id, call);
  for (const one of [meter, storage, calls]) await use(stripe, one, other.id, 1000);
  await use(stripe, meter, customer.id, 101);
  const { total, lines } = await preview();
  expect(total).toBe(9 + 200 + 8);
  expect(read(lines.data)).toEqual([
    ['3 × Alpaca AI (at $0.03 / month)', 3, 9],
    ['20 × Alpaca AI (at $0.10 / month)', 20, 200],
    ['101 × Alpaca AI (at $0.04 per 100 units / month)', 101, 8],
  ]);
});

test('a month and a year together: the next invoice is the month’s', async () => {
  const { stripe, meter, price, customer } = await newShop();
  const yearly = await meteredPrice(stripe, meter.id, { unit_amount: 1, recurring: { interval: 'year' } });
  const seats = await licensedPrice(stripe, { recurring: { interval: 'year' } });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: yearly.id }, { price: price.id }, { price: seats.id }],
    collection_method: 'send_invoice',
    days_until_due: 7,
  });
  await use(stripe, meter, customer.id, 250);
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  const monthly = subscription.items.data[1]!;
  expect(preview).toMatchObject({ total: 12, created: monthly.current_period_end });
  expect(read(preview.lines.data)).toEqual([['250 × Alpaca AI (at $0.04 per 100 units / month)', 250, 12]]);
  const first = await stripe.invoices.retrieve(subscription.latest_invoice as string);
  expect(read(first.lines.data)).toEqual([['1 × Alpaca AI (at $20.00 / year)', 1, 2000]]);
});

test('what was used before the subscription is not on its invoice, what is used by two subscriptions is on both', async () => {
  const { stripe, meter, customer } = await newShop();
  const hourAgo = Math.floor(Temporal.Now.instant().epochMilliseconds / 1000) - 3600;
  await stripe.billing.meterEvents.create({
    event_name: meter.event_name,
    payload: { stripe_customer_id: customer.id, value: '700' },
    timestamp: hourAgo,
  });
  const prices = [await guidePrice(stripe, meter.id), await meteredPrice(stripe, meter.id, { unit_amount: 1 })];
  const previews = await Promise.all(prices.map((price) => previewOf(stripe, customer.id, [price])));
  expect(await Promise.all(previews.map(async (preview) => (await preview()).total))).toEqual([0, 0]);
  await use(stripe, meter, customer.id, 150);
  expect(await Promise.all(previews.map(async (preview) => (await preview()).total))).toEqual([8, 150]);
});

test('line metadata is the subscription’s, and a preview keeps what it told', async () => {
  const { stripe, price, customer } = await newShop();
  const items = [{ price: price.id, metadata: { item: 'yes' } }];
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items, metadata: { plan: 'gold' } });
  const preview = await stripe.invoices.createPreview({ subscription: id });
  expect(preview.lines.data[0]!.metadata).toEqual({ plan: 'gold' });
  expect(preview.parent!.subscription_details!.metadata).toEqual({ plan: 'gold' });
  await stripe.subscriptions.update(id, { metadata: { plan: 'silver' } });
  expect(await stripe.invoices.retrieve(preview.id)).toEqual(preview);
  const next = await stripe.invoices.createPreview({ subscription: id });
  expect(next.lines.data[0]!.metadata).toEqual({ plan: 'silver' });
});
