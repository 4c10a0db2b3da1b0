import type { Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { hasBrowser, visit, type Visit } from '../support/browser.ts';
import { guidePrice, licensedPrice, newMeter, use } from '../support/shop.ts';

const visits: Visit[] = [];
afterAll(async () => {
  for (const { context } of visits) await context.close();
});

async function visited(): Promise<Visit> {
  const seen = await visit();
  visits.push(seen);
  return seen;
}

/** What stands beside a name on a page. */
async function factOf(page: Page, name: string): Promise<string> {
  const row = page.getByRole('term').filter({ hasText: name }).locator('..');
  return (await row.getByRole('definition').textContent()) ?? '';
}

test.skipIf(!hasBrowser)(
  'a subscription is created and its upcoming invoice shown by the steps of the guide',
  async () => {
    const { page, at, stripe, checkConsole } = await visited();
    const meter = await newMeter(stripe);
    const price = await guidePrice(stripe, meter.id);
    const { id: customer } = await stripe.customers.create({ name: 'John Doe' });

    await page.goto(at('/subscriptions'));
    await page.getByRole('heading', { name: 'No subscriptions yet' }).waitFor();
    await page.getByRole('link', { name: 'Create test subscription' }).first().click();
    await page.getByRole('heading', { name: 'Create a test subscription' }).waitFor();
    await page.getByRole('combobox', { name: 'Customer' }).click();
    await page.getByRole('option', { name: 'John Doe' }).click();
    await page.getByRole('button', { name: 'Attach test card' }).click();
    await page.getByText('Nothing to pay with').waitFor({ state: 'detached' });
    await page.getByRole('combobox', { name: 'Product' }).click();
    await page.getByRole('group', { name: 'Alpaca AI' }).getByRole('option').click();
    await page.getByRole('button', { name: 'Create test subscription' }).click();
    await page.getByRole('heading', { name: 'John Doe' }).waitFor();

    const [subscription] = (await stripe.subscriptions.list()).data;
    expect(subscription).toMatchObject({ customer, status: 'active', items: { data: [{ price: { id: price.id } }] } });
    await use(stripe, meter, customer, 3000);
    await page.reload();
    const upcoming = page.getByRole('region', { name: 'Upcoming invoice' });
    // 30 packages of 100 tokens, 0.04 USD each.
    await upcoming.getByText('$1.20').waitFor();
    await page.getByRole('region', { name: 'Products' }).getByText('3,000').waitFor();
    await upcoming.getByRole('link', { name: 'View full invoice' }).click();
    await page.getByRole('heading', { name: 'Upcoming invoice' }).waitFor();
    await page.getByRole('table', { name: 'Lines' }).waitFor();
    expect(await factOf(page, 'Customer')).toBe('John Doe');
    expect(await factOf(page, 'Billing method')).toBe('Charge automatically');
    expect(await factOf(page, 'Creation date')).toContain('UTC');
    expect(await factOf(page, 'Connected subscription')).toBe(subscription?.id);
    const [first] = await page.getByRole('term').filter({ hasText: 'Amount due' }).all();
    expect(await first?.locator('..').getByRole('definition').textContent()).toBe('$1.20');
    await page
      .getByRole('region', { name: 'Subscription details' })
      .getByRole('cell', { name: '3,000', exact: true })
      .waitFor();
    checkConsole();
  },
);

test.skipIf(!hasBrowser)('what a change is said to cost is what it is billed', async () => {
  const { page, at, stripe, checkConsole } = await visited();
  const price = await licensedPrice(stripe);
  const customer = await stripe.customers.create({ name: 'Jenny Rosen', payment_method: 'pm_card_visa' });
  const [card] = (await stripe.customers.listPaymentMethods(customer.id)).data;
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: String(card?.id) } });
  const tenDaysAgo = Math.floor(Date.now() / 1000) - 10 * 86_400;
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 2 }],
    backdate_start_date: tenDaysAgo,
  });

  await page.goto(at(`/subscriptions/${id}/update`));
  await page.getByLabel('Quantity').fill('5');
  await page.getByRole('radio', { name: 'Prorate and invoice now' }).check();
  const preview = page.getByRole('region', { name: 'Invoice of the change' });
  await preview.getByText('Remaining time on 5 ×').waitFor();
  await expect.poll(() => page.getByLabel('Computing').count()).toBe(0);
  const shown = await preview
    .getByRole('term')
    .filter({ hasText: 'Amount due' })
    .locator('..')
    .getByRole('definition')
    .textContent();
  await page.getByRole('button', { name: 'Update subscription' }).click();
  await page.getByRole('heading', { name: 'Jenny Rosen' }).waitFor();

  const updated = await stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] });
  expect(updated.items.data[0]?.quantity).toBe(5);
  const made = updated.latest_invoice;
  if (made === null || typeof made === 'string') throw new Error('the change has an invoice');
  expect(made).toMatchObject({ billing_reason: 'subscription_update', status: 'paid' });
  expect(made.amount_due).toBeGreaterThan(0);
  expect(shown).toBe(`$${(made.amount_due / 100).toFixed(2)}`);
  checkConsole();
});

