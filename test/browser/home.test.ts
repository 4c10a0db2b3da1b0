import { afterAll, expect, test } from 'vitest';
import { hasBrowser, type Visit, visit } from '../support/browser.ts';
import { guidePrice, licensedPrice, newMeter } from '../support/shop.ts';

const visits: Visit[] = [];
afterAll(async () => {
  for (const { context } of visits) await context.close();
});

async function open(): Promise<Visit> {
  const seen = await visit();
  visits.push(seen);
  return seen;
}

test.skipIf(!hasBrowser)('an empty account is led through the first steps, each done as it is done', async () => {
  const { page, at, stripe, checkConsole } = await open();
  await page.goto(at(''));
  const steps = page.getByRole('region', { name: 'First steps' });
  // A bar that is empty has no width to be seen.
  await steps.getByRole('progressbar', { name: '0 of 5 steps done' }).waitFor({ state: 'attached' });
  await steps.getByRole('link', { name: 'Create a meter' }).click();
  await page.getByLabel('Meter name').waitFor();
  // A licensed price is none that bills usage.
  await licensedPrice(stripe);
  await stripe.customers.create({ name: 'John Doe' });
  await page.goto(at(''));
  await steps.getByRole('progressbar', { name: '1 of 5 steps done' }).waitFor();
  await steps.getByRole('link', { name: 'Create a product with a usage-based price' }).waitFor();
  expect(await steps.getByRole('link', { name: 'Add a customer' }).count()).toBe(0);
  await page.getByText('Nothing was invoiced in the last 30 days.').waitFor();
  checkConsole();
});

test.skipIf(!hasBrowser)('money, usage and what needs attention are those of the account', async () => {
  const { page, at, stripe, checkConsole } = await open();
  const customer = await stripe.customers.create({ name: 'John Doe', email: 'john@example.com' });
  const meter = await newMeter(stripe);
  const usage = await guidePrice(stripe, meter.id);
  const seats = await licensedPrice(stripe, { unit_amount: 1_550 });
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id, quantity: 2 }, { price: usage.id }],
    default_payment_method: card.id,
  });
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seats.id }],
    default_payment_method: bad.id,
  });
  await stripe.billing.meterEvents.create({
    event_name: meter.event_name,
    payload: { stripe_customer_id: customer.id, value: '1234' },
  });
  await page.goto(at(''));
  const figure = (name: string) => page.getByRole('group', { name });
  await figure('Gross invoiced').getByText('$46.50').waitFor();
  await figure('Paid').getByText('$31.00').waitFor();
  await figure('Open invoices').getByText('$15.50').waitFor();
  await figure('Recurring').getByText('$31.00').waitFor();
  await figure('Recurring').getByText('plus usage').waitFor();
  const attention = page.getByRole('region', { name: 'Needs attention' });
  await attention.getByText(/whose payment failed: \$15\.50/).waitFor();
  await attention.getByRole('link', { name: 'Subscription' }).waitFor();
  await page.getByRole('region', { name: 'Usage, last 7 days' }).getByText('1,234 today').waitFor();
  const invoices = (await stripe.invoices.list()).data;
  expect(invoices.map(({ total }) => total).toSorted((a, b) => a - b)).toEqual([1_550, 3_100]);
  const table = page.getByRole('table', { name: 'Newest invoices' });
  for (const { number } of invoices) await table.getByRole('link', { name: number ?? '' }).waitFor();
  // The range stands in the address.
  await page.getByText('12 months', { exact: true }).click();
  await page.waitForURL('**?range=12m');
  await figure('Gross invoiced').getByText('$46.50').waitFor();
  checkConsole();
});

test.skipIf(!hasBrowser)('what can’t be read says so, and can be asked for again', async () => {
  const { page, at } = await open();
  await page.route('**/v1/usance/overview*', (route) =>
    route.fulfill({ status: 500, json: { error: { message: 'Out of order.' } } }),
  );
  await page.goto(at(''));
  const failure = page.getByRole('alert').filter({ hasText: 'Out of order.' });
  await failure.waitFor();
  await page.unroute('**/v1/usance/overview*');
  await failure.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('group', { name: 'Open invoices' }).waitFor();
});

test.skipIf(!hasBrowser)('a search finds by id, name, address and number, and pages by their name', async () => {
  const { page, at, stripe, checkConsole } = await open();
  const customer = await stripe.customers.create({ name: 'Ada Lovelace', email: 'ada@analytical.example' });
  const product = await stripe.products.create({ name: 'Analytical engine' });
  const price = await licensedPrice(stripe);
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    collection_method: 'send_invoice',
    days_until_due: 30,
  });
  await page.goto(at(''));
  const search = async (text: string) => {
    await page
      .getByRole('button', { name: /^Search/ })
      .first()
      .waitFor();
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Name, email, number, ID, or page').fill(text);
    return page.getByRole('dialog', { name: 'Search' });
  };
  const found = await search('analytical');
  await found.getByText('ada@analytical.example').waitFor();
  await found.getByText('Analytical engine').click();
  await page.waitForURL(at(`/products/${product.id}`));
  for (const [text, path] of [
    [customer.id, `/customers/${customer.id}`],
    [subscription.items.data[0]?.id ?? '', `/subscriptions/${subscription.id}`],
  ] as const) {
    await (await search(text)).getByText('Go to its page').click();
    await page.waitForURL(at(path));
  }
  const former = await search(customer.id);
  await former.getByText('Go to its page').waitFor();
  await former.getByPlaceholder('Name, email, number, ID, or page').fill('no such thing');
  // Not even until the new text is looked for: Enter would lead to what nobody asked for.
  expect(await former.getByText('Go to its page').count()).toBe(0);
  await page.keyboard.press('Escape');
  await (await search('reques')).getByText('Request log').click();
  await page.waitForURL(at('/requests'));
  await (await search('no such thing')).getByText('Nothing has that name, email, number or ID.').waitFor();
  checkConsole();
});

test.skipIf(!hasBrowser)('an event is found by its type, and shows the object as it was and what changed', async () => {
  const { page, at, stripe, checkConsole } = await open();
  const customer = await stripe.customers.create({ name: 'Before' });
  await stripe.customers.update(customer.id, { name: 'After' });
  await page.goto(at('/events'));
  await page.getByRole('combobox', { name: 'Type' }).click();
  await page.getByRole('option', { name: 'customer.*', exact: true }).click();
  await page.waitForURL('**?type=customer.*');
  await page.getByRole('link', { name: 'Customer After updated: name' }).click();
  await page.getByRole('heading', { name: 'customer.updated' }).waitFor();
  const [event] = (await stripe.events.list({ type: 'customer.updated' })).data;
  expect(page.url()).toBe(at(`/events/${event?.id}`));
  await page.getByRole('group', { name: 'Previous attributes' }).getByText('"Before"').waitFor();
  await page.getByRole('group', { name: 'Object' }).getByText('"After"').waitFor();
  await page.getByRole('link', { name: event?.request?.id ?? '' }).waitFor();
  await page.getByRole('link', { name: customer.id }).click();
  await page.waitForURL(at(`/customers/${customer.id}`));
  checkConsole();
});
