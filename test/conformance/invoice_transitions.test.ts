import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { newDraft, newPayer, type Payer, SENT } from '../support/billed.ts';
import { eventTypes, refusal } from '../support/shop.ts';

type State = 'draft' | 'open' | 'uncollectible' | 'paid' | 'void';

/** An invoice of 10 USD in a state. */
async function invoiceIn(desk: Payer, state: State): Promise<string> {
  const { stripe } = desk;
  const { id } = await newDraft(desk, [1000], SENT);
  if (state === 'draft') return id;
  await stripe.invoices.finalizeInvoice(id);
  if (state === 'uncollectible') await stripe.invoices.markUncollectible(id);
  if (state === 'paid') await stripe.invoices.pay(id, { paid_out_of_band: true });
  if (state === 'void') await stripe.invoices.voidInvoice(id);
  return id;
}

const VERBS: Record<string, (stripe: Stripe, id: string) => Promise<{ status?: unknown; deleted?: unknown }>> = {
  edit: (stripe, id) => stripe.invoices.update(id, { description: 'new' }),
  'add lines': (stripe, id) => stripe.invoices.addLines(id, { lines: [{ amount: 1 }] }),
  annotate: (stripe, id) => stripe.invoices.update(id, { metadata: { a: '1' } }),
  'choose method': async (stripe, id) => {
    const { customer } = await stripe.invoices.retrieve(id);
    const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer as string });
    return await stripe.invoices.update(id, { default_payment_method: method.id });
  },
  advance: (stripe, id) => stripe.invoices.update(id, { auto_advance: true }),
  delete: (stripe, id) => stripe.invoices.del(id),
  finalize: (stripe, id) => stripe.invoices.finalizeInvoice(id),
  pay: (stripe, id) => stripe.invoices.pay(id, { paid_out_of_band: true }),
  send: (stripe, id) => stripe.invoices.sendInvoice(id),
  void: (stripe, id) => stripe.invoices.voidInvoice(id),
  'mark uncollectible': (stripe, id) => stripe.invoices.markUncollectible(id),
  credit: async (stripe, id) => {
    const { status } = await stripe.invoices.retrieve(id);
    const back = status === 'paid' ? { out_of_band_amount: 1 } : {};
    await stripe.creditNotes.create({ invoice: id, amount: 1, ...back });
    return await stripe.invoices.retrieve(id);
  },
};

const NOT_EDITABLE = { code: 'invoice_not_editable', message: 'This invoice is no longer editable.' };
const NOT_A_DRAFT = { code: 'invoice_not_editable', message: 'You can only delete draft invoices.' };
const FINAL = { code: 'invoice_not_editable', message: expect.stringContaining('already finalized') as string };
const NOT_OPEN = { message: "You can only pass in open invoices. This invoice isn't open." };
const SETTLED = { code: 'invoice_not_editable', message: expect.stringContaining('settled') as string };
const NOT_CREDITABLE = { message: 'You can only create a credit note for an invoice that is open or paid.' };
const PAID = { message: 'Invoice is already paid' };
const VOIDED = { message: expect.stringContaining('has been voided') as string };

