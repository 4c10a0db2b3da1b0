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

test.skipIf(!hasBrowser)(
  'a meter is created in the words of the guide, and its preview tells what is billed',
  async () => {
    const { page, at, stripe, checkConsole } = await open();
    await page.goto(at('/meters'));
    await page.getByRole('link', { name: 'Create meter' }).click();
    await page.getByLabel('Meter name').fill('Alpaca AI tokens');
    await page.getByLabel('Event name').fill('alpaca_ai_tokens');
    const preview = page.getByRole('region', { name: 'Preview' });
    const shown = preview.getByLabel('Aggregated usage');
    await preview.getByLabel('Value of event 1').fill('0.1');
    await preview.getByLabel('Value of event 2').fill('0.2');
    await preview.getByLabel('Value of event 3').fill('3000');
    expect(await shown.textContent()).toBe('3,000.3');
    for (const [method, result] of [
      ['Count', '3'],
      ['Last', '3,000'],
      ['Sum', '3,000.3'],
    ] as const) {
      await page.getByRole('combobox', { name: 'Aggregation method' }).click();
      await page.getByRole('option', { name: method, exact: true }).click();
      expect(await shown.textContent()).toBe(result);
    }
    await page.getByRole('button', { name: 'Advanced settings' }).click();
    await page.getByRole('combobox', { name: 'Dimensions' }).fill('model');
    await page.getByRole('combobox', { name: 'Dimensions' }).press('Enter');
    await page.getByRole('button', { name: 'Create meter' }).click();
    await page.getByRole('heading', { name: 'Alpaca AI tokens' }).waitFor();
    const { data } = await stripe.billing.meters.list();
    expect(data).toMatchObject([
      { display_name: 'Alpaca AI tokens', event_name: 'alpaca_ai_tokens', default_aggregation: { formula: 'sum' } },
    ]);
    expect(page.url()).toBe(at(`/meters/${data[0]?.id}`));
    checkConsole();
  },
);

test.skipIf(!hasBrowser)('an event name that is taken is told at its field, and what was typed stays', async () => {
  const { page, at, stripe } = await open();
  const taken = { display_name: 'Tokens', event_name: 'tokens', default_aggregation: { formula: 'sum' } } as const;
  await stripe.billing.meters.create(taken);
  await page.goto(at('/meters/create'));
  await page.getByLabel('Meter name').fill('Tokens');
  await page.getByLabel('Event name').fill('tokens');
  await page.getByRole('button', { name: 'Create meter' }).click();
  await page.getByText(/An active meter already exists/).waitFor();
  expect(await page.getByLabel('Event name').inputValue()).toBe('tokens');
});

test.skipIf(!hasBrowser)('usage that is added by hand or by a file is in the feed and the chart at once', async () => {
  const { page, at, stripe, checkConsole } = await open();
  const customer = await stripe.customers.create({ name: 'John Doe' });
  const { id } = await stripe.billing.meters.create({
    display_name: 'Alpaca AI tokens',
    event_name: 'alpaca_ai_tokens',
    default_aggregation: { formula: 'sum' },
  });
  await page.goto(at('/meters'));
  await page.getByRole('link', { name: 'Alpaca AI tokens' }).click();
  await page.getByRole('button', { name: 'Add usage' }).click();
  await page.getByRole('menuitem', { name: 'Manually input usage' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add usage' });
  await dialog.getByRole('combobox', { name: 'Customer' }).click();
  await page.getByRole('option', { name: 'John Doe' }).click();
  await dialog.getByLabel('Value').fill('3000');
  await dialog.getByRole('button', { name: 'Submit' }).click();
  const feed = page.getByRole('table', { name: 'Live feed' });
  await feed.getByRole('cell', { name: '3,000' }).waitFor();

  await page.getByRole('button', { name: 'Add usage' }).click();
  await page.getByRole('menuitem', { name: 'Upload CSV' }).click();
  const rows = [
    'identifier,event_name,payload_stripe_customer_id,payload_value',
    `call-1,alpaca_ai_tokens,${customer.id},25`,
    `call-2,alpaca_ai_tokens,cus_no,25`,
  ];
  const upload = page.getByRole('dialog', { name: 'Upload CSV' });
  const choosing = page.waitForEvent('filechooser');
  await upload.getByRole('button', { name: 'File' }).click();
  await (await choosing).setFiles({ name: 'usage.csv', mimeType: 'text/csv', buffer: Buffer.from(rows.join('\n')) });
  await upload.getByRole('button', { name: 'Upload' }).click();
  await upload.getByText('1 counted').waitFor();
  await upload.getByText(/Line 3: /).waitFor();
  await upload.getByRole('button', { name: 'Close' }).last().click();
  await feed.getByRole('cell', { name: '25', exact: true }).waitFor();
  await page.getByRole('table', { name: 'Top customers' }).getByRole('cell', { name: '3,025' }).waitFor();

  const today = Math.floor(Date.now() / 86_400_000) * 86_400;
  const summaries = await stripe.billing.meters.listEventSummaries(id, {
    customer: customer.id,
    start_time: today,
    end_time: today + 86_400,
  });
  expect(summaries.data[0]?.aggregated_value).toBe(3_025);
  checkConsole();
});
