import { atTimeOnTheWay } from '../clocks/time.ts';
import { findCustomer, lockCustomer } from '../customers/customer.sql.ts';
import { forgetInvoiceMethod } from '../invoices/forget_method.ts';
import { findInvoices } from '../invoices/invoice.sql.ts';
import type { Invoice } from '../invoices/invoice.ts';
import { findPaymentByIntent } from '../invoices/invoice_payment.sql.ts';
import { invoicePaymentListener } from '../invoices/payment_listener.ts';
import type { PaymentListener } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { forgetSubscriptionMethod, keepPayingMethod } from '../subscriptions/default_method.ts';
import { lockSubscription } from '../subscriptions/subscription.sql.ts';
import { followInvoice } from './standing.ts';

/** What invoices and subscriptions make of payments, and of methods that are gone. */
export const billingPaymentListener: PaymentListener = {
  ...invoicePaymentListener,

  async lock(context, intentId) {
    const invoice = await invoiceOf(context, intentId);
    if (invoice !== undefined) await lockCustomer(context, invoice.customerId);
    if (invoice?.subscriptionId) await lockSubscription(context, invoice.subscriptionId);
    await invoicePaymentListener.lock(context, intentId);
  },

  async changed(context, intent) {
    await invoicePaymentListener.changed(context, intent);
    const invoice = await invoiceOf(context, intent.id);
    if (!invoice?.subscriptionId) return;
    const timed = await atTimeOnTheWay(context, invoice.testClockId);
    await followInvoice(timed, invoice.id);
    const { status, setupFutureUsage, paymentMethodId } = intent;
    // Only what is to be kept for later was attached to the customer by the payment.
    if (status !== 'succeeded' || setupFutureUsage === null || paymentMethodId === null) return;
    await keepPayingMethod(timed, invoice.subscriptionId, paymentMethodId);
  },

  invoiceChanged: followInvoice,

  async detached(context, { customerId, methodId }) {
    const customer = await findCustomer(context, customerId);
    const timed = await atTimeOnTheWay(context, customer?.testClockId ?? null);
    await forgetSubscriptionMethod(timed, methodId);
    await forgetInvoiceMethod(timed, methodId);
  },
};

async function invoiceOf(context: Context, intentId: string): Promise<Invoice | undefined> {
  const payment = await findPaymentByIntent(context, intentId);
  return payment === undefined ? undefined : (await findInvoices(context, [payment.invoiceId]))[0];
}
