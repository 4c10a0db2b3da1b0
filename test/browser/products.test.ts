import { readFile } from 'node:fs/promises';
import type Stripe from 'stripe';
import { afterAll, describe, expect, test } from 'vitest';
import { hasBrowser, visit, type Visit } from '../support/browser.ts';
import { newMeter, plain, use } from '../support/shop.ts';

const visits: Visit[] = [];
afterAll(async () => {
  for (const { context } of visits) await context.close();
});

async function start() {
  const seen = await visit();
  visits.push(seen);
  const meter = await seen.stripe.billing.meters.create({
    display_name: 'Alpaca AI tokens',
    event_name: 'alpaca_ai_tokens',
    default_aggregation: { formula: 'sum' },
  });
  return { ...seen, meter };
}

type Started = Awaited<ReturnType<typeof start>>;

/** The guide's steps up to what differs: the page on which the price is typed. */
async function addPrice({ page, at }: Started, structure: 'Per unit' | 'Per package' | 'Per tier') {
  await page.goto(at('/products'));
  await page.getByRole('link', { name: 'Create product', exact: true }).click();
  await page.getByRole('heading', { name: 'Add a product' }).waitFor();
  await page.getByLabel('Name').fill('Alpaca AI');
  await page.getByText('Recurring', { exact: true }).click();
  await page.getByRole('button', { name: 'More pricing options' }).click();
  await page.getByRole('heading', { name: 'Add price' }).waitFor();
  await page.getByRole('radiogroup', { name: 'Choose your pricing model' }).getByLabel('Usage-based').check();
  await page.getByRole('radio', { name: structure }).check();
}

async function selectMeter(page: Visit['page'], name: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Meter' }).click();
  await page.getByRole('option', { name }).click();
}

/** The steps after it; the price that is there then. */
async function finish({ page, stripe }: Started): Promise<Stripe.Price> {
  await selectMeter(page, 'Alpaca AI tokens');
  await page.getByRole('combobox', { name: 'Billing period' }).click();
  await page.getByRole('option', { name: 'Monthly' }).click();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: 'Add product' }).click();
  await page.getByRole('heading', { name: 'Alpaca AI' }).waitFor();
  const { data } = await stripe.prices.list({ expand: ['data.tiers', 'data.product'] });
  expect(data).toHaveLength(1);
  expect(data[0]?.product).toMatchObject({ name: 'Alpaca AI', default_price: data[0]?.id });
  return plain(data[0]) as Stripe.Price;
}

const example = async ({ page }: Started, usage: string) => {
  await page.getByLabel('Example usage').fill(usage);
  return await page.getByText(/ units: /).textContent();
};

/** What a preview bills for so much usage. */
async function billed({ stripe, meter }: Started, price: Stripe.Price, usage: number): Promise<number> {
  const customer = await stripe.customers.create({ name: 'John Doe' });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
  await use(stripe, meter, customer.id, usage);
  return (await stripe.invoices.createPreview({ subscription: subscription.id })).total;
}

