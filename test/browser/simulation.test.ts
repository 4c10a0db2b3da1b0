import type { Page } from 'playwright-core';
import type Stripe from 'stripe';
import { afterAll, expect, test } from 'vitest';
import { hasBrowser, type Visit, visit } from '../support/browser.ts';
import { licensedPrice } from '../support/shop.ts';

const visits: Visit[] = [];
afterAll(async () => {
  for (const { context } of visits) await context.close();
});

/** The one entry of a list that must have one. */
function only<T>(data: readonly T[]): T {
  const [first] = data;
  if (first === undefined || data.length > 1) throw new Error(`There are ${data.length}, not one`);
  return first;
}

/** Advances the clock that the page shows, and waits until it can be advanced again. */
async function advanceBy(page: Page, step: string): Promise<void> {
  const button = page.getByRole('main').getByRole('button', { name: 'Advance time', disabled: false }).last();
  await button.click();
  const advance = page.getByRole('dialog', { name: 'Advance time' });
  await advance.getByRole('button', { name: step }).click();
  await advance.getByRole('button', { name: 'Advance time' }).click();
  await advance.waitFor({ state: 'hidden' });
  await button.waitFor();
}

/** Three seats of 20.00 a month, paid by a card. */
async function subscribe(stripe: Stripe, customer: string): Promise<void> {
  const price = await licensedPrice(stripe, { unit_amount: 2_000 });
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  await stripe.subscriptions.create({ customer, items: [{ price: price.id, quantity: 3 }] });
}

async function open(): Promise<Visit> {
  const seen = await visit();
  visits.push(seen);
  return seen;
}

test.skipIf(!hasBrowser)(
  'a simulation goes by clicks from a new clock to a paid invoice of a later month',
  async () => {
    const { page, at, stripe, checkConsole } = await open();
    await page.goto(at('/clocks'));
    await page.getByText('No simulations yet').waitFor();
    await page.getByRole('button', { name: 'New simulation' }).click();
    const form = page.getByRole('dialog', { name: 'New simulation' });
    await form.getByLabel('Name').fill('Annual renewal');
    await form.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('heading', { name: 'Annual renewal' }).waitFor();
    const clock = only((await stripe.testHelpers.testClocks.list()).data);
    expect(page.url()).toBe(at(`/clocks/${clock.id}?clock=${clock.id}`));

    // Whoever is added now is on the clock.
    await page.getByRole('button', { name: 'Add customer' }).first().click();
    const customer = page.getByRole('dialog', { name: 'Add customer' });
    await customer.getByLabel('Name').fill('John Doe');
    await customer.getByLabel('Email').fill('john@example.com');
    await customer.getByRole('button', { name: 'Add customer' }).click();
    await page.getByRole('heading', { name: 'John Doe' }).waitFor();
    const john = only((await stripe.customers.list({ test_clock: clock.id })).data);
    expect(page.url()).toBe(at(`/customers/${john.id}?clock=${clock.id}`));
    await subscribe(stripe, john.id);

    // The clock stays chosen from page to page, and the lists hold what is on it.
    await page.getByRole('link', { name: 'Customers', exact: true }).first().click();
    await page.getByRole('table', { name: 'customers' }).getByRole('link', { name: 'John Doe' }).waitFor();
    await page.getByRole('alert', { name: 'Test clock' }).getByRole('link', { name: 'Annual renewal' }).click();

    for (const step of ['To the next renewal', '1 hour']) await advanceBy(page, step);
    await page
      .getByRole('list', { name: 'What happened' })
      .getByText(/^Invoice .+-0002 paid: \$60\.00$/)
      .waitFor();
    const invoices = (await stripe.invoices.list({ customer: john.id })).data;
    expect(invoices.map(({ status, amount_paid: paid }) => [status, paid])).toEqual([
      ['paid', 6_000],
      ['paid', 6_000],
    ]);
    await page
      .getByRole('table', { name: 'Invoices' })
      .getByRole('link', { name: invoices[0]?.number ?? '' })
      .waitFor();

    await page.getByRole('button', { name: 'Finish simulation' }).click();
    const finish = page.getByRole('dialog', { name: 'Finish simulation' });
    await finish.getByText('1 customer, who are deleted').waitFor();
    await finish.getByRole('button', { name: 'Finish simulation' }).click();
    await page.getByText('No simulations yet').waitFor();
    expect(page.url()).toBe(at('/clocks'));
    expect(await stripe.customers.retrieve(john.id)).toMatchObject({ deleted: true });
    checkConsole();
  },
  60_000,
);

test.skipIf(!hasBrowser)('a clock is chosen and left beside the account, and hides what is not on it', async () => {
  const { page, at, stripe, checkConsole } = await open();
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_767_225_600, name: 'Leap year' });
  await stripe.customers.create({ name: 'On the clock', test_clock: clock.id });
  await stripe.customers.create({ name: 'In real time' });
  await page.goto(at('/customers'));
  const table = page.getByRole('table', { name: 'customers' });
  await table.getByText('In real time').waitFor();
  expect(await table.getByText('On the clock').count()).toBe(0);
  await page.getByRole('button', { name: 'Test clock: Real time' }).click();
  await page.getByRole('menuitem', { name: /Leap year/ }).click();
  await table.getByText('On the clock').waitFor();
  expect(await table.getByText('In real time').count()).toBe(0);
  const banner = page.getByRole('alert', { name: 'Test clock' });
  await banner.getByText('Jan 1, 2026, 12:00:00 AM UTC').waitFor();
  await banner.getByRole('button', { name: 'Leave' }).click();
  await table.getByText('In real time').waitFor();
  expect(page.url()).toBe(at('/customers'));
  checkConsole();
});

test.skipIf(!hasBrowser)('what a clock may not do is said in the form', async () => {
  const { page, at, stripe } = await open();
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_767_225_600, name: 'Too far' });
  const customer = await stripe.customers.create({ name: 'John', email: 'j@example.com', test_clock: clock.id });
  const price = await licensedPrice(stripe, { recurring: { interval: 'day' } });
  await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    collection_method: 'send_invoice',
    days_until_due: 1,
  });
  await page.goto(at(`/clocks/${clock.id}`));
  await page.getByRole('main').getByRole('button', { name: 'Advance time' }).last().click();
  const advance = page.getByRole('dialog', { name: 'Advance time' });
  await advance.getByRole('button', { name: '1 month' }).click();
  await advance.getByRole('button', { name: 'Advance time' }).click();
  await advance.getByText(/at most 2 intervals of its shortest subscription/).waitFor();
  expect((await stripe.testHelpers.testClocks.retrieve(clock.id)).frozen_time).toBe(1_767_225_600);
});