/** Chooses an action of a subscription, and confirms it. */
async function act(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name }).click();
  const dialog = page.getByRole('dialog', { name });
  await dialog.getByRole('button', { name, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

test.skipIf(!hasBrowser)('a trial ends by hand, and its collection is paused and goes on', async () => {
  const { page, at, stripe, checkConsole } = await visited();
  const price = await licensedPrice(stripe);
  const customer = await stripe.customers.create({ name: 'Jenny Rosen', email: 'jenny@example.com' });
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 2 }],
    collection_method: 'send_invoice',
    days_until_due: 10,
    trial_period_days: 14,
  });
  await page.goto(at(`/subscriptions/${id}`));
  await act(page, 'End trial');
  await page.getByRole('region', { name: 'Invoices' }).getByText('$40.00').waitFor();
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
  await act(page, 'Pause collection');
  await page.getByText('Collection is paused: its invoices stay drafts').waitFor();
  expect((await stripe.subscriptions.retrieve(id)).pause_collection).toMatchObject({ behavior: 'keep_as_draft' });
  await act(page, 'Resume collection');
  await page.getByText('Collection is paused: its').waitFor({ state: 'detached' });
  expect((await stripe.subscriptions.retrieve(id)).pause_collection).toBeNull();
  checkConsole();
});

test.skipIf(!hasBrowser)('a subscription is to be canceled, goes on after all, and ends at once', async () => {
  const { page, at, stripe, checkConsole } = await visited();
  const meter = await newMeter(stripe);
  const price = await guidePrice(stripe, meter.id);
  const customer = await stripe.customers.create({ name: 'John Doe', email: 'john@example.com' });
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    collection_method: 'send_invoice',
    days_until_due: 10,
  });
  await use(stripe, meter, customer.id, 250);

  await page.goto(at(`/subscriptions/${id}`));
  await act(page, 'Cancel subscription');
  expect((await stripe.subscriptions.retrieve(id)).cancel_at_period_end).toBe(true);
  await act(page, 'Don’t cancel');
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ cancel_at_period_end: false, cancel_at: null });
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Cancel subscription' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel subscription' });
  await page.getByRole('radio', { name: 'On a custom date' }).check();
  await dialog.getByRole('button', { name: 'Cancel subscription' }).click();
  await page.getByText('Choose the day that it ends.').waitFor();
  await page.getByRole('radio', { name: 'Immediately' }).check();
  // 3 packages of 100 tokens are begun, 0.04 USD each.
  await page.getByText('Its last invoice is over $0.12').waitFor();
  // Afterwards the browser notes that there is no upcoming invoice any more.
  checkConsole();
  await dialog.getByRole('button', { name: 'Cancel subscription' }).click();
  await dialog.waitFor({ state: 'detached' });
  const ended = await stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] });
  expect(ended).toMatchObject({ status: 'canceled', latest_invoice: { total: 12 } });
  await page.getByText('Nothing more will be billed.').waitFor();
});

test.skipIf(!hasBrowser)('a subscription or a customer that can’t be read is asked for again', async () => {
  const seen = await visited();
  const { page, at, stripe } = seen;
  const customer = await stripe.customers.create({ name: 'Jenny Rosen', email: 'jenny@example.com' });
  const seats = await licensedPrice(stripe);
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id }],
    collection_method: 'send_invoice',
    days_until_due: 30,
  });
  for (const [route, what] of [
    [`**/v1/subscriptions/${id}?*`, 'This subscription'],
    [`**/v1/customers/${customer.id}?*`, 'This customer'],
  ] as const) {
    await page.route(route, (request) => void request.fulfill({ status: 500, json: {} }));
    await page.goto(at(`/subscriptions/${id}/update`));
    await page.getByRole('alert').getByText(`${what} can’t be shown right now`).waitFor();
    await page.unroute(route);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('button', { name: 'Update subscription' }).waitFor();
  }
});