describe.skipIf(!hasBrowser)('the guide’s pricing model by clicking', () => {
  test('per package, as the guide has it', async () => {
    const seen = await start();
    const { page, meter } = seen;
    await addPrice(seen, 'Per package');
    await page.getByLabel('Amount').fill('0.04');
    await page.getByLabel('Units per package').fill('100');
    expect(await example(seen, '3001')).toBe('3,001 units: 31 packages × $0.04 = $1.24');
    await page.getByRole('img', { name: /^Total cost from 0 to 3,002 units: \$0\.00 to \$1\.24$/ }).waitFor();
    const price = await finish(seen);
    expect(price).toMatchObject({
      unit_amount: 4,
      currency: 'usd',
      transform_quantity: { divide_by: 100, round: 'up' },
      recurring: { interval: 'month', interval_count: 1, usage_type: 'metered', meter: meter.id },
    });
    expect(await billed(seen, price, 3001)).toBe(124);

    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Price actions' }).click();
    await page.getByRole('menuitem', { name: 'Copy price ID' }).click();
    await page.getByText('Price ID copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(price.id);
    await page.getByRole('link', { name: 'Product catalog' }).first().click();
    await page.getByRole('cell', { name: '$0.04 per 100 units / month' }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export' }).click();
    const csv = await readFile(await (await download).path(), 'utf8');
    expect(csv).toMatch(/^Name,Pricing,Status,ID,Created\r\nAlpaca AI,\$0\.04 per 100 units \/ month,active,prod_/);
    seen.checkConsole();
  });

  test('per unit, by fractions of a cent', async () => {
    const seen = await start();
    await addPrice(seen, 'Per unit');
    await seen.page.getByLabel('Amount').fill('0.0005');
    expect(await example(seen, '30')).toBe('30 units: 30 × $0.0005 = $0.02');
    const price = await finish(seen);
    expect(price).toMatchObject({ unit_amount: null, unit_amount_decimal: '0.05', transform_quantity: null });
    expect(await billed(seen, price, 30)).toBe(2);
    seen.checkConsole();
  });

  test.each([
    ['Graduated', '1,250 units: 1,000 × $0.05 + $10.00 flat fee + 250 × $0.04 = $70.00', 7000],
    ['Volume', '1,250 units: 1,250 × $0.04 = $50.00', 5000],
  ])('per tier, %s', async (mode, words, cents) => {
    const seen = await start();
    const { page } = seen;
    await addPrice(seen, 'Per tier');
    await page.getByText(mode, { exact: true }).click();
    // By keyboard: Enter goes down a column, and below the last tier makes another.
    await page.getByLabel('Tier 1 last unit').fill('1000');
    await page.getByLabel('Tier 1 flat fee').fill('10');
    await page.getByLabel('Tier 1 per unit').fill('0.05');
    await page.keyboard.press('Enter');
    await page.keyboard.type('0.04');
    await page.keyboard.press('Enter');
    await page.keyboard.type('5,000');
    await page.getByLabel('Tier 3 per unit').fill('0.03');
    await page.getByRole('cell', { name: '5,001' }).waitFor();
    expect(await example(seen, '1,250')).toBe(words);
    const price = await finish(seen);
    expect(price).toMatchObject({
      billing_scheme: 'tiered',
      tiers_mode: mode.toLowerCase(),
      tiers: [
        { up_to: 1000, unit_amount: 5, flat_amount: 1000 },
        { up_to: 5000, unit_amount: 4, flat_amount: null },
        { up_to: null, unit_amount: 3, flat_amount: null },
      ],
    });
    expect(await billed(seen, price, 1250)).toBe(cents);
    seen.checkConsole();
  });
});

test.skipIf(!hasBrowser)('usage of one value of a dimension has its own price, also on a meter of ours', async () => {
  const seen = await start();
  const { page, request, stripe } = seen;
  await request('POST', '/v1/usance/meters', {
    display_name: 'Peak of requests',
    event_name: 'peak',
    default_aggregation: { formula: 'max' },
    dimension_payload_keys: ['model'],
  });
  await addPrice(seen, 'Per unit');
  await page.getByLabel('Amount').fill('2');
  await selectMeter(page, 'Peak of requests');
  await page.getByRole('group', { name: 'Only usage where' }).getByLabel('model').fill('large');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('button', { name: 'Add product' }).click();
  await page.getByRole('link', { name: '$2.00 per unit / month' }).click();
  await page.getByText('model = large').waitFor();
  await page.getByRole('link', { name: 'Peak of requests' }).waitFor();
  const [price] = (await stripe.prices.list()).data;
  const { body } = await request('GET', `/v1/usance/prices/${price?.id}`);
  expect(body).toMatchObject({ dimension_filter: { model: 'large' }, price: { unit_amount: 200 } });
  seen.checkConsole();
});

test.skipIf(!hasBrowser)(
  'what is wrong stands at its field, whoever finds it, and nothing is left behind',
  async () => {
    const seen = await start();
    const { page, at, stripe } = seen;
    await page.goto(at('/products/create'));
    await page.getByRole('button', { name: 'Add product' }).click();
    await page.getByText('Enter the name of the product.').waitFor();
    await page.getByText('Enter an amount, such as 0.04.').waitFor();
    await page.getByLabel('Name').fill('Alpaca AI');
    await page.getByRole('button', { name: 'More pricing options' }).click();
    await page.getByRole('radio', { name: 'Tiered pricing' }).check();
    await page.getByLabel('Tier 1 last unit').fill('100');
    await page.getByLabel('Tier 1 per unit').fill('1');
    await page.getByRole('button', { name: 'Next' }).click();
    expect(await page.getByLabel('Tier 2 per unit').getAttribute('aria-invalid')).toBe('true');
    await page.locator('[aria-label="Tier 2 per unit"]:focus').waitFor();
    // The server alone knows how much a unit may cost.
    await page.getByLabel('Tier 2 per unit').fill('1000000');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('button', { name: 'Add product' }).click();
    await page.getByRole('heading', { name: 'Add price' }).waitFor();
    expect(await page.getByLabel('Tier 2 per unit').getAttribute('aria-invalid')).toBe('true');
    expect((await stripe.products.list()).data).toEqual([]);
    await page.getByLabel('Tier 2 per unit').fill('0.5');
    await page.getByRole('button', { name: 'Next' }).click();
    // What comes after the price may fail as well: the product is there, is shown, and is not made twice.
    await page.route('**/v1/products/prod_*', async (route) =>
      route.request().method() === 'POST' ? await route.fulfill({ status: 500, json: {} }) : await route.continue(),
    );
    await page.getByRole('button', { name: 'Add product' }).click();
    await page.getByText('That did not work').waitFor();
    await page.getByRole('cell', { name: /Graduated tiers \/ month/ }).waitFor();
    expect((await stripe.products.list()).data).toHaveLength(1);
  },
);

test.skipIf(!hasBrowser)('a product gets another price, another default, and prices that are archived', async () => {
  const seen = await start();
  const { page, at, stripe } = seen;
  const product = await stripe.products.create({
    name: 'Seats',
    unit_label: 'seat',
    default_price_data: { currency: 'usd', unit_amount: 2000, recurring: { interval: 'month' } },
  });
  await page.goto(at(`/products/${product.id}`));
  await page.getByRole('link', { name: 'Add another price' }).click();
  await page.getByLabel('Amount').fill('200');
  await page.getByRole('combobox', { name: 'Billing period' }).click();
  await page.getByRole('option', { name: 'Yearly' }).click();
  await page.getByRole('button', { name: 'Advanced' }).click();
  await page.getByLabel('Lookup key').fill('seats_yearly');
  await page.getByRole('button', { name: 'Add price' }).click();
  const row = page.getByRole('row', { name: /\$200\.00 \/ year/ });
  await row.getByRole('button', { name: 'Price actions' }).click();
  await page.getByRole('menuitem', { name: 'Set as default price' }).click();
  await row.getByText('Default', { exact: true }).waitFor();
  const monthly = page.getByRole('row', { name: /\$20\.00 \/ month/ });
  await monthly.getByRole('button', { name: 'Price actions' }).click();
  await page.getByRole('menuitem', { name: 'Archive price' }).click();
  await monthly.getByText('Archived').waitFor();
  const { data } = await stripe.prices.list({ product: product.id });
  expect(data).toMatchObject([
    { unit_amount: 20_000, lookup_key: 'seats_yearly', recurring: { interval: 'year' }, active: true },
    { unit_amount: 2000, active: false },
  ]);
  expect((await stripe.products.retrieve(product.id)).default_price).toBe(data[0]?.id);

  const customer = await stripe.customers.create({ name: 'Jenny Rosen', email: 'jenny@example.com' });
  await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: data[0]?.id ?? '', quantity: 3 }],
    collection_method: 'send_invoice',
    days_until_due: 30,
  });
  await row.getByRole('link').click();
  await page.getByLabel('Example quantity').fill('3');
  await page.getByText('3 seats: 3 × $200.00 = $600.00').waitFor();
  await page.getByRole('table', { name: 'Subscriptions' }).getByRole('link', { name: 'Jenny Rosen' }).waitFor();
  seen.checkConsole();
});

test.skipIf(!hasBrowser)('a catalog that can’t be read says so, and is there when it can', async () => {
  const seen = await start();
  const { page, at, stripe } = seen;
  await newMeter(stripe);
  await stripe.products.create({ name: 'Seats' });
  await page.route('**/v1/prices/search*', (route) => void route.fulfill({ status: 500, json: {} }));
  await page.goto(at('/products'));
  await page.getByRole('alert').getByText('The list of products can’t be shown right now').waitFor();
  await page.unroute('**/v1/prices/search*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('cell', { name: 'No price' }).waitFor();
});

test.skipIf(!hasBrowser)('a price is added to no product that can’t be read', async () => {
  const seen = await start();
  const { page, at, stripe } = seen;
  const { id } = await stripe.products.create({ name: 'Seats' });
  await page.route(`**/v1/products/${id}`, (route) => void route.fulfill({ status: 500, json: {} }));
  await page.goto(at(`/products/${id}/add-price`));
  await page.getByRole('alert').getByText('This product can’t be shown right now').waitFor();
  await page.unroute(`**/v1/products/${id}`);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('button', { name: 'Add price' }).waitFor();
});