/** Each state and verb: the state and the events that come of it, or the error. */
const TABLE: [state: State, verb: string, outcome: State | 'deleted' | object, events?: string[]][] = [
  ['draft', 'edit', 'draft', ['invoice.updated']],
  ['draft', 'add lines', 'draft', ['invoiceitem.created', 'invoice.updated']],
  ['draft', 'annotate', 'draft', ['invoice.updated']],
  ['draft', 'advance', 'draft', ['invoice.updated']],
  ['draft', 'choose method', 'draft', ['invoice.updated']],
  ['draft', 'delete', 'deleted', ['invoiceitem.deleted', 'invoice.deleted']],
  ['draft', 'finalize', 'open', ['invoice.finalized']],
  ['draft', 'pay', 'paid', ['invoice.finalized', 'invoice.paid']],
  ['draft', 'send', 'open', ['invoice.finalized', 'invoice.sent']],
  ['draft', 'void', NOT_OPEN],
  ['draft', 'mark uncollectible', NOT_OPEN],
  ['draft', 'credit', NOT_CREDITABLE],
  ['open', 'edit', NOT_EDITABLE],
  ['open', 'add lines', NOT_EDITABLE],
  ['open', 'annotate', 'open', ['invoice.updated']],
  ['open', 'advance', 'open', ['invoice.updated']],
  ['open', 'choose method', 'open', ['invoice.updated']],
  ['open', 'delete', NOT_A_DRAFT],
  ['open', 'finalize', FINAL],
  ['open', 'pay', 'paid', ['invoice.paid']],
  ['open', 'send', 'open', ['invoice.sent']],
  ['open', 'void', 'void', ['invoice.voided']],
  ['open', 'mark uncollectible', 'uncollectible', ['invoice.marked_uncollectible']],
  ['open', 'credit', 'open', ['invoice.updated']],
  ['uncollectible', 'edit', NOT_EDITABLE],
  ['uncollectible', 'add lines', NOT_EDITABLE],
  ['uncollectible', 'annotate', 'uncollectible', ['invoice.updated']],
  ['uncollectible', 'advance', SETTLED],
  ['uncollectible', 'choose method', 'uncollectible', ['invoice.updated']],
  ['uncollectible', 'delete', NOT_A_DRAFT],
  ['uncollectible', 'finalize', FINAL],
  ['uncollectible', 'pay', 'paid', ['invoice.paid']],
  ['uncollectible', 'send', 'uncollectible', ['invoice.sent']],
  ['uncollectible', 'void', 'void', ['invoice.voided']],
  ['uncollectible', 'mark uncollectible', NOT_OPEN],
  ['uncollectible', 'credit', NOT_CREDITABLE],
  ['paid', 'edit', NOT_EDITABLE],
  ['paid', 'add lines', NOT_EDITABLE],
  ['paid', 'annotate', 'paid', ['invoice.updated']],
  ['paid', 'advance', SETTLED],
  ['paid', 'choose method', NOT_EDITABLE],
  ['paid', 'delete', NOT_A_DRAFT],
  ['paid', 'finalize', FINAL],
  ['paid', 'pay', PAID],
  ['paid', 'send', 'paid', ['invoice.sent']],
  ['paid', 'void', NOT_OPEN],
  ['paid', 'mark uncollectible', NOT_OPEN],
  ['paid', 'credit', 'paid', ['invoice.updated']],
  ['void', 'edit', NOT_EDITABLE],
  ['void', 'add lines', NOT_EDITABLE],
  ['void', 'annotate', 'void', ['invoice.updated']],
  ['void', 'advance', SETTLED],
  ['void', 'choose method', NOT_EDITABLE],
  ['void', 'delete', NOT_A_DRAFT],
  ['void', 'finalize', FINAL],
  ['void', 'pay', VOIDED],
  ['void', 'send', VOIDED],
  ['void', 'void', NOT_OPEN],
  ['void', 'mark uncollectible', NOT_OPEN],
  ['void', 'credit', NOT_CREDITABLE],
];

test('every state is in the table with every verb', () => {
  expect(new Set(TABLE.map(([state, verb]) => `${state} ${verb}`)).size).toBe(5 * Object.keys(VERBS).length);
});

describe('an invoice', () => {
  test.each(TABLE)('that is %s: %s → %j', async (state, verb, outcome, events = []) => {
    const desk = await newPayer();
    const { stripe } = desk;
    const id = await invoiceIn(desk, state);
    const before = await stripe.invoices.retrieve(id);
    const told = (await eventTypes(stripe, 'invoice')).length;
    const call = VERBS[verb]!(stripe, id);
    if (typeof outcome === 'object') {
      expect(await refusal(call)).toEqual({ status: 400, message: expect.any(String), ...outcome });
      expect(await stripe.invoices.retrieve(id)).toEqual(before);
    } else {
      const answer = await call;
      if (outcome === 'deleted') {
        expect(answer).toEqual({ id, object: 'invoice', deleted: true });
        expect(await refusal(stripe.invoices.retrieve(id))).toMatchObject({ status: 404 });
      } else {
        expect(answer.status).toBe(outcome);
        expect(await stripe.invoices.retrieve(id)).toEqual(answer);
      }
    }
    expect((await eventTypes(stripe, 'invoice')).slice(told)).toEqual(events);
  });

  test.each(Object.entries(VERBS))('that does not exist: %s', async (_, verb) => {
    const { stripe } = await newPayer();
    expect(await refusal(verb(stripe, 'in_no'))).toMatchObject({ status: 404, code: 'resource_missing', param: 'id' });
  });
});

