import { afterAll, expect, test } from 'vitest';
import { hasBrowser, visit, type Visit } from '../support/browser.ts';

const visits: Visit[] = [];
afterAll(async () => {
  for (const { context } of visits) await context.close();
});

async function start() {
  const seen = await visit();
  visits.push(seen);
  return seen;
}

test.skipIf(!hasBrowser)('a coupon for some products is made, gets a promotion code, and is deleted', async () => {
  const seen = await start();
  const { page, at, stripe } = seen;
  const product = await stripe.products.create({ name: 'Alpaca AI' });
  await page.goto(at('/coupons'));
  await page.getByRole('button', { name: 'Create your first coupon' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create coupon' });
  await dialog.getByLabel('Name').fill('Spring');
  await dialog.getByLabel('Percentage off').fill('250');
  await dialog.getByRole('combobox', { name: 'Duration' }).click();
  await page.getByRole('option', { name: 'Multiple months' }).click();
  await dialog.getByLabel('Number of months').fill('3');
  await dialog.getByRole('combobox', { name: 'Products' }).click();
  await page.getByRole('option', { name: 'Alpaca AI' }).click();
  await dialog.getByRole('button', { name: 'Create coupon' }).click();
  // The server judges, and what it says stands at the field.
  await dialog.locator('input[aria-invalid=true]').waitFor();
  await dialog.getByLabel('Percentage off').fill('12.5');
  await dialog.getByRole('button', { name: 'Create coupon' }).click();
  await page.getByRole('heading', { name: 'Spring' }).waitFor();
  await page.getByText('12.5% off for 3 months').waitFor();
  await page.getByRole('link', { name: 'Alpaca AI' }).waitFor();
  const [coupon] = (await stripe.coupons.list({ expand: ['data.applies_to'] })).data;
  expect(coupon).toMatchObject({
    name: 'Spring',
    percent_off: 12.5,
    duration: 'repeating',
    duration_in_months: 3,
    applies_to: { products: [product.id] },
  });

  await page.getByRole('button', { name: 'Create promotion code' }).click();
  const codes = page.getByRole('dialog', { name: 'Create promotion code' });
  await codes.getByLabel('Code').fill('WELCOME');
  await codes.getByLabel('Most redemptions').fill('10');
  await codes.getByLabel('Only for orders of at least').fill('50');
  await codes.getByRole('button', { name: 'Create promotion code' }).click();
  const row = page.getByRole('row', { name: /WELCOME.*0 of 10.*\$50\.00 and more/ });
  await row.getByRole('button', { name: 'Promotion code actions' }).click();
  await page.getByRole('menuitem', { name: 'Deactivate' }).click();
  await row.getByText('Inactive').waitFor();
  expect((await stripe.promotionCodes.list()).data).toMatchObject([
    {
      code: 'WELCOME',
      active: false,
      max_redemptions: 10,
      promotion: { coupon: coupon?.id },
      restrictions: { minimum_amount: 5000, minimum_amount_currency: 'usd' },
    },
  ]);

  await page.getByRole('button', { name: 'Delete coupon' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete coupon' }).click();
  await page.getByText('No coupons yet').waitFor();
  expect((await stripe.coupons.list()).data).toEqual([]);
});

test.skipIf(!hasBrowser)('tax rates are made and archived', async () => {
  const seen = await start();
  const { page, at, stripe } = seen;
  await page.goto(at('/tax-rates'));
  await page.getByRole('button', { name: 'Create your first tax rate' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create tax rate' });
  await dialog.getByLabel('Name').fill('VAT');
  await dialog.getByLabel('Percentage').fill('7.7');
  await dialog.getByText('Inclusive: in the price').click();
  await dialog.getByLabel('Country').fill('CH');
  await dialog.getByRole('button', { name: 'Create tax rate' }).click();
  const row = page.getByRole('row', { name: /VAT.*7\.7% inclusive.*CH/ });
  await row.getByRole('button', { name: 'Tax rate actions' }).click();
  await page.getByRole('menuitem', { name: 'Archive tax rate' }).click();
  await row.getByText('Archived').waitFor();
  expect((await stripe.taxRates.list()).data).toMatchObject([
    { display_name: 'VAT', percentage: 7.7, inclusive: true, country: 'CH', active: false },
  ]);
  seen.checkConsole();
});
