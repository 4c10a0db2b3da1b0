import type Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { errorOf, eventually, newPayer } from '../support/payer.ts';
import { eventTypes } from '../support/shop.ts';

/** A customer whose default method is that one. */
async function newCustomer(method = 'pm_card_visa') {
  const payer = await newPayer(method);
  await payer.stripe.customers.update(payer.customer.id, {
    invoice_settings: { default_payment_method: payer.method.id },
  });
  return payer;
}

type Payer = Pick<Awaited<ReturnType<typeof newCustomer>>, 'stripe' | 'customer'>;

async function newDraft({ stripe, customer }: Payer, params: Partial<Stripe.InvoiceCreateParams> = {}) {
  const draft = await stripe.invoices.create({ customer: customer.id, ...params });
  await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 1234 });
  return draft;
}

async function newOpen(payer: Payer, params: Partial<Stripe.InvoiceCreateParams> = {}) {
  const { id } = await newDraft(payer, params);
  return await payer.stripe.invoices.finalizeInvoice(id, { auto_advance: false });
}

/** An invoice that goes on by itself, as its finalization answers it. */
async function collected(payer: Payer, params: Partial<Stripe.InvoiceCreateParams> = {}) {
  const { id } = await newDraft(payer, params);
  return await payer.stripe.invoices.finalizeInvoice(id, { auto_advance: true });
}

async function intentOf({ stripe }: Payer, invoice: Stripe.Invoice): Promise<Stripe.PaymentIntent> {
  const { payments } = await stripe.invoices.retrieve(invoice.id, { expand: ['payments.data.payment.payment_intent'] });
  return payments!.data[0]!.payment.payment_intent as Stripe.PaymentIntent;
}

describe('the payments of an invoice', () => {
  test('finalization makes one that waits, with the secret to confirm it', async () => {
    const payer = await newCustomer();
    const { stripe } = payer;
    const open = await newOpen(payer);
    const whole = await stripe.invoices.retrieve(open.id, { expand: ['payments', 'confirmation_secret'] });
    const [payment] = whole.payments!.data;
    expect(payment).toMatchObject({
      object: 'invoice_payment',
      amount_paid: null,
      amount_requested: 1234,
      currency: 'usd',
      invoice: open.id,
      is_default: true,
      status: 'open',
      status_transitions: { canceled_at: null, paid_at: null },
    });
    const intent = await intentOf(payer, open);
    expect(intent).toMatchObject({ amount: 1234, customer: payer.customer.id, status: 'requires_payment_method' });
    expect(whole.confirmation_secret).toEqual({ client_secret: intent.client_secret, type: 'payment_intent' });
    expect(await stripe.invoicePayments.retrieve(payment!.id)).toEqual(payment);
  });

  test('they are listed by invoice, intent and status', async () => {
    const payer = await newCustomer();
    const { stripe } = payer;
    const [paid, open] = [await collected(payer), await newOpen(payer)];
    const intent = await intentOf(payer, paid);
    const list = async (params: Stripe.InvoicePaymentListParams) =>
      (await stripe.invoicePayments.list(params)).data.map((payment) => payment.invoice);
    expect(await list({})).toEqual([open.id, paid.id]);
    expect(await list({ status: 'open' })).toEqual([open.id]);
    expect(await list({ status: 'canceled' })).toEqual([]);
    expect(await list({ invoice: paid.id })).toEqual([paid.id]);
    expect(await list({ payment: { type: 'payment_intent', payment_intent: intent.id } })).toEqual([paid.id]);
    expect(await list({ payment: { type: 'payment_record' } })).toEqual([]);
    expect(await list({ limit: 1 })).toEqual([open.id]);
  });
});