describe('what a step leaves behind', () => {
  test('finalized: number, frozen customer, dates', async () => {
    const desk = await newPayer();
    const { stripe, customer } = desk;
    const { id } = await newDraft(desk, [1000], SENT);
    const open = await stripe.invoices.finalizeInvoice(id, { auto_advance: false });
    expect(open).toMatchObject({
      amount_due: 1000,
      amount_remaining: 1000,
      attempted: false,
      auto_advance: false,
      automatically_finalizes_at: null,
      customer_name: 'Jenny Rosen',
      effective_at: open.status_transitions.finalized_at,
      ending_balance: 0,
      number: `${customer.invoice_prefix}-0001`,
    });
    await stripe.customers.update(customer.id, { name: 'Another' });
    expect(await stripe.invoices.retrieve(id)).toEqual(open);
  });

  test('finalized with nothing due: paid', async () => {
    const desk = await newPayer();
    const { id } = await newDraft(desk, [500, -500]);
    expect(await desk.stripe.invoices.finalizeInvoice(id)).toMatchObject({
      status: 'paid',
      amount_due: 0,
      attempted: true,
      auto_advance: false,
    });
    expect(await eventTypes(desk.stripe, 'invoice.')).toEqual([
      'invoice.created',
      'invoice.updated',
      'invoice.finalized',
      'invoice.paid',
      'invoice.payment_succeeded',
    ]);
  });

  test('finalized below zero: paid, with the rest to the credit of the customer', async () => {
    const desk = await newPayer();
    const { id } = await newDraft(desk, [500, -501]);
    const paid = await desk.stripe.invoices.finalizeInvoice(id);
    expect(paid).toMatchObject({ status: 'paid', total: -1, amount_due: 0, starting_balance: 0, ending_balance: -1 });
    expect((await desk.stripe.customers.retrieve(desk.customer.id)) as Stripe.Customer).toMatchObject({ balance: -1 });
  });

  test('paid out of band: amounts, and no payment is waited for', async () => {
    const desk = await newPayer();
    const id = await invoiceIn(desk, 'open');
    const paid = await desk.stripe.invoices.pay(id, { paid_out_of_band: true, expand: ['payments'] });
    expect(paid).toMatchObject({
      amount_paid: 1000,
      amount_paid_off_stripe: 1000,
      amount_remaining: 0,
      attempted: true,
      auto_advance: false,
      payments: { data: [{ status: 'canceled' }] },
      status_transitions: { paid_at: expect.any(Number) },
    });
  });

  test('marked uncollectible: when, and why', async () => {
    const desk = await newPayer();
    const id = await invoiceIn(desk, 'uncollectible');
    expect(await desk.stripe.invoices.retrieve(id)).toMatchObject({
      auto_advance: false,
      status_details: { uncollectible: { reason: 'user_forgiven' } },
      status_transitions: { marked_uncollectible_at: expect.any(Number), voided_at: null },
    });
  });

  test('voided: when', async () => {
    const desk = await newPayer();
    const id = await invoiceIn(desk, 'void');
    expect(await desk.stripe.invoices.retrieve(id)).toMatchObject({
      amount_due: 1000,
      auto_advance: false,
      status_transitions: { voided_at: expect.any(Number), paid_at: null },
    });
  });

  test('paid without a payment method: refused, and still a draft', async () => {
    const desk = await newPayer();
    const id = await invoiceIn(desk, 'draft');
    expect(await refusal(desk.stripe.invoices.pay(id))).toMatchObject({ status: 400 });
    expect(await desk.stripe.invoices.retrieve(id)).toMatchObject({ status: 'draft', number: null });
  });

  test('sent although it is charged: refused', async () => {
    const desk = await newPayer();
    const { id } = await newDraft(desk, [1]);
    expect(await refusal(desk.stripe.invoices.sendInvoice(id))).toMatchObject({
      status: 400,
      message: expect.stringContaining('`send_invoice`'),
    });
  });
});
