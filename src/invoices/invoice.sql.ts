import type { Insertable, Selectable, SelectQueryBuilder } from 'kysely';
import type { CustomField } from '../customers/customer.ts';
import { findCustomers } from '../customers/customer.sql.ts';
import { setDue } from '../clocks/due_work.sql.ts';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { DB, Invoices } from '../db/tables.generated.ts';
import { timeBounds } from '../stripe/lists.ts';
import type { Metadata } from '../stripe/metadata.ts';
import { type BillingReason, type CustomerSnapshot, finalizationOf, type Invoice, snapshotOf } from './invoice.ts';
import type { ListInvoicesParams } from './invoice.params.ts';

function toInvoice(row: Selectable<Invoices>, customer: CustomerSnapshot): Invoice {
  return {
    id: row.id,
    customerId: row.customer_id,
    subscriptionId: row.subscription_id,
    status: row.status,
    billingReason: row.billing_reason as BillingReason,
    collectionMethod: row.collection_method,
    currency: row.currency,
    number: row.number,
    subtotal: row.subtotal,
    total: row.total,
    amountDue: row.amount_due,
    amountPaid: row.amount_paid,
    autoAdvance: row.auto_advance,
    attempted: row.attempted,
    attemptCount: row.attempt_count,
    period: { start: row.period_start_at, end: row.period_end_at },
    dueAt: row.due_at,
    automaticallyFinalizesAt: row.automatically_finalizes_at,
    nextPaymentAttemptAt: row.next_payment_attempt_at,
    finalizedAt: row.finalized_at,
    paidAt: row.paid_at,
    customer,
    subscriptionMetadata: row.subscription_metadata as Metadata,
    customFields: row.custom_fields as CustomField[] | null,
    footer: row.footer,
    metadata: row.metadata as Metadata,
    testClockId: row.test_clock_id,
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, invoice: Invoice): Insertable<Invoices> {
  return {
    account_id: scope.account.id,
    id: invoice.id,
    customer_id: invoice.customerId,
    subscription_id: invoice.subscriptionId,
    status: invoice.status,
    billing_reason: invoice.billingReason,
    collection_method: invoice.collectionMethod,
    currency: invoice.currency,
    number: invoice.number,
    subtotal: invoice.subtotal,
    total: invoice.total,
    amount_due: invoice.amountDue,
    amount_paid: invoice.amountPaid,
    auto_advance: invoice.autoAdvance,
    attempted: invoice.attempted,
    attempt_count: invoice.attemptCount,
    period_start_at: invoice.period.start,
    period_end_at: invoice.period.end,
    due_at: invoice.dueAt,
    automatically_finalizes_at: invoice.automaticallyFinalizesAt,
    next_payment_attempt_at: invoice.nextPaymentAttemptAt,
    finalized_at: invoice.finalizedAt,
    paid_at: invoice.paidAt,
    customer_snapshot: invoice.status === 'draft' ? null : JSON.stringify(invoice.customer),
    subscription_metadata: JSON.stringify(invoice.subscriptionMetadata),
    custom_fields: invoice.customFields === null ? null : JSON.stringify(invoice.customFields),
    footer: invoice.footer,
    metadata: JSON.stringify(invoice.metadata),
    test_clock_id: invoice.testClockId,
    created_at: invoice.createdAt,
  };
}

/** Stores a new invoice; a draft that goes on by itself is due then. */
export async function insertInvoice(scope: Scope, invoice: Invoice): Promise<void> {
  await scope.db.insertInto('invoices').values(toRow(scope, invoice)).execute();
  if (finalizationOf(invoice) !== null) await scheduleFinalization(scope, invoice);
}

/** Stores an invoice as it is now, and when it is due to be finalized. */
export async function updateInvoice(scope: Scope, invoice: Invoice): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, invoice);
  await updateTable(scope, 'invoices').set(columns).where('id', '=', invoice.id).execute();
  await scheduleFinalization(scope, invoice);
}

async function scheduleFinalization(scope: Scope, invoice: Invoice): Promise<void> {
  const { id: objectId, customerId, testClockId } = invoice;
  const dueAt = finalizationOf(invoice);
  await setDue(scope, { kind: 'finalize_invoice', objectId, customerId, testClockId, dueAt });
}

/** An invoice, held against other writers until the end of the transaction. */
export async function lockInvoice(scope: Scope, id: string): Promise<Invoice | undefined> {
  const rows = await selectFrom(scope, 'invoices').selectAll().where('id', '=', id).forUpdate().execute();
  return (await withCustomers(scope, rows))[0];
}

export async function findInvoices(scope: Scope, ids: readonly string[]): Promise<Invoice[]> {
  if (ids.length === 0) return [];
  return await withCustomers(scope, await selectFrom(scope, 'invoices').selectAll().where('id', 'in', ids).execute());
}

/** The ids of a subscription's invoices that would still go on by themselves; held until the end of the transaction. */
export async function lockAdvancingInvoices(scope: Scope, subscriptionId: string): Promise<string[]> {
  const rows = await selectFrom(scope, 'invoices')
    .select('id')
    .where('subscription_id', '=', subscriptionId)
    .where('status', 'in', ['draft', 'open'])
    .where('auto_advance', '=', true)
    .orderBy('id')
    .forUpdate()
    .execute();
  return rows.map((row) => row.id);
}

/** Completes drafts, which keep no copy of the customer, by the customer as it is. */
export async function withCustomers(scope: Scope, rows: readonly Selectable<Invoices>[]): Promise<Invoice[]> {
  const drafts = rows.filter((row) => row.customer_snapshot === null);
  const customers =
    drafts.length === 0 ? [] : await findCustomers(scope, [...new Set(drafts.map((row) => row.customer_id))]);
  const current = new Map(customers.map((customer) => [customer.id, snapshotOf(customer)]));
  return rows.map((row) => toInvoice(row, (row.customer_snapshot ?? current.get(row.customer_id)) as CustomerSnapshot));
}

type Listed = SelectQueryBuilder<DB, 'invoices', object>;

/** The filters of the list, but for paging and `created`. */
export function filterInvoices(query: Listed, params: ListInvoicesParams): Listed {
  const isOfParent = params.customer !== undefined || params.subscription !== undefined;
  // What lives on a clock is listed by its customer or subscription, and not beside what lives in wall time.
  let filtered = isOfParent ? query : query.where('test_clock_id', 'is', null);
  if (params.customer !== undefined) filtered = filtered.where('customer_id', '=', params.customer);
  if (params.subscription !== undefined) filtered = filtered.where('subscription_id', '=', params.subscription);
  if (params.status !== undefined) filtered = filtered.where('status', '=', params.status);
  if (params.collection_method !== undefined) {
    filtered = filtered.where('collection_method', '=', params.collection_method);
  }
  const { from, before } = params.due_date === undefined ? {} : timeBounds(params.due_date);
  if (from !== undefined) filtered = filtered.where('due_at', '>=', from);
  if (before !== undefined) filtered = filtered.where('due_at', '<', before);
  return filtered;
}
