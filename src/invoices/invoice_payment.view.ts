import { findPaymentIntents } from '../payments/payment_intent.sql.ts';
import { EMBEDDED_INVOICE_PAYMENTS } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import type { Expandable } from '../stripe/expand.ts';
import type { JsonObject } from '../stripe/json.ts';
import { listView } from '../stripe/lists.ts';
import { toUnix } from '../time/instant.ts';
import type { InvoicePayment } from './invoice_payment.ts';
import { findInvoicePayments, findPaymentsOfInvoices } from './invoice_payment.sql.ts';

/** The wire shape of a payment of an invoice. */
export function viewInvoicePayment(context: Context, payment: InvoicePayment) {
  return {
    id: payment.id,
    object: 'invoice_payment',
    amount_paid: payment.amountPaid,
    amount_requested: payment.amountRequested,
    created: toUnix(payment.createdAt),
    currency: payment.currency,
    invoice: payment.invoiceId,
    is_default: payment.isDefault,
    livemode: context.account.livemode,
    payment: { payment_intent: payment.paymentIntentId, type: 'payment_intent' },
    status: payment.status,
    status_transitions: {
      canceled_at: payment.canceledAt && toUnix(payment.canceledAt),
      paid_at: payment.paidAt && toUnix(payment.paidAt),
    },
  };
}

export const invoicePaymentExpandable: Expandable = {
  fields: {
    invoice: { id: 'invoice' },
    payment: { hash: { payment_intent: { id: 'payment_intent' } } },
  },
  async load(context, ids) {
    const found = await findInvoicePayments(context, ids);
    return new Map(found.map((payment) => [payment.id, viewInvoicePayment(context, payment)]));
  },
};

/** `payments` of each invoice: the newest ones, as an embedded list. */
export async function includePayments(context: Context, invoices: readonly JsonObject[]): Promise<JsonObject[]> {
  const found = await findPaymentsOfInvoices(context, idsOf(invoices));
  const byInvoice = Map.groupBy(found, (payment) => payment.invoiceId);
  return idsOf(invoices).map((id) => {
    const all = byInvoice.get(id) ?? [];
    const first = all.slice(0, EMBEDDED_INVOICE_PAYMENTS).map((payment) => viewInvoicePayment(context, payment));
    return listView('/v1/invoice_payments', first, all.length > first.length);
  });
}

/** `confirmation_secret` of each invoice: that of the intent which it waits for, else null. */
export async function includeSecret(context: Context, invoices: readonly JsonObject[]): Promise<(JsonObject | null)[]> {
  const found = await findPaymentsOfInvoices(context, idsOf(invoices));
  const open = new Map(found.filter(({ status }) => status === 'open').map((one) => [one.invoiceId, one]));
  const intentIds = [...open.values()].map((payment) => payment.paymentIntentId);
  const intents = intentIds.length === 0 ? [] : await findPaymentIntents(context, intentIds);
  const secrets = new Map(intents.map((intent) => [intent.id, intent.clientSecret]));
  return idsOf(invoices).map((id) => {
    const secret = secrets.get(open.get(id)?.paymentIntentId ?? '');
    return secret === undefined ? null : { client_secret: secret, type: 'payment_intent' };
  });
}

function idsOf(invoices: readonly JsonObject[]): string[] {
  return invoices.map((invoice) => invoice['id'] as string);
}
