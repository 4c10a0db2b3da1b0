import type { Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { hasBrowser, type Visit, visit } from '../support/browser.ts';

let seen: Visit | undefined;
afterAll(async () => await seen?.context.close());

/** Every "Dashboard" step of the usage-based billing guide, with the words that it tells people to look for. */
test.skipIf(!hasBrowser)('the guide of Alpaca AI is done by clicking, in its own words', async () => {
  seen = await visit();
  const { page, at, stripe, checkConsole } = seen;
  await page.goto(at(''));
  await createMeter(page);
  await createProduct(page);
  await addCustomer(page);
  await createSubscription(page);
  await addUsage(page);
  await readUpcomingInvoice(page);
  checkConsole();

  const [meter] = (await stripe.billing.meters.list()).data;
  expect(meter).toMatchObject({
    display_name: 'Alpaca AI tokens',
    event_name: 'alpaca_ai_tokens',
    default_aggregation: { formula: 'sum' },
    customer_mapping: { event_payload_key: 'stripe_customer_id', type: 'by_id' },
    value_settings: { event_payload_key: 'value' },
    status: 'active',
  });
  const [product] = (await stripe.products.list()).data;
  const [price] = (await stripe.prices.list()).data;
  expect(product).toMatchObject({ name: 'Alpaca AI', default_price: price?.id });
  expect(price).toMatchObject({
    product: product?.id,
    currency: 'usd',
    unit_amount: 4,
    billing_scheme: 'per_unit',
    transform_quantity: { divide_by: 100, round: 'up' },
    recurring: { usage_type: 'metered', interval: 'month', interval_count: 1, meter: meter?.id },
  });
  const [customer] = (await stripe.customers.list()).data;
  expect(customer).toMatchObject({ name: 'John Doe', email: null });
  const [subscription] = (await stripe.subscriptions.list()).data;
  expect(subscription).toMatchObject({
    customer: customer?.id,
    status: 'active',
    items: { data: [{ price: { id: price?.id } }] },
  });
  // 3,000 tokens are 30 packages of 100, 0.04 USD each.
  const invoice = await stripe.invoices.createPreview({ subscription: subscription?.id ?? '' });
  expect(invoice).toMatchObject({ amount_due: 120, customer: customer?.id });
  const minute = Math.floor(Date.now() / 60_000) * 60;
  const summaries = await stripe.billing.meters.listEventSummaries(meter?.id ?? '', {
    customer: customer?.id ?? '',
    start_time: minute - 3600,
    end_time: minute + 60,
  });
  expect(summaries.data.map(({ aggregated_value }) => aggregated_value)).toEqual([3000]);
});

async function openSection(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name, exact: true }).click();
  await page.getByRole('heading', { name, level: 1 }).waitFor();
}

/** "On the Meters page, click Create meter." */
async function createMeter(page: Page): Promise<void> {
  await openSection(page, 'Meters');
  await page.getByRole('link', { name: 'Create meter' }).first().click();
  await page.getByRole('heading', { name: 'Create meter' }).waitFor();
  await page.getByLabel('Meter name').fill('Alpaca AI tokens');
  await page.getByLabel('Event name').fill('alpaca_ai_tokens');
  await choose(page, 'Aggregation method', 'Sum');
  const preview = page.getByRole('region', { name: 'Preview' });
  await preview.getByLabel('Value of event 1').fill('25');
  await preview.getByLabel('Value of event 2').fill('3000');
  await preview.getByLabel('Value of event 3').fill('5');
  expect(await preview.getByLabel('Aggregated usage').textContent()).toBe('3,030');
  await page.getByRole('button', { name: 'Create meter' }).click();
  await page.getByRole('heading', { name: 'Alpaca AI tokens' }).waitFor();
}

