import { afterAll, expect, test } from 'vitest';
import { hasBrowser, type Visit, visit } from '../support/browser.ts';

const visits: Visit[] = [];
afterAll(async () => {
  for (const { context } of visits) await context.close();
});

async function open(): Promise<Visit> {
  const seen = await visit();
  visits.push(seen);
  return seen;
}

test.skipIf(!hasBrowser)('a key is made, shown once, works, and is revoked', async () => {
  const { page, at, url, checkConsole } = await open();
  await page.goto(at('/developers'));
  await page.getByRole('button', { name: 'Create secret key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create secret key' });
  await dialog.getByLabel('Name').fill('Production server');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const secret =
    (await page
      .getByRole('status')
      .getByText(/^sk_test_/)
      .textContent()) ?? '';
  const ask = async () =>
    (await fetch(`${url}/v1/customers`, { headers: { authorization: `Bearer ${secret}` } })).status;
  expect(await ask()).toBe(200);
  await page
    .getByRole('row', { name: /Production server/ })
    .getByRole('button', { name: /^Revoke/ })
    .click();
  await page.getByRole('dialog', { name: 'Revoke key' }).getByRole('button', { name: 'Revoke key' }).click();
  await page.getByRole('row', { name: /Production server.*Revoked/ }).waitFor();
  await expect.poll(ask, { timeout: 5_000 }).toBe(401);
  await page.reload();
  await page.getByRole('row', { name: /Production server/ }).waitFor();
  expect(await page.getByText(secret).count()).toBe(0);
  checkConsole();
});

test.skipIf(!hasBrowser)('a failed request is found with what was sent and answered', async () => {
  const { page, at, request, checkConsole } = await open();
  await request('POST', '/v1/customers', { name: 'Ann' });
  const { body } = await request('POST', '/v1/customers', { nme: '<b>Ann</b>' });
  await page.goto(at('/requests?status=failed'));
  await expect
    .poll(
      async () => {
        await page.reload({ waitUntil: 'networkidle' });
        return await page.getByRole('link', { name: 'POST /v1/customers' }).count();
      },
      { timeout: 10_000 },
    )
    .toBe(1);
  await page.getByRole('link', { name: 'POST /v1/customers' }).click();
  await page.getByRole('region', { name: 'Request', exact: true }).getByText('nme=<b>Ann</b>').waitFor();
  await page.getByRole('region', { name: 'Response' }).getByText(body.error.message).waitFor();
  checkConsole();
});
