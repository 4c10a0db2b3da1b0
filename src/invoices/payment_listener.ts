import { atTimeOnTheWay } from '../clocks/time.ts';
import { setDue } from '../clocks/due_work.sql.ts';
import { lockCustomer } from '../customers/customer.sql.ts';
import { changeDelinquent } from '../customers/write.ts';
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
import { findRetryDays } from './retries.sql.ts';
import { attemptedAt, failedAt, isDueForAttempt } from './retries.ts';
import { SETTLED } from './settle.ts';
import { findInvoicedSubscription, lockInvoicedSubscription } from './subscription.sql.ts';

/** What invoices make of the intents that pay them, whoever confirms or cancels those. */
export const invoicePaymentListener: Omit<PaymentListener, 'detached' | 'invoiceChanged'> = {
  async lock(context, intentId) {
    const payment = await findPaymentByIntent(context, intentId);
    if (payment === undefined) return;
    const [invoice] = await findInvoices(context, [payment.invoiceId]);
    if (invoice === undefined) return;
    await lockCustomer(context, invoice.customerId);
    await lockInvoicedSubscription(context, invoice.subscriptionId);
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
      return await noteFailure(context, whole, 'invoice.payment_failed');
    case 'requires_action':
      return await noteFailure(context, whole, 'invoice.payment_action_required');
    case 'processing':
      return await storeAttempt(context, whole, attemptedAt(whole.invoice, context.now));
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
    ...attemptedAt(invoice, context.now),
    ...SETTLED,
    status: 'paid',
    amountPaid: invoice.amountPaid + amount,
    paidAt: context.now,
  };
  await updateInvoice(context, settled);
  const after = viewInvoice(context, { invoice: settled, lines });
  await recordEvent(context, 'invoice.paid', after);
  await recordEvent(context, 'invoice.payment_succeeded', after);
  await changeDelinquent(context, invoice.customerId, false);
}

/**
 * A payment was tried and has failed, or waits for the customer; null tells nothing of that. Tells `invoice.updated` where
 * that changes the invoice, and sets when it is tried again. What was tried by itself makes the customer delinquent.
 */
export async function noteFailure(context: Context, whole: WholeInvoice, event: string | null): Promise<void> {
  const { invoice } = whole;
  const failed = failedAt(invoice, await retryDaysOf(context, invoice), context.now);
  if (event !== null) await recordEvent(context, event, viewInvoice(context, { ...whole, invoice: failed }));
  await storeAttempt(context, whole, failed);
  const { id: objectId, customerId, testClockId, nextPaymentAttemptAt: dueAt } = failed;
  // Before the first attempt this is when the draft would have been final, for which nothing waits any more.
  const known = invoice.attempted ? invoice.nextPaymentAttemptAt : null;
  if (dueAt !== null && !known?.equals(dueAt)) {
    await setDue(context, { kind: 'collect_invoice', objectId, customerId, testClockId, dueAt });
  }
  if (isDueForAttempt(invoice, context.now)) await changeDelinquent(context, customerId, true);
}

/** What a subscription waits for, to begin or to change, is not tried again by itself: it expires soon. */
async function retryDaysOf(
  context: Context,
  { subscriptionId, isOfPendingUpdate }: Invoice,
): Promise<readonly number[] | null> {
  if (isOfPendingUpdate) return null;
  const subscription = subscriptionId === null ? undefined : await findInvoicedSubscription(context, subscriptionId);
  return subscription?.isIncomplete === true ? null : await findRetryDays(context);
}

/** A refusal that changes nothing of the invoice is not told of it. */
async function storeAttempt(context: Context, whole: WholeInvoice, tried: Invoice): Promise<void> {
  if (tried !== whole.invoice) await storeChange(context, whole, { ...whole, invoice: tried });
}