/** "On the Product catalog page, click Create product." */
async function createProduct(page: Page): Promise<void> {
  await openSection(page, 'Product catalog');
  await page.getByRole('link', { name: 'Create product' }).first().click();
  await page.getByRole('heading', { name: 'Add a product' }).waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Alpaca AI');
  await page.getByText('Recurring', { exact: true }).click();
  await page.getByRole('button', { name: 'More pricing options' }).click();
  await page.getByRole('heading', { name: 'Add price' }).waitFor();
  await page.getByRole('radiogroup', { name: 'Choose your pricing model' }).getByLabel('Usage-based').check();
  await page.getByRole('radio', { name: 'Per package' }).check();
  await page.getByLabel('Amount').fill('0.04');
  await page.getByLabel('Units per package').fill('100');
  await choose(page, 'Meter', 'Alpaca AI tokens');
  await choose(page, 'Billing period', 'Monthly');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByRole('heading', { name: 'Add a product' }).waitFor();
  await page.getByRole('button', { name: 'Add product' }).click();
  await page.getByRole('heading', { name: 'Alpaca AI' }).waitFor();
}

/** "On the Customers page, click Add customer." */
async function addCustomer(page: Page): Promise<void> {
  await openSection(page, 'Customers');
  await page.getByRole('button', { name: 'Add customer' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('John Doe');
  await dialog.getByRole('button', { name: 'Add customer' }).click();
  await page.getByRole('heading', { name: 'John Doe' }).waitFor();
}

/** "On the Subscriptions page, click Create test subscription." */
async function createSubscription(page: Page): Promise<void> {
  await openSection(page, 'Subscriptions');
  await page.getByRole('link', { name: 'Create test subscription' }).first().click();
  await page.getByRole('heading', { name: 'Create a test subscription' }).waitFor();
  await choose(page, 'Customer', 'John Doe');
  // A customer of the guide has no card; the page says so and helps.
  await page.getByRole('button', { name: 'Attach test card' }).click();
  await page.getByText('Nothing to pay with').waitFor({ state: 'detached' });
  await page.getByRole('combobox', { name: 'Product' }).click();
  await page.getByRole('group', { name: 'Alpaca AI' }).getByRole('option').click();
  await page.getByRole('button', { name: 'Create test subscription' }).click();
  await page.getByRole('heading', { name: 'John Doe' }).waitFor();
}

/** "On the meter page, click Add usage > Manually input usage." */
async function addUsage(page: Page): Promise<void> {
  await openSection(page, 'Meters');
  await page.getByRole('link', { name: 'Alpaca AI tokens' }).click();
  await page.getByRole('button', { name: 'Add usage' }).click();
  await page.getByRole('menuitem', { name: 'Manually input usage' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add usage' });
  await dialog.getByRole('combobox', { name: 'Customer' }).click();
  await page.getByRole('option', { name: 'John Doe' }).click();
  await dialog.getByLabel('Value').fill('3000');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  await page.getByRole('table', { name: 'Live feed' }).getByRole('cell', { name: '3,000' }).waitFor();
}

/** "Scroll down to the Upcoming invoice section. […] Click View full invoice to see complete details." */
async function readUpcomingInvoice(page: Page): Promise<void> {
  await openSection(page, 'Subscriptions');
  await page.getByRole('link', { name: 'John Doe' }).click();
  const upcoming = page.getByRole('region', { name: 'Upcoming invoice' });
  await upcoming.getByText('$1.20').waitFor();
  const { pathname } = new URL(page.url());
  await upcoming.getByRole('link', { name: 'View full invoice' }).click();
  await page.getByRole('heading', { name: 'Upcoming invoice' }).waitFor();
  expect(await factOf(page, 'Customer')).toBe('John Doe');
  expect(await factOf(page, 'Billing method')).toBe('Charge automatically');
  expect(await factOf(page, 'Creation date')).toContain('UTC');
  expect(await factOf(page, 'Connected subscription')).toBe(pathname.split('/').at(-1));
  const details = page.getByRole('region', { name: 'Subscription details' });
  await details.getByRole('cell', { name: '3,000', exact: true }).waitFor();
  await details.getByText(/\$0\.04 (per|\/) 100/).waitFor();
  expect(await factOf(page, 'Amount due')).toBe('$1.20');
}

async function choose(page: Page, field: string, option: string): Promise<void> {
  const select = page.getByRole('combobox', { name: field, exact: true });
  if ((await select.inputValue()) === option) return;
  await select.click();
  await page.getByRole('option', { name: option }).click();
}

/** What stands beside a name on a page. */
async function factOf(page: Page, name: string): Promise<string> {
  const row = page.getByRole('term').filter({ hasText: name }).first().locator('..');
  return (await row.getByRole('definition').textContent()) ?? '';
}
