import { atTimeOnTheWay } from '../clocks/time.ts';
import { lockCustomer } from '../customers/customer.sql.ts';
import { recordEvent } from '../events/record.ts';
import type { PaymentIntent } from '../payments/payment_intent.ts';
import type { PaymentListener } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { storeChange } from './change_draft.ts';
import { findInvoices, lockInvoiceRow, updateInvoice } from './invoice.sql.ts';
import type { Invoice, WholeInvoice } from './invoice.ts';
import { viewInvoice } from './invoice.view.ts';
import type { InvoicePayment } from './invoice_payment.ts';
import { findPaymentByIntent, updateInvoicePayment } from './invoice_payment.sql.ts';
import { viewInvoicePayment } from './invoice_payment.view.ts';
import { findWholeInvoices } from './read.ts';
import { SETTLED } from './settle.ts';

/** What invoices make of the intents that pay them, whoever confirms or cancels those. */
export const invoicePaymentListener: Omit<PaymentListener, 'detached'> = {
  async lock(context, intentId) {
    const payment = await findPaymentByIntent(context, intentId);
    if (payment === undefined) return;
    const [invoice] = await findInvoices(context, [payment.invoiceId]);
    if (invoice === undefined) return;
    await lockCustomer(context, invoice.customerId);
    await lockInvoiceRow(context, invoice.id);
  },

  async changed(context, intent) {
    const payment = await findPaymentByIntent(context, intent.id);
    const [whole] = payment === undefined ? [] : await findWholeInvoices(context, [payment.invoiceId]);
    if (payment === undefined || whole === undefined) return;
    await applyIntent(await atTimeOnTheWay(context, whole.invoice.testClockId), intent, { payment, whole });
  },

  async checkTerms(context, intentId) {
    const payment = await findPaymentByIntent(context, intentId);
    if (payment === undefined) return;
    throw invalidRequest(
      `This PaymentIntent pays the invoice ${payment.invoiceId}: its amount, currency and customer follow from there and can't be changed.`,
      undefined,
      'payment_intent_unexpected_state',
    );
  },
};

type Paying = { readonly payment: InvoicePayment; readonly whole: WholeInvoice };

async function applyIntent(context: Context, intent: PaymentIntent, { payment, whole }: Paying): Promise<void> {
  switch (intent.status) {
    case 'succeeded':
      return await receive(context, intent.amount, { payment, whole });
    case 'requires_payment_method':
      return await noteAttempt(context, whole, 'invoice.payment_failed');
    case 'requires_action':
      return await noteAttempt(context, whole, 'invoice.payment_action_required');
    case 'processing':
      return await noteAttempt(context, whole);
    case 'canceled':
      return await updateInvoicePayment(context, { ...payment, status: 'canceled', canceledAt: context.now });
    case 'requires_confirmation':
  }
}

/** Money has come. Tells `invoice_payment.paid`, and `invoice.paid` and `invoice.payment_succeeded` of the invoice. */
async function receive(context: Context, amount: bigint, { payment, whole }: Paying): Promise<void> {
  const paid: InvoicePayment = { ...payment, status: 'paid', amountPaid: amount, paidAt: context.now };
  await updateInvoicePayment(context, paid);
  await recordEvent(context, 'invoice_payment.paid', viewInvoicePayment(context, paid));
  const { invoice, lines } = whole;
  const settled: Invoice = {
    ...attempted(invoice),
    ...SETTLED,
    status: 'paid',
    amountPaid: invoice.amountPaid + amount,
    paidAt: context.now,
  };
  await updateInvoice(context, settled);
  const after = viewInvoice(context, { invoice: settled, lines });
  await recordEvent(context, 'invoice.paid', after);
  await recordEvent(context, 'invoice.payment_succeeded', after);
}

/** A payment was tried and has not paid, not yet or not at all. Tells that, and `invoice.updated` the first time. */
export async function noteAttempt(context: Context, whole: WholeInvoice, event?: string): Promise<void> {
  const after = { ...whole, invoice: attempted(whole.invoice) };
  if (event !== undefined) await recordEvent(context, event, viewInvoice(context, after));
  // A further refusal changes nothing of the invoice.
  if (!whole.invoice.attempted) await storeChange(context, whole, after);
}

/** "Any payment attempt counts as the first attempt, and subsequently only automatic retries increment the attempt count." */
function attempted(invoice: Invoice): Invoice {
  const attemptCount = invoice.attemptCount === 0 ? 1 : invoice.attemptCount;
  return { ...invoice, attempted: true, attemptCount, nextPaymentAttemptAt: null };
}
