import fc from 'fast-check';
import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyInvoices } from '../../src/audit/verify.ts';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { type CardPayer, newCardPayer, openInvoice } from '../support/credited.ts';
import { pdfPages } from '../support/pdf-text.ts';
import { refusal } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
});
afterAll(() => database.close());

async function newRate({ stripe }: CardPayer, percentage: number, inclusive: boolean): Promise<string> {
  return (await stripe.taxRates.create({ display_name: 'VAT', percentage, inclusive })).id;
}

/** What a credit note comes to. */
function read(note: Stripe.CreditNote) {
  return {
    subtotal: [note.subtotal, note.subtotal_excluding_tax],
    discount: note.discount_amount,
    taxes: note.total_taxes!.map(({ amount }) => amount),
    total: [note.total, note.total_excluding_tax],
  };
}

function creditOf(invoice: Stripe.Invoice, amount: number): Stripe.CreditNoteCreateParams {
  const line = { type: 'invoice_line_item', invoice_line_item: invoice.lines.data[0]!.id, amount } as const;
  return { invoice: invoice.id, lines: [line] };
}

test('a tax on top is credited with its line, in parts to the last cent', async () => {
  const payer = await newCardPayer();
  const { stripe } = payer;
  const rate = await newRate(payer, 7.7, false);
  const invoice = await openInvoice(payer, [1_000, 500], { default_tax_rates: [rate] });
  expect(invoice).toMatchObject({ total: 1_616, total_taxes: [{ amount: 116 }] });
  const first = await stripe.creditNotes.create(creditOf(invoice, 333));
  // 77 × 333 ÷ 1,000 = 25.641.
  expect(read(first)).toEqual({ subtotal: [333, 333], discount: 0, taxes: [26], total: [359, 333] });
  const tax = {
    amount: 26,
    tax_behavior: 'exclusive',
    tax_rate_details: { tax_rate: rate },
    taxability_reason: 'not_available',
    taxable_amount: 333,
    type: 'tax_rate_details',
  };
  expect(first.total_taxes).toEqual([tax]);
  expect(first.lines.data).toMatchObject([{ amount: 333, taxes: [tax], tax_rates: [{ id: rate, percentage: 7.7 }] }]);
  const parts = [first];
  for (const amount of [333, 334]) parts.push(await stripe.creditNotes.create(creditOf(invoice, amount)));
  expect(parts.map((note) => note.total_taxes![0]!.amount)).toEqual([26, 25, 26]);
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ amount_due: 539 });
});

test('a tax within is credited within, after its part of the discount', async () => {
  const payer = await newCardPayer();
  const { stripe } = payer;
  const rate = await newRate(payer, 25, true);
  const coupon = await stripe.coupons.create({ percent_off: 10 });
  const invoice = await openInvoice(payer, [1_000], {
    default_tax_rates: [rate],
    discounts: [{ coupon: coupon.id }],
  });
  expect(invoice).toMatchObject({ total: 900, total_excluding_tax: 720 });
  const note = await stripe.creditNotes.create(creditOf(invoice, 500));
  expect(read(note)).toEqual({ subtotal: [500, 400], discount: 50, taxes: [90], total: [450, 360] });
  const text = pdfPages(Buffer.from(await (await fetch(note.pdf)).arrayBuffer())).flat();
  for (const part of ['Discount', '-$0.50', 'VAT (25% inclusive)', '$0.90', '$4.50']) expect(text).toContain(part);
  expect((await stripe.creditNotes.create(creditOf(invoice, 500))).total).toBe(450);
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid', amount_due: 0 });
});

test('who is exempt is credited what was charged, without the tax that the price contained', async () => {
  const payer = await newCardPayer({ tax_exempt: 'exempt' });
  const { stripe } = payer;
  const invoice = await openInvoice(payer, [1_000], { default_tax_rates: [await newRate(payer, 10, true)] });
  expect(invoice.total).toBe(909);
  const note = await stripe.creditNotes.create(creditOf(invoice, 500));
  expect(note).toMatchObject({ subtotal: 500, total: 455, total_excluding_tax: 455 });
  expect(note.total_taxes).toMatchObject([{ amount: 0, taxability_reason: 'customer_exempt', taxable_amount: 0 }]);
  expect((await stripe.creditNotes.create(creditOf(invoice, 500))).total).toBe(454);
});