describe('collection after finalization', () => {
  test('the default method pays', async () => {
    const payer = await newCustomer();
    const paid = await collected(payer);
    expect(paid).toMatchObject({
      status: 'paid',
      amount_due: 1234,
      amount_paid: 1234,
      amount_remaining: 0,
      attempted: true,
      attempt_count: 1,
      auto_advance: false,
      status_transitions: { paid_at: expect.any(Number) },
    });
    expect(await eventTypes(payer.stripe)).toEqual(
      expect.arrayContaining([
        'payment_intent.created',
        'invoice.finalized',
        'charge.succeeded',
        'payment_intent.succeeded',
        'invoice_payment.paid',
        'invoice.paid',
        'invoice.payment_succeeded',
      ]),
    );
    const { data } = await payer.stripe.invoicePayments.list({ invoice: paid.id });
    expect(data).toMatchObject([{ status: 'paid', amount_paid: 1234 }]);
  });

  test.each([
    ['pm_card_chargeCustomerFail', 'invoice.payment_failed', 'requires_payment_method'],
    ['pm_card_authenticationRequired', 'invoice.payment_action_required', 'requires_action'],
  ])('with %s it stays open and tells %s', async (method, event, status) => {
    const payer = await newCustomer(method);
    const open = await collected(payer);
    expect(open).toMatchObject({
      status: 'open',
      amount_paid: 0,
      attempted: true,
      attempt_count: 1,
    });
    // It is tried again in three days.
    const inDays = (open.next_payment_attempt! - open.status_transitions.finalized_at!) / 86_400;
    expect(Math.round(inDays)).toBe(3);
    expect(await eventTypes(payer.stripe)).toContain(event);
    expect(await intentOf(payer, open)).toMatchObject({ status });
  });

  test('without a method it has failed', async () => {
    const { stripe, customer } = await newPayer();
    const open = await collected({ stripe, customer });
    expect(open).toMatchObject({ status: 'open', attempted: true, attempt_count: 1 });
    expect(await eventTypes(stripe)).toContain('invoice.payment_failed');
  });

  test('a bank debit pays when it settles', async () => {
    const payer = await newCustomer('pm_usBankAccount');
    const open = await collected(payer);
    expect(open).toMatchObject({ status: 'open', attempted: true, amount_paid: 0 });
    const refused = await errorOf(payer.stripe.invoices.pay(open.id));
    expect(refused.code).toBe('payment_intent_unexpected_state');
    expect((await errorOf(payer.stripe.invoices.voidInvoice(open.id))).code).toBe('payment_intent_unexpected_state');
    const paid = await eventually(
      () => payer.stripe.invoices.retrieve(open.id),
      ({ status }) => status === 'paid',
    );
    expect(paid).toMatchObject({ amount_paid: 1234, attempt_count: 1 });
  });

  test('one that is sent is told to be, once', async () => {
    const payer = await newCustomer();
    const open = await collected(payer, { collection_method: 'send_invoice', days_until_due: 3 });
    expect(open).toMatchObject({ status: 'open', attempted: false });
    expect((await eventTypes(payer.stripe)).filter((type) => type === 'invoice.sent')).toHaveLength(1);
  });
});

