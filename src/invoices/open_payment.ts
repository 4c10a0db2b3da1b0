import { recordEvents, type Told } from '../events/record.ts';
import { isChargeable } from '../payments/amount.ts';
import type { Payments } from '../payments/payments.ts';
import type { PaymentIntent } from '../payments/payment_intent.ts';
import { cancelPaymentIntent, createIntents, type IntentTerms } from '../payments/write_payment_intent.ts';
import type { Context } from '../stripe/context.ts';
import { newId } from '../stripe/ids.ts';
import type { Invoice } from './invoice.ts';
import type { InvoicePayment } from './invoice_payment.ts';
import { findOpenPayment, findOpenPayments, insertInvoicePayments } from './invoice_payment.sql.ts';

/**
 * The payment that an open, locked invoice waits for, made with its intent where there is none. Undefined where what
 * remains can't be charged, because it is too small: it can be paid elsewhere.
 */
export async function openPayment(context: Context, invoice: Invoice): Promise<InvoicePayment | undefined> {
  const { payments, told } = await openPayments(context, [invoice]);
  await recordEvents(context, [...told.values()]);
  return payments.get(invoice.id);
}

/** The same for any number of invoices, by invoice; what is told of new intents is for the caller to record. */
export async function openPayments(
  context: Context,
  invoices: readonly Invoice[],
): Promise<{ payments: Map<string, InvoicePayment>; told: Map<string, Told> }> {
  const payments = await findOpenPayments(
    context,
    invoices.map(({ id }) => id),
  );
  const waiting = invoices.filter(
    (invoice) => !payments.has(invoice.id) && isChargeable(remainderOf(invoice), invoice.currency),
  );
  const made = await createIntents(context, waiting.map(termsOf));
  const opened = made.map(({ intent }, place) => paymentBy(context, waiting[place]?.id ?? '', intent));
  await insertInvoicePayments(context, opened);
  for (const payment of opened) payments.set(payment.invoiceId, payment);
  return { payments, told: new Map(made.map(({ told }, place) => [waiting[place]?.id ?? '', told])) };
}

function remainderOf({ amountDue, amountPaid }: Invoice): bigint {
  return amountDue - amountPaid;
}

function termsOf(invoice: Invoice): IntentTerms {
  const { currency, customerId } = invoice;
  return { amount: remainderOf(invoice), currency, customerId, description: descriptionOf(invoice) };
}

function paymentBy({ now }: Context, invoiceId: string, intent: PaymentIntent): InvoicePayment {
  return {
    id: newId('invoicePayment'),
    invoiceId,
    paymentIntentId: intent.id,
    amountRequested: intent.amount,
    amountPaid: null,
    currency: intent.currency,
    isDefault: true,
    status: 'open',
    paidAt: null,
    canceledAt: null,
    createdAt: now,
  };
}

function descriptionOf({ billingReason }: Invoice): string {
  if (billingReason === 'subscription_create') return 'Subscription creation';
  return billingReason === 'subscription_cycle' ? 'Subscription update' : 'Payment for Invoice';
}

/**
 * Gives up the payment that an invoice waits for, once nothing is to be paid any more. Throws while the gateway is being
 * asked, and where money is on its way already.
 */
export async function closePayment(
  context: Context,
  payments: Payments,
  invoiceId: string,
  reason: string,
): Promise<void> {
  const open = await findOpenPayment(context, invoiceId);
  if (open !== undefined) await cancelPaymentIntent(context, payments, open.paymentIntentId, reason);
}
