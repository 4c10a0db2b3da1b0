import fc from 'fast-check';
import { sql } from 'kysely';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyInvoices } from '../../src/audit/verify.ts';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { beginIssue } from '../../src/credit_notes/issue.ts';
import { invoicePaymentListener } from '../../src/invoices/payment_listener.ts';
import { testGateway } from '../../src/payments/test_gateway/test_gateway.ts';
import { newCardPayer, openInvoice, paidInvoice } from '../support/credited.ts';
import { directly } from '../support/direct.ts';
import { eventually } from '../support/payer.ts';
import { testServer } from '../support/test-server.ts';

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
});
afterAll(() => database.close());

/** What a verification of an account tells. */
async function differences(accountId: string): Promise<unknown[]> {
  const told: unknown[] = [];
  await verifyInvoices(database.kysely, [accountId], {
    difference: (difference) => told.push(difference),
    failedRefund() {},
    unchecked: (subject) => told.push(subject),
    progress() {},
  });
  return told;
}

/** True for a call that is answered, false for one that is refused; anything else is a failure. */
async function isAllowed(call: Promise<unknown>): Promise<boolean> {
  return await call.then(
    () => true,
    (error: Stripe.errors.StripeError) => {
      if (error.statusCode !== 400) throw error;
      return false;
    },
  );
}

const step = fc.record({
  verb: fc.constantFrom('amount', 'units', 'part', 'void'),
  which: fc.nat(20),
  size: fc.nat(1_000),
});

test('any row of credit notes and voids: never beyond the invoice, and all of it comes back', async () => {
  const payer = await newCardPayer();
  const { stripe } = payer;
  const coupon = await stripe.coupons.create({ percent_off: 12.5 });
  const product = await stripe.products.create({ name: 'Shirt' });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 8 }), async (steps) => {
      const shirts = { price_data: { currency: 'usd', product: product.id, unit_amount: 333 }, quantity: 3 };
      const { payments: _, ...before } = await openInvoice(payer, [shirts, 1_001], {
        discounts: [{ coupon: coupon.id }],
      });
      const [units, whole] = before.lines.data;
      const lineOf = ({ verb, which, size }: (typeof steps)[number]): Stripe.CreditNoteCreateParams.Line => {
        if (verb === 'amount') return { type: 'custom_line_item', unit_amount: size, quantity: 1 };
        const type = 'invoice_line_item';
        if (verb === 'units') return { type, invoice_line_item: units!.id, quantity: (which % 3) + 1 };
        return { type, invoice_line_item: whole!.id, amount: size };
      };
      let issued: Stripe.CreditNote[] = [];
      for (const each of steps) {
        if (each.verb === 'void') {
          const note = issued[each.which % Math.max(issued.length, 1)];
          if (note === undefined) continue;
          await stripe.creditNotes.voidCreditNote(note.id);
          issued = issued.filter(({ id }) => id !== note.id);
        } else {
          // What would settle the invoice could not be taken back.
          const params = { invoice: before.id, lines: [lineOf(each)] };
          const left = before.total - issued.reduce((sum, note) => sum + note.total, 0);
          const preview = await stripe.creditNotes.preview(params).catch(() => undefined);
          if (preview?.total === left) continue;
          const note = await stripe.creditNotes.create(params).catch(() => undefined);
          expect(note?.total).toBe(preview?.total);
          if (note !== undefined) issued.push(note);
        }
        const credited = issued.reduce((sum, note) => sum + note.total, 0);
        expect(credited).toBeLessThan(before.total);
        expect(await stripe.invoices.retrieve(before.id)).toMatchObject({
          amount_due: before.amount_due - credited,
          amount_remaining: before.amount_due - credited,
          pre_payment_credit_notes_amount: credited,
        });
      }
      expect(await differences(payer.account.accountId)).toEqual([]);
      for (const { id } of issued) await stripe.creditNotes.voidCreditNote(id);
      expect(await stripe.invoices.retrieve(before.id)).toEqual(before);
    }),
    { numRuns: 8 },
  );
  expect(await differences(payer.account.accountId)).toEqual([]);
});

