import type { Insertable, Selectable, SelectQueryBuilder } from 'kysely';
import { insertRows } from '../db/rows.ts';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { DB, InvoicePayments } from '../db/tables.generated.ts';
import type { InvoicePayment } from './invoice_payment.ts';
import type { ListInvoicePaymentsParams } from './invoice_payment.params.ts';

export function toInvoicePayment(row: Selectable<InvoicePayments>): InvoicePayment {
  return {
    id: row.id,
    invoiceId: row.invoice_id,
    paymentIntentId: row.payment_intent_id,
    amountRequested: row.amount_requested,
    amountPaid: row.amount_paid,
    currency: row.currency,
    isDefault: row.is_default,
    status: row.status as InvoicePayment['status'],
    paidAt: row.paid_at,
    canceledAt: row.canceled_at,
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, payment: InvoicePayment): Insertable<InvoicePayments> {
  return {
    account_id: scope.account.id,
    id: payment.id,
    invoice_id: payment.invoiceId,
    payment_intent_id: payment.paymentIntentId,
    amount_requested: payment.amountRequested,
    amount_paid: payment.amountPaid,
    currency: payment.currency,
    is_default: payment.isDefault,
    status: payment.status,
    paid_at: payment.paidAt,
    canceled_at: payment.canceledAt,
    created_at: payment.createdAt,
  };
}

export async function insertInvoicePayments(scope: Scope, payments: readonly InvoicePayment[]): Promise<void> {
  const rows = payments.map((payment) => toRow(scope, payment));
  await insertRows(scope, 'invoice_payments', rows);
}

/** Writes all of a payment whose invoice is locked. */
export async function updateInvoicePayment(scope: Scope, payment: InvoicePayment): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, payment);
  await updateTable(scope, 'invoice_payments').set(columns).where('id', '=', payment.id).execute();
}

/** The payments of these ids that exist, in no particular order. */
export async function findInvoicePayments(scope: Scope, ids: readonly string[]): Promise<InvoicePayment[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'invoice_payments').selectAll().where('id', 'in', ids).execute();
  return rows.map(toInvoicePayment);
}

/** The payments of invoices, newest first. */
export async function findPaymentsOfInvoices(scope: Scope, invoiceIds: readonly string[]): Promise<InvoicePayment[]> {
  if (invoiceIds.length === 0) return [];
  const query = selectFrom(scope, 'invoice_payments').selectAll().where('invoice_id', 'in', invoiceIds);
  return (await query.orderBy('created_at', 'desc').orderBy('id', 'desc').execute()).map(toInvoicePayment);
}

/** The payment that an invoice waits for. */
export async function findOpenPayment(scope: Scope, invoiceId: string): Promise<InvoicePayment | undefined> {
  return (await findOpenPayments(scope, [invoiceId])).get(invoiceId);
}

/** The payments that invoices wait for, by invoice. */
export async function findOpenPayments(
  scope: Scope,
  invoiceIds: readonly string[],
): Promise<Map<string, InvoicePayment>> {
  if (invoiceIds.length === 0) return new Map();
  const rows = await selectFrom(scope, 'invoice_payments')
    .selectAll()
    .where('invoice_id', 'in', invoiceIds)
    .where('status', '=', 'open')
    .execute();
  return new Map(rows.map((row) => [row.invoice_id, toInvoicePayment(row)]));
}

/** What a payment intent pays; undefined where it pays no invoice. */
export async function findPaymentByIntent(scope: Scope, intentId: string): Promise<InvoicePayment | undefined> {
  const row = await selectFrom(scope, 'invoice_payments')
    .selectAll()
    .where('payment_intent_id', '=', intentId)
    .executeTakeFirst();
  return row && toInvoicePayment(row);
}

type Listed = SelectQueryBuilder<DB, 'invoice_payments', object>;

/** The filters of the list, but for paging and `created`. */
export function filterInvoicePayments(query: Listed, params: ListInvoicePaymentsParams): Listed {
  const { invoice, payment, status } = params;
  let filtered = query;
  if (invoice !== undefined) filtered = filtered.where('invoice_id', '=', invoice);
  if (status !== undefined) filtered = filtered.where('status', '=', status);
  const intent = payment?.payment_intent;
  if (intent !== undefined) filtered = filtered.where('payment_intent_id', '=', intent);
  // Every payment is made by an intent, none is only recorded.
  return payment?.type === 'payment_record' ? filtered.where('id', 'is', null) : filtered;
}
