import { describe, expect, test } from 'vitest';
import { madeInvoice, madeLine } from '../../../test/support/made-invoice.ts';
import { madeCustomer, madeTaxRate } from '../../../test/support/made.ts';
import type { TaxRate } from '../../catalog/tax_rate.ts';
import { decimal } from '../../money/decimal.ts';
import { type Invoice, type InvoiceLine, snapshotOf } from '../invoice.ts';
import { buildDocument } from './build.ts';

const ISSUER = { name: 'Alpaca AI', country: 'US', livemode: true };
const ADDRESS = { line1: '1 Main St', line2: null, city: 'Berlin', state: null, postal_code: '10115', country: 'DE' };

function build(
  invoice: Partial<Invoice> = {},
  lines: readonly InvoiceLine[] = [madeLine()],
  rates: readonly TaxRate[] = [],
  coupons: ReadonlyMap<string, string> = new Map(),
) {
  return buildDocument(ISSUER, { invoice: madeInvoice(invoice), lines }, rates, coupons);
}

test('an open invoice of seats, from head to foot', () => {
  expect(build({ footer: 'Thank you', customFields: [{ name: 'PO', value: '4711' }] })).toEqual({
    title: 'Invoice',
    number: 'ABCD1234-0001',
    status: 'Open',
    isTest: false,
    paper: 'LETTER',
    seller: { name: 'Alpaca AI', lines: ['United States'] },
    buyer: { name: 'John Doe', lines: ['john@example.com'] },
    shipping: null,
    facts: [
      { label: 'Invoice number', value: 'ABCD1234-0001' },
      { label: 'Date of issue', value: 'November 25, 2026' },
      { label: 'Date due', value: 'December 9, 2026' },
      { label: 'PO', value: '4711' },
    ],
    headline: { amount: '$60.00 USD', text: 'Due December 9, 2026' },
    groups: [
      {
        period: 'Nov 25, 2026 – Dec 25, 2026',
        rows: [{ description: 'Seats (at $20.00 / month)', quantity: '3', unitPrice: '$20.00', amount: '$60.00' }],
      },
    ],
    sums: [
      { label: 'Subtotal', amount: '$60.00', strong: false },
      { label: 'Total', amount: '$60.00', strong: false },
      { label: 'Amount due', amount: '$60.00 USD', strong: true },
    ],
    notes: [],
    footer: 'Thank you',
  });
});

const paidAt = Temporal.Instant.from('2026-11-26T23:59:59Z');

test.each<[string, Partial<Invoice>, string, string, string]>([
  ['charged', { dueAt: null }, '$60.00 USD', 'Amount due', '$60.00 USD'],
  ['partly paid', { amountPaid: 1000n }, '$50.00 USD', 'Due December 9, 2026', '$50.00 USD'],
  ['paid', { status: 'paid', amountPaid: 6000n, paidAt }, '$60.00 USD', 'Paid on November 26, 2026', '$0.00 USD'],
  [
    'paid in part and credited for the rest',
    { status: 'paid', amountDue: 4000n, amountPaid: 4000n, prePaymentCredit: 2000n, paidAt },
    '$40.00 USD',
    'Paid on November 26, 2026',
    '$0.00 USD',
  ],
  [
    'credited in full',
    { status: 'paid', amountDue: 0n, prePaymentCredit: 6000n, paidAt },
    '$60.00 USD',
    'Credited in full on November 26, 2026',
    '$0.00 USD',
  ],
  ['void', { status: 'void' }, '$60.00 USD', 'Void: nothing has to be paid', '$0.00 USD'],
  ['uncollectible', { status: 'uncollectible' }, '$60.00 USD', 'Due December 9, 2026', '$60.00 USD'],
  ['in yen', { currency: 'jpy' }, '¥6,000 JPY', 'Due December 9, 2026', '¥6,000 JPY'],
  ['in dinars', { currency: 'kwd' }, 'KWD 6.000', 'Due December 9, 2026', 'KWD 6.000'],
])('an invoice that is %s', (_, details, amount, text, due) => {
  const { headline, sums } = build(details);
  expect(headline).toEqual({ amount, text });
  expect(sums.at(-1)).toEqual({ label: 'Amount due', amount: due, strong: true });
});

