import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Stripe } from 'stripe';
import { beforeAll, describe, expect, test } from 'vitest';
import { findAccount } from '../../src/accounts/account.sql.ts';
import { tokenOf } from '../../src/invoices/document/link.ts';
import { clientConfig } from '../support/account.ts';
import { directly } from '../support/direct.ts';
import { startServer } from '../support/server-process.ts';
import { licensedPrice, newShop, type Shop } from '../support/shop.ts';
import { pdfPages } from '../support/pdf-text.ts';
import { testServer } from '../support/test-server.ts';

let shop: Shop;
let page: string;
let pdf: string;

async function finalInvoice({ stripe, price, customer }: Shop) {
  const items = [{ price: price.id }];
  const classic = { customer: customer.id, items, billing_mode: { type: 'classic' as const } };
  const subscription = await stripe.subscriptions.create({ ...classic, expand: ['latest_invoice'] });
  return subscription.latest_invoice as Exclude<typeof subscription.latest_invoice, string | null>;
}

beforeAll(async () => {
  shop = await newShop();
  await shop.stripe.customers.update(shop.customer.id, { name: '<b>Jenny</b> & Co' });
  const invoice = await finalInvoice(shop);
  page = invoice.hosted_invoice_url!;
  pdf = invoice.invoice_pdf!;
});

test('a final invoice has the same links wherever it is told', async () => {
  const { account, stripe } = shop;
  expect(page.startsWith(`${account.url}/i/${account.accountId}/test_`)).toBe(true);
  expect(pdf).toBe(`${page}/pdf`);
  const [listed] = (await stripe.invoices.list()).data;
  expect(listed).toMatchObject({ hosted_invoice_url: page, invoice_pdf: pdf });
  const [event] = (await stripe.events.list({ type: 'invoice.finalized' })).data;
  expect(event!.data.object).toMatchObject({ hosted_invoice_url: page, invoice_pdf: pdf });
});

test('links lead to where the request reached the server', async () => {
  const { account } = shop;
  // fetch does not let its caller choose the host.
  const headers = { host: 'billing.example.com:81', authorization: `Bearer ${account.secretKey}` };
  const [answer] = (await once(get(`${account.url}/v1/invoices`, { headers }), 'response')) as [IncomingMessage];
  const { data } = JSON.parse(await text(answer)) as { data: { hosted_invoice_url: string | null }[] };
  const links = data.flatMap(({ hosted_invoice_url: link }) => link ?? []);
  expect(links).toContain(page.replace(account.url, 'http://billing.example.com:81'));
});

test('where the operator says how people reach the server, links lead there', async () => {
  const { account } = shop;
  const { databaseUrl } = await testServer();
  const env = { USANCE_PUBLIC_URL: 'https://example.com/billing/' };
  const second = await startServer({ name: `public-url-${process.pid}`, databaseUrl, env });
  try {
    const other = new Stripe(account.secretKey, clientConfig(second.url));
    const links = (await other.invoices.list()).data.map(({ hosted_invoice_url: link }) => link);
    expect(links).toContain(page.replace(account.url, 'https://example.com/billing'));
    // Servers of one database open each other's links.
    expect((await fetch(page.replace(account.url, second.url))).status).toBe(200);
  } finally {
    await second.stop();
  }
});

test('a draft has no links, and none that it will have opens it', async () => {
  const { account, stripe, customer } = shop;
  const seats = await licensedPrice(stripe);
  const sent = { customer: customer.id, collection_method: 'send_invoice', days_until_due: 3 } as const;
  const { latest_invoice: id } = await stripe.subscriptions.create({ ...sent, items: [{ price: seats.id }] });
  const draft = await stripe.invoices.retrieve(id as string);
  expect(draft).toMatchObject({ status: 'draft', hosted_invoice_url: null, invoice_pdf: null });
  const token = await directly(account, async ({ db }) =>
    tokenOf((await findAccount(db, account.accountId))!, draft.id),
  );
  expect((await fetch(`${account.url}/i/${account.accountId}/${token}`)).status).toBe(404);
});

/** What every document says of itself. */
function checkHeaders(response: Response) {
  const { headers } = response;
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-robots-tag')).toBe('noindex, nofollow');
  expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';.* frame-ancestors 'none'$/);
  expect(headers.get('content-security-policy')).not.toMatch(/unsafe|script|\*/);
}

test('the page opens without a key', async () => {
  const response = await fetch(page);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  checkHeaders(response);
  const html = await response.text();
  for (const shown of [
    `${shop.customer.invoice_prefix}-0001`,
    '&lt;b&gt;Jenny&lt;/b&gt; &amp; Co',
    'Alpaca AI (at $0.04 per 100 units / month)',
    '$0.00 USD',
    'Paid',
  ]) {
    expect(html).toContain(shown);
  }
  const link = /<a class="button" href="([^"]+)">/.exec(html)![1]!;
  expect(new URL(link, page).href).toBe(pdf);
  expect((await fetch(page, { method: 'HEAD' })).status).toBe(200);
});

test('the PDF opens without a key, as a file named by the number', async () => {
  const response = await fetch(pdf);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/pdf');
  const name = `Invoice-${shop.customer.invoice_prefix}-0001.pdf`;
  expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${name}"`);
  checkHeaders(response);
  const [first] = pdfPages(Buffer.from(await response.arrayBuffer()));
  expect(first).toContain(`${shop.customer.invoice_prefix}-0001`);
  expect(first).toContain('<b>Jenny</b> & Co');
});

describe('what names nothing is a page that tells nothing', () => {
  const change = (token: string) => token.replace(/.$/, (last) => (last === '0' ? '1' : '0'));

  test.each<[string, () => string]>([
    ['a token that was changed', () => change(page)],
    ['the PDF of such a token', () => `${change(page)}/pdf`],
    ['a token at another account', () => page.replace(/acct_\w+/, 'acct_1')],
    ['an account that is no id', () => page.replace(/acct_\w+/, '%00')],
    ['no token', () => page.slice(0, page.lastIndexOf('/'))],
    ['more than a token', () => `${page}/more`],
    ['a token with a slash at its end', () => `${page}/`],
  ])('%s', async (_, path) => {
    const response = await fetch(path());
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    checkHeaders(response);
    const html = await response.text();
    expect(html).toContain('There is nothing here');
    expect(html).not.toContain('Jenny');
  });

  test('also for a link of one account at another', async () => {
    const other = await newShop();
    const { hosted_invoice_url: foreign } = await finalInvoice(other);
    const moved = page.replace(shop.account.accountId, other.account.accountId);
    expect((await fetch(moved)).status).toBe(404);
    expect((await fetch(foreign!)).status).toBe(200);
  });
});