describe('pay', () => {
  test('pays with the default, and what is paid is not paid again', async () => {
    const payer = await newCustomer();
    const { id } = await newDraft(payer);
    expect(await payer.stripe.invoices.pay(id)).toMatchObject({ status: 'paid', amount_paid: 1234 });
    expect(await errorOf(payer.stripe.invoices.pay(id))).toMatchObject({
      status: 400,
      message: 'Invoice is already paid',
    });
  });

  test('a decline leaves it open, and another method pays it', async () => {
    const payer = await newCustomer('pm_card_chargeCustomerFail');
    const { id } = await newOpen(payer);
    const declined = await errorOf(payer.stripe.invoices.pay(id));
    expect(declined).toMatchObject({ status: 402, type: 'card_error', code: 'card_declined' });
    expect(await payer.stripe.invoices.retrieve(id)).toMatchObject({ status: 'open', attempted: true });
    const paid = await payer.stripe.invoices.pay(id, { payment_method: 'pm_card_visa' });
    expect(paid).toMatchObject({ status: 'paid', amount_paid: 1234, attempt_count: 1 });
  });

  test('what wants the customer says so, and fails where the customer is away', async () => {
    const payer = await newCustomer('pm_card_authenticationRequired');
    const { id } = await newOpen(payer);
    const asked = await errorOf(payer.stripe.invoices.pay(id));
    expect(asked).toMatchObject({ status: 402, code: 'invoice_payment_intent_requires_action' });
    const away = await errorOf(payer.stripe.invoices.pay(id, { off_session: true }));
    expect(away).toMatchObject({ status: 402, code: 'authentication_required' });
  });

  test('refuses what it can not pay with', async () => {
    const { stripe, customer } = await newPayer();
    const { id } = await newOpen({ stripe, customer });
    expect(await errorOf(stripe.invoices.pay(id))).toMatchObject({ status: 400, type: 'invalid_request_error' });
    expect(await errorOf(stripe.invoices.pay(id, { payment_method: 'pm_none' }))).toMatchObject({
      code: 'resource_missing',
      param: 'payment_method',
    });
    const both = { paid_out_of_band: true, payment_method: 'pm_card_visa' };
    expect(await errorOf(stripe.invoices.pay(id, both))).toMatchObject({ code: 'parameters_exclusive' });
    expect(await stripe.invoices.retrieve(id)).toMatchObject({ status: 'open', attempted: false });
  });

  test('ten at once charge once', async () => {
    const payer = await newCustomer();
    const { id } = await newOpen(payer);
    const pays = Array.from({ length: 10 }, () => payer.stripe.invoices.pay(id));
    const results = await Promise.allSettled(pays);
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    const { data } = await payer.stripe.charges.list();
    expect(data.map(({ amount, status }) => [amount, status])).toEqual([[1234, 'succeeded']]);
    expect(await payer.stripe.invoices.retrieve(id)).toMatchObject({ status: 'paid', amount_paid: 1234 });
  });
});

describe('the intent of an invoice', () => {
  test('confirmed by itself it pays the invoice', async () => {
    const payer = await newCustomer();
    const open = await newOpen(payer);
    const intent = await intentOf(payer, open);
    await payer.stripe.paymentIntents.confirm(intent.id, { payment_method: payer.method.id });
    expect(await payer.stripe.invoices.retrieve(open.id)).toMatchObject({ status: 'paid', amount_paid: 1234 });
  });

  test.each(['void', 'out of band'])('%s gives it up', async (way) => {
    const payer = await newCustomer();
    const { id } = await newOpen(payer);
    if (way === 'void') await payer.stripe.invoices.voidInvoice(id);
    else await payer.stripe.invoices.pay(id, { paid_out_of_band: true });
    const { payments } = await payer.stripe.invoices.retrieve(id, {
      expand: ['payments.data.payment.payment_intent'],
    });
    expect(payments!.data).toMatchObject([{ status: 'canceled', payment: { payment_intent: { status: 'canceled' } } }]);
  });

  test('canceled by itself it makes room for another', async () => {
    const payer = await newCustomer();
    const open = await newOpen(payer);
    await payer.stripe.paymentIntents.cancel((await intentOf(payer, open)).id);
    expect(await payer.stripe.invoices.pay(open.id)).toMatchObject({ status: 'paid' });
    const { data } = await payer.stripe.invoicePayments.list({ invoice: open.id });
    expect(data.map(({ status }) => status)).toEqual(['paid', 'canceled']);
  });

  test('keeps the amount of the invoice', async () => {
    const payer = await newCustomer();
    const intent = await intentOf(payer, await newOpen(payer));
    const changed = payer.stripe.paymentIntents.update(intent.id, { amount: 100 });
    expect((await errorOf(changed)).code).toBe('payment_intent_unexpected_state');
  });
});
