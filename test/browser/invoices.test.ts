import { afterAll, expect, test } from 'vitest';
import { hasBrowser, visit, type Visit } from '../support/browser.ts';
import { guidePrice, newMeter } from '../support/shop.ts';

const visits: Visit[] = [];
afterAll(async () => {
  for (const { context } of visits) await context.close();
});

const DAY_SECONDS = 86_400;

/** A customer whose subscription has just ended: a draft over 250 tokens of today and 3,000 of the day before. */
async function visitDraft() {
  const seen = await visit();
  visits.push(seen);
  const { stripe } = seen;
  const meter = await newMeter(stripe);
  const price = await guidePrice(stripe, meter.id);
  const customer = await stripe.customers.create({ name: 'John Doe', email: 'john@example.com' });
  const now = Math.floor(Date.now() / 1000);
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    collection_method: 'send_invoice',
    days_until_due: 10,
    backdate_start_date: now - 5 * DAY_SECONDS,
    // A flexible one has bills for the time before it was made on an invoice of its own.
    billing_mode: { type: 'classic' },
  });
  for (const [value, timestamp] of [
    [250, now],
    [3000, now - DAY_SECONDS],
  ] as const) {
    await stripe.billing.meterEvents.create({
      event_name: meter.event_name,
      payload: { stripe_customer_id: customer.id, value: String(value) },
      timestamp,
    });
  }
  const { latest_invoice: draft } = await stripe.subscriptions.cancel(id, { invoice_now: true });
  if (typeof draft !== 'string') throw new Error('an end with invoice_now makes a draft');
  return { ...seen, customer, draft, yesterday: new Date((now - DAY_SECONDS) * 1000).toISOString().slice(0, 10) };
}

test.skipIf(!hasBrowser)('an invoice is explained down to the events of a day', async () => {
  const { page, at, draft, yesterday, checkConsole } = await visitDraft();
  await page.goto(at('/invoices'));
  await page.getByRole('link', { name: `Draft ${draft.slice(-8)}` }).click();
  const why = page.getByRole('region', { name: 'Why this amount' });
  // 3,250 tokens are 33 packages of 100 that were begun, 4 cents each.
  await why.getByText('3250 ÷ 100 = 32.5').waitFor();
  await why.getByText('33 × 4 = 132').waitFor();
  await why.getByRole('button', { name: `Show the 1 events of ${yesterday}` }).click();
  const events = page.getByRole('table', { name: 'Events of the day' });
  await events.getByRole('cell', { name: '3,000', exact: true }).waitFor();
  expect(await events.getByRole('row').count()).toBe(2);
  checkConsole();
});

test.skipIf(!hasBrowser)('a draft is finalized, marked as paid and credited', async () => {
  const { page, at, stripe, draft, checkConsole } = await visitDraft();
  await page.goto(at(`/invoices/${draft}`));
  await page.getByRole('button', { name: 'Finalize', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Finalize', exact: true }).click();
  await page.getByText('is to be paid').waitFor();
  expect(await stripe.invoices.retrieve(draft)).toMatchObject({ status: 'open', amount_due: 132 });
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Mark as paid' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Mark as paid' }).click();
  await page.getByRole('button', { name: 'Actions' }).waitFor({ state: 'detached' });
  expect((await stripe.invoices.retrieve(draft)).status).toBe('paid');

  await page.getByRole('button', { name: 'Issue credit note' }).click();
  const note = page.getByRole('dialog', { name: 'Issue credit note' });
  await note.getByLabel('Amount (USD)').fill('0.32');
  await note.getByText('To the balance').click();
  await note.getByText('$0.32 is given back').waitFor();
  await note.getByRole('button', { name: 'Issue credit note' }).click();
  await page.getByRole('table', { name: 'Credit notes' }).getByRole('cell', { name: '$0.32' }).waitFor();
  const [issued] = (await stripe.creditNotes.list({ invoice: draft })).data;
  expect(issued).toMatchObject({ total: 32, post_payment_amount: 32 });
  checkConsole();
});

test.skipIf(!hasBrowser)('an explanation that can’t be had says so, and what else there is stays', async () => {
  const { page, at, draft } = await visitDraft();
  await page.route('**/v1/usance/invoices/*/explain', (route) => route.fulfill({ status: 500, json: {} }));
  await page.goto(at(`/invoices/${draft}`));
  await page.getByText('The explanation can’t be shown right now').waitFor();
  await page.getByRole('table', { name: 'Lines' }).getByRole('cell', { name: '$1.32' }).waitFor();
  await page.unroute('**/v1/usance/invoices/*/explain');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('33 × 4 = 132').waitFor();
});

test.skipIf(!hasBrowser)('a filter that the API refuses can be taken back where it stands', async () => {
  const { page, at } = await visitDraft();
  await page.goto(at('/invoices?customer=cus_none&status=draft'));
  await page.getByText('No such customer').waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page
    .getByRole('link', { name: /^Draft/ })
    .first()
    .waitFor();
  expect(new URL(page.url()).search).toBe('');
});
