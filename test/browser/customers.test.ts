import { afterAll, expect, test } from 'vitest';
import { hasBrowser, visit } from '../support/browser.ts';
import { type Visit } from '../support/browser.ts';

const visits: Visit[] = [];
afterAll(async () => {
  for (const { context } of visits) await context.close();
});

test.skipIf(!hasBrowser)('a customer is added by hand, and what is in its name stays text', async () => {
  const seen = await visit();
  visits.push(seen);
  const { page, at, stripe } = seen;
  await page.goto(at('/customers'));
  await page.getByRole('button', { name: 'Add your first customer' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add customer' });
  await dialog.getByLabel('Name').fill('<img src=x onerror=alert(1)>');
  await dialog.getByLabel('Email').fill('john@example.com');
  await dialog.getByRole('button', { name: 'Add customer' }).click();
  await page.getByRole('heading', { name: '<img src=x onerror=alert(1)>' }).waitFor();
  const { data } = await stripe.customers.list();
  expect(data).toMatchObject([{ name: '<img src=x onerror=alert(1)>', email: 'john@example.com' }]);

  await page.getByRole('link', { name: 'Customers' }).first().click();
  await page.getByRole('cell', { name: 'john@example.com' }).waitFor();
  await page.getByLabel('Email').fill('nobody@example.com');
  await page.getByText('No customers match these filters.').waitFor();
  expect(page.url()).toContain('email=nobody%40example.com');
  seen.checkConsole();
});
