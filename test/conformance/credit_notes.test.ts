import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { verifyInvoices } from '../../src/audit/verify.ts';
import { openDatabase } from '../../src/db/pool.ts';
import { intentOf, newCardPayer, openInvoice, paidInvoice } from '../support/credited.ts';
import { eventually } from '../support/payer.ts';
import { pdfPages } from '../support/pdf-text.ts';
import { eventTypes, refusal } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

const TOLD = ['credit_note', 'invoice.paid', 'invoice.updated', 'invoice.voided', 'payment_intent.canceled', 'refund'];

/** What was told since the invoice was finalized. */
async function told(stripe: Stripe): Promise<string[]> {
  const types = await eventTypes(stripe, ...TOLD);
  return types.slice(types.indexOf('credit_note.created'));
}

/** What a verification tells of refunds that came to nothing; it finds no difference. */
async function failedRefundsTold(accountId: string): Promise<string[]> {
  const database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
  const notices: string[] = [];
  await verifyInvoices(database.kysely, [accountId], {
    difference: ({ what }) => notices.push(what),
    failedRefund: ({ creditNoteId, refundId, amount }) => notices.push(`${creditNoteId} ${refundId} ${amount}`),
    unchecked() {},
    progress() {},
  });
  await database.close();
  return notices;
}

