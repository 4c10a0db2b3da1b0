import { recordEvents, type Told } from '../events/record.ts';
import { isChargeable } from '../payments/amount.ts';
import { checkNotInFlight, OPEN_STATUSES, type PaymentIntent, unexpectedState } from '../payments/payment_intent.ts';
import { viewPaymentIntent } from '../payments/payment_intent.view.ts';
import type { Payments } from '../payments/payments.ts';
import {
  cancelPaymentIntent,
  changeAmount,
  createIntents,
  type IntentTerms,
  requireIntent,
} from '../payments/write_payment_intent.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { type Invoice, remainingOf, type WholeInvoice } from './invoice.ts';
import type { InvoicePayment } from './invoice_payment.ts';
import {
  findOpenPayment,
  findOpenPayments,
  insertInvoicePayments,
  updateInvoicePayment,
} from './invoice_payment.sql.ts';
import { findInvoicedSubscriptions, type InvoicedSubscription } from './subscription.sql.ts';

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
    (invoice) => !payments.has(invoice.id) && isChargeable(remainingOf(invoice), invoice.currency),
  );
  const subscriptions = await findInvoicedSubscriptions(
    context,
    waiting.flatMap(({ subscriptionId }) => subscriptionId ?? []),
  );
  const made = await createIntents(
    context,
    waiting.map((invoice) => termsOf(invoice, subscriptions.get(invoice.subscriptionId ?? ''))),
  );
  const opened = made.map(({ intent }, place) => paymentBy(context, waiting[place]?.id ?? '', intent));
  await insertInvoicePayments(context, opened);
  for (const payment of opened) payments.set(payment.invoiceId, payment);
  return { payments, told: new Map(made.map(({ told }, place) => [waiting[place]?.id ?? '', told])) };
}

function termsOf(invoice: Invoice, subscription: InvoicedSubscription | undefined): IntentTerms {
  const { currency, customerId } = invoice;
  const settings = paymentSettings(invoice, subscription);
  return { amount: remainingOf(invoice), currency, customerId, description: descriptionOf(invoice), ...settings };
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

/** A final invoice is paid by an intent that was, before there was the invoice. Throws where it asks for another amount. */
export async function takePayment(
  context: Context,
  payments: Payments,
  { invoice }: Pick<WholeInvoice, 'invoice'>,
  intent: PaymentIntent,
): Promise<void> {
  if (remainingOf(invoice) !== intent.amount) {
    throw invalidRequest('What is due has changed while it was being paid. Please try again.');
  }
  await insertInvoicePayments(context, [paymentBy(context, invoice.id, intent)]);
  await payments.listener.changed(context, intent);
}

/** Which types may pay; what pays a subscription that keeps it is attached to the customer. */
function paymentSettings(
  { paymentMethodTypes: types }: Invoice,
  subscription: InvoicedSubscription | undefined,
): Partial<PaymentIntent> {
  return {
    ...(types === null ? {} : { paymentMethodTypes: types, automaticPaymentMethods: null }),
    ...(subscription?.savesPaymentMethod === true ? { setupFutureUsage: 'off_session' } : {}),
  };
}

function descriptionOf({ billingReason }: Invoice): string {
  if (billingReason === 'subscription_create') return 'Subscription creation';
  return billingReason === 'subscription_cycle' ? 'Subscription update' : 'Payment for Invoice';
}

/**
 * Throws where money for an invoice is on its way, or the gateway is being asked, so that what remains can't change. `param`
 * is where a request names the invoice, if it does.
 */
export async function checkNoneOnItsWay(context: Context, invoiceId: string, param?: 'invoice'): Promise<void> {
  const open = await findOpenPayment(context, invoiceId);
  if (open === undefined) return;
  const intent = await requireIntent(context, open.paymentIntentId);
  checkNotInFlight(intent);
  if (OPEN_STATUSES.includes(intent.status)) return;
  throw unexpectedState(
    'A payment of this invoice is on its way, so that what remains of it cannot change before that has succeeded or failed.',
    viewPaymentIntent(context, intent),
    param,
  );
}

/**
 * Lets the payment that an open, locked invoice waits for ask for what remains by now; where that can't be charged, gives
 * the payment up. Throws as `closePayment`.
 */
export async function followRemaining(context: Context, payments: Payments, invoice: Invoice): Promise<void> {
  const amount = remainingOf(invoice);
  if (!isChargeable(amount, invoice.currency)) return await closePayment(context, payments, invoice.id, 'automatic');
  const payment = await openPayment(context, invoice);
  if (payment === undefined || payment.amountRequested === amount) return;
  await changeAmount(context, payment.paymentIntentId, amount);
  await updateInvoicePayment(context, { ...payment, amountRequested: amount });
}

/**
 * Gives up the payment that an invoice waits for, once nothing is to be paid any more. Throws while the gateway is being
 * asked, and where money is on its way already.
 */
export async function closePayment(
  context: Context,
  payments: Pick<Payments, 'listener'>,
  invoiceId: string,
  reason: string,
): Promise<void> {
  const open = await findOpenPayment(context, invoiceId);
  if (open !== undefined) await cancelPaymentIntent(context, payments, open.paymentIntentId, reason);
}
