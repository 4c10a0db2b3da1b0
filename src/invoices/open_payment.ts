import { isChargeable } from '../payments/amount.ts';
import type { PaymentIntent } from '../payments/payment_intent.ts';
import type { Payments } from '../payments/payments.ts';
import { cancelPaymentIntent, createIntent } from '../payments/write_payment_intent.ts';
import type { Context } from '../stripe/context.ts';
import { newId } from '../stripe/ids.ts';
import type { Invoice } from './invoice.ts';
import type { InvoicePayment } from './invoice_payment.ts';
import { findOpenPayment, insertInvoicePayment } from './invoice_payment.sql.ts';
import { findInvoicedSubscription } from './subscription.sql.ts';

/**
 * The payment that an open, locked invoice waits for, made with its intent where there is none. Undefined where what
 * remains can't be charged, because it is too small: it can be paid elsewhere.
 */
export async function openPayment(context: Context, invoice: Invoice): Promise<InvoicePayment | undefined> {
  const open = await findOpenPayment(context, invoice.id);
  const amount = invoice.amountDue - invoice.amountPaid;
  if (open !== undefined || !isChargeable(amount, invoice.currency)) return open;
  const { currency, customerId } = invoice;
  const settings = await paymentSettings(context, invoice);
  const description = descriptionOf(invoice);
  const intent = await createIntent(context, { amount, currency, customerId, description, ...settings });
  const payment: InvoicePayment = {
    id: newId('invoicePayment'),
    invoiceId: invoice.id,
    paymentIntentId: intent.id,
    amountRequested: amount,
    amountPaid: null,
    currency,
    isDefault: true,
    status: 'open',
    paidAt: null,
    canceledAt: null,
    createdAt: context.now,
  };
  await insertInvoicePayment(context, payment);
  return payment;
}

/** Which types may pay; what pays a subscription that keeps it is attached to the customer. */
async function paymentSettings(
  context: Context,
  { paymentMethodTypes: types, subscriptionId }: Invoice,
): Promise<Partial<PaymentIntent>> {
  const subscription = subscriptionId === null ? undefined : await findInvoicedSubscription(context, subscriptionId);
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