describe('a credit note of an open invoice', () => {
  test('by an amount: less is due, and the intent asks for less', async () => {
    const payer = await newCardPayer();
    const { stripe, customer } = payer;
    const invoice = await openInvoice(payer, [10_000]);
    const note = await stripe.creditNotes.create({
      invoice: invoice.id,
      amount: 2_000,
      reason: 'order_change',
      memo: 'Two were not there',
      metadata: { k: 'v' },
      email_type: 'none',
    });
    expect(note).toMatchObject({
      amount: 2_000,
      subtotal: 2_000,
      subtotal_excluding_tax: 2_000,
      total: 2_000,
      total_excluding_tax: 2_000,
      pre_payment_amount: 2_000,
      post_payment_amount: 0,
      type: 'pre_payment',
      status: 'issued',
      number: `${invoice.number}-CN-01`,
      customer: customer.id,
      invoice: invoice.id,
      reason: 'order_change',
      memo: 'Two were not there',
      metadata: { k: 'v' },
      effective_at: expect.any(Number),
      out_of_band_amount: null,
      refunds: [],
      customer_balance_transaction: null,
      voided_at: null,
    });
    expect(note.lines.data).toMatchObject([
      { type: 'custom_line_item', amount: 2_000, quantity: 1, unit_amount: 2_000, discount_amount: 0 },
    ]);
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({
      status: 'open',
      total: 10_000,
      amount_due: 8_000,
      amount_remaining: 8_000,
      pre_payment_credit_notes_amount: 2_000,
      post_payment_credit_notes_amount: 0,
    });
    expect((await stripe.paymentIntents.retrieve(intentOf(invoice))).amount).toBe(8_000);
    expect(await told(stripe)).toEqual(['credit_note.created', 'invoice.updated']);
    const [event] = (await stripe.events.list({ type: 'invoice.updated', limit: 1 })).data;
    expect(event!.data.previous_attributes).toEqual({
      amount_due: 10_000,
      amount_remaining: 10_000,
      pre_payment_credit_notes_amount: 0,
    });
    const paid = await stripe.invoices.pay(invoice.id, { expand: ['payments'] });
    expect(paid).toMatchObject({ status: 'paid', amount_paid: 8_000, amount_remaining: 0 });
    expect(paid.payments!.data).toMatchObject([{ amount_requested: 8_000, amount_paid: 8_000, status: 'paid' }]);
  });

  test('by units, by an amount of a line and by a line of its own', async () => {
    const payer = await newCardPayer();
    const { stripe } = payer;
    const product = await stripe.products.create({ name: 'Shirt' });
    const price_data = { currency: 'usd', product: product.id, unit_amount: 1_500 };
    const invoice = await openInvoice(payer, [
      { price_data, quantity: 5 },
      { amount: 900, description: 'Post' },
    ]);
    const [shirts, post] = invoice.lines.data;
    const note = await stripe.creditNotes.create({
      invoice: invoice.id,
      lines: [
        { type: 'invoice_line_item', invoice_line_item: shirts!.id, quantity: 2 },
        { type: 'invoice_line_item', invoice_line_item: post!.id, amount: 400, metadata: { late: 'yes' } },
        { type: 'custom_line_item', description: 'Courtesy', quantity: 3, unit_amount_decimal: '33.5' as never },
      ],
    });
    expect(note).toMatchObject({ total: 3_501, pre_payment_amount: 3_501 });
    expect(JSON.parse(JSON.stringify(note.lines.data))).toMatchObject([
      { type: 'invoice_line_item', amount: 3_000, quantity: 2, unit_amount: 1_500, invoice_line_item: shirts!.id },
      { amount: 400, quantity: null, unit_amount: null, description: 'Post', metadata: { late: 'yes' } },
      {
        type: 'custom_line_item',
        amount: 101,
        unit_amount: null,
        unit_amount_decimal: '33.5',
        description: 'Courtesy',
      },
    ]);
    expect(note.lines.data[2]).not.toHaveProperty('invoice_line_item');
    const listed = await stripe.creditNotes.listLineItems(note.id, {
      limit: 1,
      starting_after: note.lines.data[0]!.id,
    });
    expect(listed).toMatchObject({ has_more: true, data: [{ id: note.lines.data[1]!.id }] });
    const back = await stripe.creditNotes.listLineItems(note.id, { ending_before: note.lines.data[1]!.id });
    expect(back.data.map(({ id }) => id)).toEqual([note.lines.data[0]!.id]);
  });

  test('of all of it: paid, and nothing is waited for', async () => {
    const payer = await newCardPayer();
    const { stripe } = payer;
    const invoice = await openInvoice(payer, [1_099]);
    await stripe.creditNotes.create({ invoice: invoice.id, amount: 1_099 });
    const settled = await stripe.invoices.retrieve(invoice.id, { expand: ['payments'] });
    expect(settled).toMatchObject({
      status: 'paid',
      amount_due: 0,
      amount_paid: 0,
      amount_remaining: 0,
      pre_payment_credit_notes_amount: 1_099,
      status_transitions: { paid_at: expect.any(Number) },
      payments: { data: [{ status: 'canceled' }] },
    });
    expect(await told(stripe)).toEqual(['credit_note.created', 'invoice.paid', 'payment_intent.canceled']);
  });

  test('that leaves too little to charge: no intent waits, and voiding it makes another', async () => {
    const payer = await newCardPayer();
    const { stripe } = payer;
    const invoice = await openInvoice(payer, [1_000]);
    const note = await stripe.creditNotes.create({ invoice: invoice.id, amount: 970 });
    expect(await stripe.invoices.retrieve(invoice.id, { expand: ['confirmation_secret'] })).toMatchObject({
      status: 'open',
      amount_remaining: 30,
      confirmation_secret: null,
    });
    await stripe.creditNotes.voidCreditNote(note.id);
    const owed = await stripe.invoices.retrieve(invoice.id, { expand: ['payments'] });
    expect(owed).toMatchObject({ amount_remaining: 1_000, pre_payment_credit_notes_amount: 0 });
    expect(owed.payments!.data.map(({ status }) => status)).toEqual(['open', 'canceled']);
    expect((await stripe.invoices.pay(invoice.id)).amount_paid).toBe(1_000);
  });

  test('voided: the invoice is owed as before, and the number is not given again', async () => {
    const payer = await newCardPayer();
    const { stripe } = payer;
    const invoice = await openInvoice(payer, [500, 500]);
    const line = { type: 'invoice_line_item', invoice_line_item: invoice.lines.data[0]!.id } as const;
    const note = await stripe.creditNotes.create({ invoice: invoice.id, lines: [{ ...line, quantity: 1 }] });
    const { payments: _, ...before } = invoice;
    const voided = await stripe.creditNotes.voidCreditNote(note.id);
    expect(voided).toEqual({ ...note, status: 'void', voided_at: expect.any(Number) });
    expect(await stripe.creditNotes.retrieve(note.id)).toEqual(voided);
    expect(await stripe.invoices.retrieve(invoice.id)).toEqual(before);
    expect((await stripe.paymentIntents.retrieve(intentOf(invoice))).amount).toBe(1_000);
    expect(await told(stripe)).toEqual([
      'credit_note.created',
      'invoice.updated',
      'credit_note.voided',
      'invoice.updated',
    ]);
    // Nothing of the line is credited any more, so that it can be credited otherwise.
    const again = await stripe.creditNotes.create({ invoice: invoice.id, lines: [{ ...line, amount: 500 }] });
    expect(again.number).toBe(`${invoice.number}-CN-02`);
  });

  test('stays when its invoice is voided, and can then not be voided itself', async () => {
    const payer = await newCardPayer();
    const { stripe } = payer;
    const invoice = await openInvoice(payer, [1_000]);
    const note = await stripe.creditNotes.create({ invoice: invoice.id, amount: 400 });
    expect(await stripe.invoices.voidInvoice(invoice.id)).toMatchObject({ status: 'void', amount_due: 600 });
    expect(await stripe.creditNotes.retrieve(note.id)).toMatchObject({ status: 'issued' });
    expect(await refusal(stripe.creditNotes.voidCreditNote(note.id))).toMatchObject({
      status: 400,
      message: 'You can only void a credit note of an invoice that is open.',
    });
  });

  test('of what the customer owed before: the rest goes back to the balance', async () => {
    const payer = await newCardPayer({ balance: -15_000 });
    const { stripe, customer } = payer;
    const invoice = await openInvoice(payer, [20_000]);
    expect(invoice).toMatchObject({ amount_due: 5_000, ending_balance: 0 });
    const note = await stripe.creditNotes.create({ invoice: invoice.id, amount: 8_000, credit_amount: 3_000 });
    expect(note).toMatchObject({ type: 'mixed', pre_payment_amount: 5_000, post_payment_amount: 3_000 });
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({
      status: 'paid',
      amount_due: 0,
      pre_payment_credit_notes_amount: 5_000,
      post_payment_credit_notes_amount: 3_000,
    });
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -3_000 });
  });
});

