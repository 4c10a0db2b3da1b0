import { expect, test } from 'vitest';
import { madeInvoice, madeLine } from '../../../test/support/made-invoice.ts';
import { madeCustomer } from '../../../test/support/made.ts';
import { pdfPages } from '../../../test/support/pdf-text.ts';
import { CURRENCIES } from '../../money/currency.ts';
import { decimal } from '../../money/decimal.ts';
import { type Invoice, type InvoiceLine, snapshotOf } from '../invoice.ts';
import { buildDocument } from './build.ts';
import { showable } from './coverage.ts';
import { invoicePdf } from './pdf.ts';
import { money } from './words.ts';

async function pagesOf(invoice: Partial<Invoice>, lines: readonly InvoiceLine[]): Promise<string[][]> {
  const issuer = { name: 'Alpaca AI', country: 'US', livemode: true };
  return pdfPages(await invoicePdf(buildDocument(issuer, { invoice: madeInvoice(invoice), lines }, [])));
}

test('a PDF tells everything that the document tells', async () => {
  const [page, ...more] = await pagesOf({ footer: 'Thank you\nBank: Example' }, [madeLine()]);
  expect(more).toEqual([]);
  const expected = [
    ['Invoice', 'Alpaca AI', 'Open'],
    ['Invoice number', 'ABCD1234-0001', 'Date of issue', 'November 25, 2026', 'Date due', 'December 9, 2026'],
    ['From', 'Bill to', 'Alpaca AI', 'John Doe', 'United States', 'john@example.com'],
    ['$60.00 USD', 'Due December 9, 2026'],
    ['Description', 'Quantity', 'Unit price', 'Amount'],
    ['Nov 25, 2026 – Dec 25, 2026'],
    ['3', '$20.00', '$60.00', 'Seats (at $20.00 / month)'],
    ['Subtotal', '$60.00', 'Total', '$60.00', 'Amount due', '$60.00 USD'],
    ['Thank you', 'Bank: Example'],
    ['Invoice ABCD1234-0001 · $60.00 USD · Due December 9, 2026', 'Page 1 of 1'],
  ];
  expect(page).toEqual(expected.flat());
});

test('120 lines in yen fill several pages, each with the headings and its number, and none is lost', async () => {
  const lines = Array.from({ length: 120 }, (_, index) =>
    madeLine({ description: `Machine ${index}`, quantity: decimal(index + 1), amount: BigInt(index + 1) * 2000n }),
  );
  const pages = await pagesOf({ currency: 'jpy' }, lines);
  expect(pages.length).toBeGreaterThan(2);
  pages.forEach((page, index) => {
    expect(page.at(-1)).toBe(`Page ${index + 1} of ${pages.length}`);
    if (page.some((text) => text.startsWith('Machine'))) expect(page).toContain('Unit price');
  });
  const shown = pages.flat().filter((text) => text.startsWith('Machine'));
  expect(shown).toEqual(lines.map((line) => line.description));
  expect(pages.flat()).toContain('¥240,000');
});

test('text that is longer than a page goes on on the next, and no word is lost', async () => {
  const words = Array.from({ length: 1_500 }, (_, index) => `word${index}`);
  const pages = await pagesOf({}, [madeLine({ description: `${words.join(' ')} ${'x'.repeat(300)}` })]);
  expect(pages.length).toBeGreaterThan(1);
  const shown = pages.flat().join(' ').split(' ');
  expect(words.filter((word) => !shown.includes(word))).toEqual([]);
  expect(
    pages
      .flat()
      .join('')
      .match(/x{20,}/g)!
      .join(''),
  ).toContain('x'.repeat(100));
});

test.each([
  ['HTML', '<b>"R&D"</b>', '<b>"R&D"</b>'],
  ['other alphabets', 'Zażółć Nguyễn Ελλάδα Привет', 'Zażółć Nguyễn Ελλάδα Привет'],
  ['accents apart from their letters', 'Ame\u0301lie', 'Am\u00e9lie'],
  ['Japanese, which the font lacks', '東京 Ltd', '?? Ltd'],
  ['Hebrew, which the font lacks', '\u202bשלום\u202c Ltd', '???? Ltd'],
  ['an emoji and a line break', 'a😀\n', 'a?'],
  ['letters in another form', 'ＡＣＭＥ ﬁne ㎏', 'ACME fine kg'],
  ['a question mark of its own', 'Who?', 'Who?'],
])('a name with %s', async (_, name, shown) => {
  const [page = []] = await pagesOf({ customer: snapshotOf(madeCustomer({ name })) }, [madeLine()]);
  expect(page).toContain(shown);
  const gaps = /[東ש😀]/u.test(name);
  expect(page.includes('A question mark can stand for a character that this file has no font for.')).toBe(gaps);
});

test('the font has the sign of every currency', () => {
  const amounts = CURRENCIES.map((currency) => money(-123_456n, currency));
  expect(amounts.map(showable)).toEqual(amounts);
});
