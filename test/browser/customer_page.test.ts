import { afterAll, expect, test } from 'vitest';
import { hasBrowser, visit, type Visit } from '../support/browser.ts';
import { guidePrice, newMeter, use } from '../support/shop.ts';

const visits: Visit[] = [];
afterAll(async () => {
  for (const { context } of visits) await context.close();
});

test.skipIf(!hasBrowser)(
  'usage and spend of a customer are shown, pending items invoiced, and the balance adjusted',
  async () => {
    const seen = await visit();
    visits.push(seen);
    const { page, at, stripe, checkConsole } = seen;
    const meter = await newMeter(stripe);
    const price = await guidePrice(stripe, meter.id);
    const customer = await stripe.customers.create({ name: 'John Doe', email: 'john@example.com' });
    await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      collection_method: 'send_invoice',
      days_until_due: 10,
    });
    await use(stripe, meter, customer.id, 3000);

    await page.goto(at(`/customers/${customer.id}`));
    await page.getByRole('region', { name: 'Usage' }).getByText('3,000').waitFor();
    // 30 packages of 100 tokens, 4 cents each.
    await page.getByRole('region', { name: 'Details' }).getByText('$1.20').waitFor();

    await page.getByRole('button', { name: 'Add test card' }).click();
    await page.getByRole('menuitem', { name: 'Visa that pays' }).click();
    await page.getByRole('cell', { name: 'Visa •••• 4242 Default' }).waitFor();
    const { invoice_settings: settings } = (await stripe.customers.retrieve(customer.id)) as typeof customer;
    expect(settings.default_payment_method).not.toBeNull();

    await page.getByRole('button', { name: 'Adjust balance' }).click();
    const balance = page.getByRole('dialog', { name: 'Adjust balance' });
    await balance.getByLabel('Amount').fill('2.50');
    await balance.getByRole('button', { name: 'Adjust balance' }).click();
    await page.getByText('to the customer’s credit').waitFor();
    expect(((await stripe.customers.retrieve(customer.id)) as typeof customer).balance).toBe(-250);

    await page.getByRole('button', { name: 'Add item' }).click();
    const item = page.getByRole('dialog', { name: 'Add pending item' });
    await item.getByLabel('Description').fill('Setup');
    await item.getByLabel('Amount').fill('12.50');
    await item.getByRole('button', { name: 'Add item' }).click();
    await page.getByRole('cell', { name: 'Setup' }).waitFor();
    await page.getByRole('button', { name: 'Invoice now' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Invoice now' }).click();
    await page.getByRole('heading', { name: /^Invoice Draft/ }).waitFor();
    const [draft] = (await stripe.invoices.list({ customer: customer.id, status: 'draft' })).data;
    expect(draft).toMatchObject({ total: 1250, lines: { data: [{ description: 'Setup' }] } });
    checkConsole();
  },
);

test.skipIf(!hasBrowser)('a customer is edited, and deleted once that is confirmed', async () => {
  const seen = await visit();
  visits.push(seen);
  const { page, at, stripe, checkConsole } = seen;
  const { id } = await stripe.customers.create({ name: 'Jenny Rosen', email: 'jenny@example.com' });
  await page.goto(at(`/customers/${id}`));
  await page.getByRole('button', { name: 'Edit customer' }).click();
  const form = page.getByRole('dialog', { name: 'Edit customer' });
  await form.getByLabel('Name').fill('Jenny R.');
  await form.getByLabel('Email').fill('');
  await form.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Jenny R.' }).waitFor();
  expect(await stripe.customers.retrieve(id)).toMatchObject({ name: 'Jenny R.', email: null, address: null });
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete customer' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(await stripe.customers.retrieve(id)).not.toHaveProperty('deleted');
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete customer' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete customer' }).click();
  await page.getByText('No customers yet').waitFor();
  expect(await stripe.customers.retrieve(id)).toMatchObject({ deleted: true });
  checkConsole();
});