test('what was paid is a sum of its own', () => {
  expect(build({ amountPaid: 1000n }).sums.map(({ label, amount }) => [label, amount])).toEqual([
    ['Subtotal', '$60.00'],
    ['Total', '$60.00'],
    ['Amount paid', '-$10.00'],
    ['Amount due', '$50.00 USD'],
  ]);
});

test('discounts, taxes and balance are sums on the way from the subtotal to what is due', () => {
  const discounts = [
    { id: 'di_1', itemId: null, percentOff: '12.5', amountOff: null, productIds: null, amount: 750n },
    { id: 'di_2', itemId: null, percentOff: null, amountOff: 250n, productIds: null, amount: 250n },
  ];
  const rates = [
    madeTaxRate({ id: 'a', displayName: 'VAT', percentage: decimal('7.5'), jurisdiction: 'Berlin' }),
    madeTaxRate({ id: 'b', displayName: 'City tax', percentage: decimal('25'), inclusive: true }),
  ];
  const tax = { amount: 300n, taxableAmount: 4000n, reason: 'not_available' } as const;
  const taxes = [
    { id: 'a', inclusive: false, ...tax },
    { id: 'b', inclusive: true, ...tax, amount: 1000n },
  ];
  const totals = { discounts, taxes, totalExcludingTax: 4000n, total: 5300n };
  const balance = { startingBalance: -1000n, endingBalance: 0n, amountDue: 4300n };
  const told = (invoice: Partial<Invoice>) =>
    build(invoice, [], rates, new Map([['di_1', 'Launch']])).sums.map(({ label, amount }) => [label, amount]);
  expect(told({ ...totals, ...balance })).toEqual([
    ['Subtotal', '$60.00'],
    ['Launch (12.5% off)', '-$7.50'],
    ['Discount ($2.50 off)', '-$2.50'],
    ['Total excluding tax', '$40.00'],
    ['VAT – Berlin (7.5% on $40.00)', '$3.00'],
    ['City tax (25% inclusive)', '$10.00'],
    ['Total', '$53.00'],
    ['Applied balance', '-$10.00'],
    ['Amount due', '$43.00 USD'],
  ]);
  const none = { amount: 0n, taxableAmount: 0n };
  const exempt = [
    { ...taxes[0]!, ...none, reason: 'customer_exempt' as const },
    { ...taxes[1]!, ...none, reason: 'reverse_charge' as const },
  ];
  expect(told({ taxes: exempt, totalExcludingTax: 5000n, total: 5000n }).slice(1, 4)).toEqual([
    ['Total excluding tax', '$50.00'],
    ['VAT – Berlin (exempt)', '$0.00'],
    ['City tax (reverse charge)', '$0.00'],
  ]);
});

test('what credit notes took off is a sum of its own, and what they gave back is told beside', () => {
  const { sums } = build({ amountDue: 5000n, prePaymentCredit: 1000n });
  expect(sums.map(({ label, amount }) => [label, amount])).toEqual([
    ['Subtotal', '$60.00'],
    ['Total', '$60.00'],
    ['Credit notes', '-$10.00'],
    ['Amount due', '$50.00 USD'],
  ]);
  const { notes } = build({ status: 'paid', amountPaid: 6000n, postPaymentCredit: 1250n });
  expect(notes).toEqual(['$12.50 was credited after payment']);
});