test('ten at once for the same money: as many as it is enough for', async () => {
  const payer = await newCardPayer();
  const { stripe, account } = payer;
  const open = await openInvoice(payer, [1_000]);
  const paid = await paidInvoice(payer, [1_000]);
  const line = { type: 'invoice_line_item', invoice_line_item: paid.lines.data[0]!.id, amount: 300 } as const;
  const allowed = await Promise.all(
    Array.from({ length: 10 }, async (_, place) => [
      await isAllowed(stripe.creditNotes.create({ invoice: open.id, amount: 300 })),
      await isAllowed(
        stripe.creditNotes.create({
          invoice: paid.id,
          lines: [line],
          ...(place % 2 === 0 ? { refund_amount: 300 } : { credit_amount: 300 }),
        }),
      ),
    ]),
  );
  expect(allowed.filter(([ofOpen]) => ofOpen)).toHaveLength(3);
  expect(allowed.filter(([, ofPaid]) => ofPaid)).toHaveLength(3);
  expect(await stripe.invoices.retrieve(open.id)).toMatchObject({ amount_remaining: 100 });
  expect(await stripe.invoices.retrieve(paid.id)).toMatchObject({ post_payment_credit_notes_amount: 900 });
  const numbers = (await stripe.creditNotes.list({ invoice: open.id })).data.map(({ number }) => number.slice(-2));
  expect(numbers.toSorted()).toEqual(['01', '02', '03']);
  const refunded = (await stripe.refunds.list()).data.reduce((sum, { amount }) => sum + amount, 0);
  const { balance } = (await stripe.customers.retrieve(payer.customer.id)) as Stripe.Customer;
  expect(refunded - balance).toBe(900);
  expect(await differences(account.accountId)).toEqual([]);
});

test('a process that dies before it asks the gateway: the refund is gone on with, once', async () => {
  const payer = await newCardPayer();
  const { stripe, account } = payer;
  const paid = await paidInvoice(payer, [1_000]);
  const payments = {
    gateway: testGateway(database.kysely),
    listener: { ...invoicePaymentListener, async detached() {}, async invoiceChanged() {} },
    baseUrl: 'http://usance.test',
  };
  await directly(account, async (context) => {
    // Long ago, so that whoever goes on with what was left behind need not wait.
    const earlier = { ...context, now: context.now.subtract({ minutes: 5 }) };
    const begun = await beginIssue(earlier, payments, { invoice: paid.id, amount: 400n, refund_amount: 400n });
    expect(begun).toHaveProperty('next');
  });
  const [note] = (await stripe.creditNotes.list({ expand: ['data.refunds.refund'] })).data;
  expect(note).toMatchObject({ post_payment_amount: 400, refunds: [{ amount_refunded: 400 }] });
  const { id } = note!.refunds[0]!.refund as Stripe.Refund;
  await eventually(
    () => stripe.refunds.retrieve(id),
    ({ status }) => status === 'succeeded',
  );
  const { rows } = await sql<{ amount: bigint }>`
    select amount from test_gateway_refunds where account_id = ${account.accountId}
  `.execute(database.kysely);
  expect(rows).toEqual([{ amount: 400n }]);
  expect(await differences(account.accountId)).toEqual([]);
});

describe('a verification', () => {
  const TAMPERED: [name: string, change: string, told: string[]][] = [
    ['a number that is not its own', `update credit_notes set number = 'X'`, ['number of credit note']],
    [
      'a total',
      `update credit_notes set total = 301, pre_payment_amount = 301`,
      ['total of credit note', 'credit before payment'],
    ],
    [
      'money that was given back to nobody',
      `update credit_notes set pre_payment_amount = 0, post_payment_amount = total`,
      ['what was given back of credit note', 'credit before payment', 'credit after payment'],
    ],
    [
      'a tax that was not credited',
      `update credit_note_lines set taxes =
        '[{"id": "txr_1", "inclusive": false, "amount": "9", "taxableAmount": "300", "reason": "not_available"}]'`,
      ['total of credit note'],
    ],
    [
      'a line of another amount',
      `update credit_note_lines set amount = 299`,
      ['subtotal of credit note', 'line excluding tax of credit note'],
    ],
    [
      'more of a line than the line',
      `update credit_note_lines set amount = 1001`,
      ['subtotal of credit note', 'line excluding tax of credit note', 'credit of line'],
    ],
    [
      'an invoice that does not know of it',
      `update invoices set pre_payment_credit_notes_amount = 0`,
      ['amount due', 'credit before payment'],
    ],
    [
      'a void one that still counts',
      `update credit_notes set status = 'void', voided_at = now()`,
      ['credit before payment'],
    ],
    ['a balance without its transactions', `update customers set balance = -1, currency = 'usd'`, ['balance']],
  ];

  test.each(TAMPERED)('finds %s', async (_name, change, told) => {
    const payer = await newCardPayer();
    const { accountId } = payer.account;
    const { id, lines } = await openInvoice(payer, [1_000]);
    const line = { type: 'invoice_line_item', invoice_line_item: lines.data[0]!.id, amount: 300 } as const;
    await payer.stripe.creditNotes.create({ invoice: id, lines: [line] });
    expect(await differences(accountId)).toEqual([]);
    await sql`${sql.raw(change)} where account_id = ${accountId}`.execute(database.kysely);
    const found = (await differences(accountId)) as { what: string }[];
    expect(found.map(({ what }) => what.replaceAll(/ ?(cnli|cn|il)_\w+/g, ''))).toEqual(told);
  });
});