test('a line of its own has the rates that it names, and no others', async () => {
  const payer = await newCardPayer();
  const { stripe } = payer;
  const [added, within] = [await newRate(payer, 20, false), await newRate(payer, 20, true)];
  const invoice = await openInvoice(payer, [10_000], { default_tax_rates: [added] });
  const own = { type: 'custom_line_item', unit_amount: 600 } as const;
  const credit = (lines: Stripe.CreditNoteCreateParams.Line[]) =>
    stripe.creditNotes.create({ invoice: invoice.id, lines });
  const note = await credit([own, { ...own, tax_rates: [added] }, { ...own, tax_rates: [within] }]);
  expect(read(note)).toEqual({ subtotal: [1_800, 1_700], discount: 0, taxes: [120, 100], total: [1_920, 1_700] });
  expect(note.lines.data.map((line) => line.tax_rates.map(({ id }) => id))).toEqual([[], [added], [within]]);
  expect(await refusal(credit([{ ...own, tax_rates: ['txr_no'] }]))).toMatchObject({
    status: 400,
    code: 'resource_missing',
    param: 'lines[0][tax_rates][0]',
  });
  const { id: line } = invoice.lines.data[0]!;
  const ofLine = { type: 'invoice_line_item', invoice_line_item: line, amount: 1, tax_rates: [added] } as const;
  expect(await refusal(credit([{ ...ofLine, tax_rates: [added] }]))).toMatchObject({
    status: 400,
    param: 'lines[0][tax_rates]',
  });
});

test('however an invoice is taxed and credited in parts: all of it is credited in the end, and verified', async () => {
  const payer = await newCardPayer();
  const { stripe, account } = payer;
  const rates = [await newRate(payer, 8.1, false), await newRate(payer, 19, true), await newRate(payer, 2.5, true)];
  const coupon = await stripe.coupons.create({ percent_off: 33.33 });
  const cases = fc.record({
    amounts: fc.array(fc.integer({ min: 200, max: 2_000 }), { minLength: 1, maxLength: 3 }),
    chosen: fc.subarray(rates, { minLength: 1 }),
    isByInvoice: fc.boolean(),
    isDiscounted: fc.boolean(),
    // A part that comes to nothing is no credit note.
    cuts: fc.array(fc.integer({ min: 5, max: 900 }), { maxLength: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ amounts, chosen, isByInvoice, isDiscounted, cuts }) => {
      const tax_rounding = isByInvoice ? 'invoice' : 'line';
      await account.request('POST', '/v1/usance/invoice_settings', { tax_rounding });
      const invoice = await openInvoice(payer, amounts, {
        default_tax_rates: chosen,
        ...(isDiscounted ? { discounts: [{ coupon: coupon.id }] } : {}),
      });
      const lineOf = ({ id }: Stripe.InvoiceLineItem, amount: number) =>
        ({ type: 'invoice_line_item', invoice_line_item: id, amount }) as const;
      const [first, ...others] = invoice.lines.data;
      let left = first!.amount;
      const notes: Stripe.CreditNote[] = [];
      const credit = async (lines: Stripe.CreditNoteCreateParams.Line[]) => {
        notes.push(await stripe.creditNotes.create({ invoice: invoice.id, lines }));
      };
      for (const cut of cuts) {
        if (cut >= left) continue;
        left -= cut;
        await credit([lineOf(first!, cut)]);
      }
      await credit([lineOf(first!, left), ...others.map((line) => lineOf(line, line.amount))]);
      const sum = (of: (note: Stripe.CreditNote) => number) => notes.reduce((total, note) => total + of(note), 0);
      expect(sum((note) => note.total)).toBe(invoice.total);
      expect(sum((note) => note.total_excluding_tax!)).toBe(invoice.total_excluding_tax);
      for (const { amount, tax_rate_details: by } of invoice.total_taxes!) {
        const taxes = notes.flatMap((note) => note.total_taxes!);
        const ofRate = taxes.filter((tax) => tax.tax_rate_details!.tax_rate === by!.tax_rate);
        expect(ofRate.reduce((total, tax) => total + tax.amount, 0)).toBe(amount);
      }
      expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid', amount_remaining: 0 });
    }),
    { numRuns: 8 },
  );
  const told: unknown[] = [];
  await verifyInvoices(database.kysely, [account.accountId], {
    difference: (difference) => told.push(difference),
    failedRefund() {},
    unchecked: (subject) => told.push(subject),
    progress() {},
  });
  expect(told).toEqual([]);
});
