import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { madeInvoice, madeLine } from '../../../test/support/made-invoice.ts';
import { madeCustomer } from '../../../test/support/made.ts';
import { snapshotOf } from '../invoice.ts';
import { buildDocument } from './build.ts';
import { invoicePage, notFoundPage, STYLE_SOURCE } from './page.ts';

const EVIL = `"'><script>alert(1)</script>&amp;`;

test('whatever text says, it stays text', () => {
  const address = { line1: EVIL, line2: EVIL, city: EVIL, state: EVIL, postal_code: EVIL, country: EVIL };
  const shipping = { name: EVIL, phone: EVIL, address };
  const invoice = madeInvoice({
    number: EVIL,
    footer: EVIL,
    customFields: [{ name: EVIL, value: EVIL }],
    customer: snapshotOf(madeCustomer({ name: EVIL, email: EVIL, phone: EVIL, address, shipping })),
  });
  const whole = { invoice, lines: [madeLine({ description: EVIL })] };
  const page = invoicePage(buildDocument({ name: EVIL, country: EVIL, livemode: false }, whole, []), EVIL, null);
  expect(page).not.toContain('<script');
  expect(page).not.toContain(`"'>`);
  // Title, heading, seller twice and its country, link, number, field, customer, addresses, line, footer.
  expect(page.split('&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;').length).toBeGreaterThan(20);
  expect(page.match(/<a [^>]*>/g)).toEqual([expect.stringMatching(/^<a class="button" href="&quot;&#39;&gt;[^"]*">$/)]);
});

test('a page shows the lines in a table with headings, loads nothing, and its style is the one that is allowed', () => {
  const whole = { invoice: madeInvoice(), lines: [madeLine()] };
  const page = invoicePage(
    buildDocument({ name: 'Alpaca AI', country: 'US', livemode: false }, whole, []),
    'token/pdf',
    null,
  );
  expect(page).toContain('<title>Invoice ABCD1234-0001 from Alpaca AI</title>');
  expect(page.match(/<th scope="col"/g)).toHaveLength(4);
  for (const text of ['Seats (at $20.00 / month)', '$60.00 USD', 'Due December 9, 2026', 'Test data', 'John Doe']) {
    expect(page).toContain(text);
  }
  expect(page).toContain('<a class="button" href="token/pdf">Download PDF</a>');
  for (const each of [page, notFoundPage()]) {
    const style = /<style>([\s\S]*)<\/style>/.exec(each)![1]!;
    expect(STYLE_SOURCE).toBe(`sha256-${createHash('sha256').update(style).digest('base64')}`);
    expect(each).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|\bstyle=|url\(|@import|https?:/);
  }
});

test('live data bears no mark of a test', () => {
  const whole = { invoice: madeInvoice(), lines: [madeLine()] };
  const page = invoicePage(buildDocument({ name: 'Alpaca AI', country: 'US', livemode: true }, whole, []), 'pdf', null);
  expect(page).not.toContain('Test data');
});