describe('a line', () => {
  const row = (details: Partial<InvoiceLine>) => {
    const { description, quantity, unitPrice, amount } = build({}, [madeLine(details)]).groups[0]!.rows[0]!;
    return [description, quantity, unitPrice, amount];
  };

  test.each<[string, string, string, string, bigint, string[]]>([
    [
      'of packages has no price of a unit',
      '9892 × Tokens (at $0.08 per 60 units / month)',
      '9892',
      '8',
      1320n,
      ['Tokens (at $0.08 per 60 units / month)', '9,892', '', '$13.20'],
    ],
    [
      'of a flat fee has no quantity either',
      'Calls (Tier 1 at $9.00 / month)',
      '0',
      '900',
      900n,
      ['Calls (Tier 1 at $9.00 / month)', '', '', '$9.00'],
    ],
    [
      'with a unit label keeps it',
      '31 credit × Calls (Tier 2 at $0.036 / month)',
      '31',
      '3.6',
      112n,
      ['31 credit × Calls (Tier 2 at $0.036 / month)', '31', '$0.036', '$1.12'],
    ],
    [
      'of nothing shows the zero',
      '0 × Tokens (at $0.04 per 100 units)',
      '0',
      '4',
      0n,
      ['Tokens (at $0.04 per 100 units)', '0', '', '$0.00'],
    ],
    [
      'keeps every digit',
      '1234567.125 × Bytes (at $0.00001)',
      '1234567.125',
      '0.001',
      1235n,
      ['Bytes (at $0.00001)', '1,234,567.125', '$0.00001', '$12.35'],
    ],
  ])('%s', (_, description, quantity, unitAmount, amount, expected) => {
    const terms = { description, quantity: decimal(quantity), unitAmount: decimal(unitAmount), amount };
    expect(row(terms)).toEqual(expected);
  });
});

test('lines keep their order, under a heading for each change of the period', () => {
  const other = { start: paidAt, end: paidAt };
  const lines = [madeLine(), madeLine(), madeLine({ period: other }), madeLine()];
  expect(build({}, lines).groups.map(({ period, rows }) => [period, rows.length])).toEqual([
    ['Nov 25, 2026 – Dec 25, 2026', 2],
    ['Nov 26, 2026', 1],
    ['Nov 25, 2026 – Dec 25, 2026', 1],
  ]);
});

test('a customer is told as far as it is known', () => {
  const buyer = (details: Parameters<typeof madeCustomer>[0]) =>
    build({ customer: snapshotOf(madeCustomer(details)) }).buyer;
  const address = ['1 Main St', 'Berlin, 10115', 'Germany'];
  expect(buyer({ address: ADDRESS, phone: '1' })).toEqual({
    name: 'John Doe',
    lines: [...address, 'john@example.com', '1'],
  });
  const customerTaxIds = [{ type: 'eu_vat', value: 'DE123456789' }];
  expect(build({ customerTaxIds }).buyer.lines).toEqual(['john@example.com', 'EU VAT DE123456789']);
  expect(buyer({ name: null, address: ADDRESS })).toEqual({ name: 'john@example.com', lines: address });
  expect(buyer({ name: null, email: null, address: { ...ADDRESS, country: 'Elsewhere' } })).toEqual({
    name: 'Customer',
    lines: ['1 Main St', 'Berlin, 10115', 'Elsewhere'],
  });
});

test('reverse charge is noted, and goods say where they go', () => {
  const shipping = { name: 'Warehouse', phone: null, address: ADDRESS };
  const customer = snapshotOf(madeCustomer({ taxExempt: 'reverse', shipping }));
  const document = build({ customer });
  expect(document.notes).toEqual(['Tax to be paid on reverse charge basis']);
  expect(document.shipping).toEqual({ name: 'Warehouse', lines: ['1 Main St', 'Berlin, 10115', 'Germany'] });
});

test('the description of an invoice is its first note', () => {
  const notes = build({
    description: 'Thank you.',
    customer: { ...madeInvoice().customer, taxExempt: 'reverse' },
  }).notes;
  expect(notes).toEqual(['Thank you.', 'Tax to be paid on reverse charge basis']);
});