describe('a credit note of a paid invoice', () => {
  test('to the card, to the balance and elsewhere', async () => {
    const payer = await newCardPayer();
    const { stripe, customer } = payer;
    const invoice = await paidInvoice(payer, [10_000]);
    const note = await stripe.creditNotes.create({
      invoice: invoice.id,
      amount: 6_000,
      refund_amount: 1_000,
      credit_amount: 2_000,
      out_of_band_amount: 3_000,
      expand: ['refunds.refund', 'customer_balance_transaction', 'customer', 'invoice'],
    });
    expect(note).toMatchObject({
      type: 'post_payment',
      pre_payment_amount: 0,
      post_payment_amount: 6_000,
      out_of_band_amount: 3_000,
      refunds: [
        {
          amount_refunded: 1_000,
          type: 'refund',
          refund: { amount: 1_000, status: 'succeeded', payment_intent: intentOf(invoice) },
        },
      ],
      customer_balance_transaction: {
        amount: -2_000,
        ending_balance: -2_000,
        type: 'credit_note',
        credit_note: note.id,
        invoice: invoice.id,
      },
      customer: { id: customer.id, balance: -2_000 },
      invoice: {
        id: invoice.id,
        status: 'paid',
        amount_due: 10_000,
        amount_paid: 10_000,
        amount_remaining: 0,
        pre_payment_credit_notes_amount: 0,
        post_payment_credit_notes_amount: 6_000,
      },
    });
    expect(await told(stripe)).toEqual(['credit_note.created', 'invoice.updated', 'refund.created']);
    expect((await stripe.charges.list()).data).toMatchObject([{ amount: 10_000, amount_refunded: 1_000 }]);
    // What was credited pays the next invoice.
    expect(await openInvoice(payer, [2_500])).toMatchObject({ starting_balance: -2_000, amount_due: 500 });
    expect(await refusal(stripe.creditNotes.voidCreditNote(note.id))).toMatchObject({ status: 400 });
  });

  test('is linked to a refund that was made before, and to no more of it than there is', async () => {
    const payer = await newCardPayer();
    const { stripe } = payer;
    const invoice = await paidInvoice(payer, [1_000]);
    const refund = await stripe.refunds.create({ payment_intent: intentOf(invoice), amount: 700 });
    const linked = (refunds: Stripe.CreditNoteCreateParams.Refund[], amount: number) =>
      stripe.creditNotes.create({ invoice: invoice.id, amount, refunds });
    const first = await linked([{ refund: refund.id, amount_refunded: 300 }], 300);
    expect(first.refunds).toEqual([
      { amount_refunded: 300, payment_record_refund: null, refund: refund.id, type: 'refund' },
    ]);
    expect(await refusal(linked([{ refund: refund.id }], 700))).toMatchObject({
      status: 400,
      param: 'refunds[0][refund]',
    });
    await linked([{ refund: refund.id, amount_refunded: 400, type: 'refund' }], 400);
    expect((await stripe.refunds.list()).data).toHaveLength(1);
  });

  test('a refund that the bank refuses later stands as failed, and the credit note as issued', async () => {
    const payer = await newCardPayer();
    const { stripe } = payer;
    const { id } = await openInvoice(payer, [1_000]);
    await stripe.invoices.pay(id, { payment_method: 'pm_card_refundFail' });
    const params = { invoice: id, amount: 1_000, refund_amount: 1_000, expand: ['refunds.refund'] };
    const note = await stripe.creditNotes.create(params);
    expect(note).toMatchObject({ status: 'issued', refunds: [{ amount_refunded: 1_000 }] });
    const refund = note.refunds[0]!.refund as Stripe.Refund;
    expect(
      await eventually(
        () => stripe.refunds.retrieve(refund.id),
        ({ status }) => status === 'failed',
      ),
    ).toMatchObject({
      failure_reason: expect.any(String),
    });
    expect(await stripe.creditNotes.retrieve(note.id)).toMatchObject({ status: 'issued', post_payment_amount: 1_000 });
    const text = pdfPages(Buffer.from(await (await fetch(note.pdf)).arrayBuffer())).flat();
    expect(text).toContain('Refund failed');
    expect(text).not.toContain('Refunded');
    expect(await failedRefundsTold(payer.account.accountId)).toEqual([`${note.id} ${refund.id} 1000`]);
  });

  test('sent again with the same key: one credit note, one refund', async () => {
    const payer = await newCardPayer();
    const { stripe } = payer;
    const invoice = await paidInvoice(payer, [1_000]);
    const params = { invoice: invoice.id, amount: 400, refund_amount: 400 };
    const send = () => stripe.creditNotes.create(params, { idempotencyKey: 'once' });
    expect(await send()).toEqual(await send());
    expect((await stripe.creditNotes.list({ invoice: invoice.id })).data).toHaveLength(1);
    expect((await stripe.refunds.list()).data).toMatchObject([{ amount: 400 }]);
  });
});

