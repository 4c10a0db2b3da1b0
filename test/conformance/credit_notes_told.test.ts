import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { newCardPayer, openInvoice, paidInvoice } from '../support/credited.ts';
import { pdfPages } from '../support/pdf-text.ts';
import { eventTypes, refusal } from '../support/shop.ts';

describe('a preview', () => {
  test('tells what would be issued, and writes nothing', async () => {
    const payer = await newCardPayer();
    const { stripe } = payer;
    const invoice = await paidInvoice(payer, [1_000]);
    const params: Stripe.CreditNotePreviewParams = {
      invoice: invoice.id,
      lines: [{ type: 'custom_line_item', description: 'Sorry', unit_amount: 250, quantity: 2 }],
      refund_amount: 300,
      credit_amount: 200,
      memo: 'm',
      metadata: { k: 'v' },
    };
    const preview = await stripe.creditNotes.preview(params);
    expect(preview).toMatchObject({ total: 500, post_payment_amount: 500, number: `${invoice.number}-CN-01`, pdf: '' });
    expect((await stripe.creditNotes.list()).data).toEqual([]);
    expect((await stripe.refunds.list()).data).toEqual([]);
    expect(await eventTypes(stripe, 'credit_note')).toEqual([]);
    const note = await stripe.creditNotes.create(params);
    const own = new Set(['id', 'pdf', 'refunds', 'customer_balance_transaction', 'lines', 'created', 'effective_at']);
    const same = Object.fromEntries(Object.entries(note).filter(([name]) => !own.has(name)));
    expect(preview).toMatchObject(same);
    expect(await refusal(stripe.creditNotes.retrieve(preview.id))).toMatchObject({ status: 404, param: 'id' });
  });

  test('has its lines in pages', async () => {
    const payer = await newCardPayer();
    const { stripe } = payer;
    const invoice = await openInvoice(payer, [10_000]);
    const lines = Array.from({ length: 12 }, (_, place) => ({
      type: 'custom_line_item' as const,
      unit_amount: place + 1,
    }));
    const preview = await stripe.creditNotes.preview({ invoice: invoice.id, lines });
    expect(preview.lines).toMatchObject({ has_more: true, url: '/v1/credit_notes/preview/lines' });
    expect(preview.lines.data).toHaveLength(10);
    const { id } = preview.lines.data[9]!;
    const rest = await stripe.creditNotes.listPreviewLineItems({ invoice: invoice.id, lines, starting_after: id });
    expect(rest.data.map(({ amount }) => amount)).toEqual([11, 12]);
  });
});

describe('credit notes', () => {
  test('are listed by invoice and customer, newest first, and changed in words', async () => {
    const payer = await newCardPayer();
    const { stripe, customer } = payer;
    const [one, other] = [await openInvoice(payer, [1_000]), await openInvoice(payer, [1_000])];
    const first = await stripe.creditNotes.create({ invoice: one.id, amount: 1, effective_at: 1_600_000_000 });
    const second = await stripe.creditNotes.create({ invoice: other.id, amount: 2 });
    const idsOf = async (params: Stripe.CreditNoteListParams) =>
      (await stripe.creditNotes.list(params)).data.map(({ id }) => id);
    expect(await idsOf({})).toEqual([second.id, first.id]);
    expect(await idsOf({ invoice: one.id })).toEqual([first.id]);
    expect(await idsOf({ customer: customer.id, limit: 1 })).toEqual([second.id]);
    expect(first.effective_at).toBe(1_600_000_000);
    const changed = await stripe.creditNotes.update(first.id, { memo: 'why', metadata: { a: 'b' } });
    expect(changed).toEqual({ ...first, memo: 'why', metadata: { a: 'b' } });
    const [event] = (await stripe.events.list({ type: 'credit_note.updated' })).data;
    expect(event!.data.previous_attributes).toEqual({ memo: null, metadata: { a: null } });
  });

  test('live in the time of their customer', async () => {
    const { stripe } = await newCardPayer();
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: 1_700_000_000 });
    const customer = await stripe.customers.create({ test_clock: clock.id });
    const invoice = await openInvoice({ stripe, customer }, [1_000]);
    const note = await stripe.creditNotes.create({ invoice: invoice.id, amount: 100 });
    expect(note).toMatchObject({ created: 1_700_000_000, effective_at: 1_700_000_000 });
    expect((await stripe.creditNotes.list()).data).toEqual([]);
    expect((await stripe.creditNotes.list({ customer: customer.id })).data).toHaveLength(1);
  });

  test.each([
    ['jpy', 1_000, 334, 666],
    ['kwd', 10_000, 3_340, 6_660],
  ])('in %s', async (currency, whole, part, rest) => {
    const payer = await newCardPayer();
    const invoice = await openInvoice(payer, [whole], { currency });
    await payer.stripe.creditNotes.create({ invoice: invoice.id, amount: part });
    const paid = await payer.stripe.invoices.pay(invoice.id);
    expect(paid).toMatchObject({ status: 'paid', amount_paid: rest, pre_payment_credit_notes_amount: part });
    const note = await payer.stripe.creditNotes.create({ invoice: invoice.id, amount: rest, refund_amount: rest });
    expect(note.number).toBe(`${invoice.number}-CN-02`);
  });
});

test('an explanation of the invoice names them', async () => {
  const payer = await newCardPayer();
  const { stripe, account } = payer;
  const invoice = await openInvoice(payer, [1_000]);
  const note = await stripe.creditNotes.create({ invoice: invoice.id, amount: 400 });
  const { body } = await account.request('GET', `/v1/usance/invoices/${invoice.id}/explain`);
  expect(body).toMatchObject({
    total: 1_000,
    credit_notes: [
      { credit_note: note.id, number: note.number, status: 'issued', total: 400, pre_payment_amount: 400 },
    ],
    amount_due: 600,
  });
});

describe('for people', () => {
  test('the PDF tells number, lines and where the money went; the invoice tells what was credited', async () => {
    const payer = await newCardPayer({ address: { line1: '1 Main St', country: 'DE' } });
    const { stripe } = payer;
    const invoice = await openInvoice(payer, [10_000]);
    const note = await stripe.creditNotes.create({
      invoice: invoice.id,
      memo: 'With our apologies',
      lines: [{ type: 'custom_line_item', description: 'Courtesy', unit_amount: 1_250, quantity: 2 }],
    });
    const answer = await fetch(note.pdf);
    expect(answer.headers.get('content-type')).toBe('application/pdf');
    expect(answer.headers.get('content-disposition')).toContain(`Credit-Note-${note.number}.pdf`);
    const text = pdfPages(Buffer.from(await answer.arrayBuffer())).flat();
    for (const part of [
      'Credit note',
      note.number,
      invoice.number!,
      '$25.00 USD',
      'Courtesy',
      '$12.50',
      'Taken off the amount due',
      'With our apologies',
      'Jenny Rosen',
    ]) {
      expect(text).toContain(part);
    }
    const page = await (await fetch(invoice.hosted_invoice_url!)).text();
    expect(page).toContain('Credit notes');
    expect(page).toContain('-$25.00');
    expect(page).toContain('$75.00 USD');
    expect((await fetch(note.pdf.replace('/pdf', 'a/pdf'))).status).toBe(404);
    expect((await fetch(note.pdf.replace('/cn/', '/i/'))).status).toBe(404);
  });
});