describe('discounts', () => {
  test('are credited with the line, in proportion, to the last cent', async () => {
    const payer = await newCardPayer();
    const { stripe } = payer;
    const coupon = await stripe.coupons.create({ amount_off: 1_000, currency: 'usd' });
    const invoice = await openInvoice(payer, [{ amount: 1_000 }, { amount: 2_000 }], {
      discounts: [{ coupon: coupon.id }],
    });
    const [, second] = invoice.lines.data;
    expect(second!.discount_amounts).toMatchObject([{ amount: 667 }]);
    const discount = invoice.discounts[0] as string;
    const credit = async (amount: number) => {
      const line = { type: 'invoice_line_item', invoice_line_item: second!.id, amount } as const;
      return await stripe.creditNotes.create({
        invoice: invoice.id,
        lines: [line],
        expand: ['discount_amounts.discount'],
      });
    };
    const notes = [await credit(700), await credit(700), await credit(600)];
    // 1,333 of 2,000: what is left of 700, of 1,400 and of all is 467, 933 and 1,333.
    expect(notes.map(({ subtotal, discount_amount, total }) => [subtotal, discount_amount, total])).toEqual([
      [700, 233, 467],
      [700, 234, 466],
      [600, 200, 400],
    ]);
    expect(notes[0]).toMatchObject({
      discount_amounts: [{ amount: 233, discount: { id: discount, object: 'discount' } }],
      pretax_credit_amounts: [{ amount: 233, discount, type: 'discount' }],
      lines: { data: [{ amount: 700, discount_amount: 233, discount_amounts: [{ amount: 233, discount }] }] },
    });
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ amount_due: 2_000 - 1_333 });
  });
});
