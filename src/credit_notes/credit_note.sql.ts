import { type Insertable, type Selectable, type SelectQueryBuilder } from 'kysely';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { CreditNotes, DB } from '../db/tables.generated.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { CreditNote } from './credit_note.ts';
import type { ListCreditNotesParams } from './credit_note.params.ts';

export function toCreditNote(row: Selectable<CreditNotes>): CreditNote {
  return {
    id: row.id,
    invoiceId: row.invoice_id,
    customerId: row.customer_id,
    sequence: row.sequence,
    number: row.number,
    currency: row.currency,
    status: row.status,
    reason: row.reason,
    memo: row.memo,
    subtotal: row.subtotal,
    subtotalExcludingTax: row.subtotal_excluding_tax,
    total: row.total,
    totalExcludingTax: row.total_excluding_tax,
    prePaymentAmount: row.pre_payment_amount,
    postPaymentAmount: row.post_payment_amount,
    creditAmount: row.credit_amount,
    outOfBandAmount: row.out_of_band_amount,
    balanceTransactionId: row.balance_transaction_id,
    effectiveAt: row.effective_at,
    voidedAt: row.voided_at,
    metadata: row.metadata as Metadata,
    testClockId: row.test_clock_id,
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, note: CreditNote): Insertable<CreditNotes> {
  return {
    account_id: scope.account.id,
    id: note.id,
    invoice_id: note.invoiceId,
    customer_id: note.customerId,
    sequence: note.sequence,
    number: note.number,
    currency: note.currency,
    status: note.status,
    reason: note.reason,
    memo: note.memo,
    subtotal: note.subtotal,
    subtotal_excluding_tax: note.subtotalExcludingTax,
    total: note.total,
    total_excluding_tax: note.totalExcludingTax,
    pre_payment_amount: note.prePaymentAmount,
    post_payment_amount: note.postPaymentAmount,
    credit_amount: note.creditAmount,
    out_of_band_amount: note.outOfBandAmount,
    balance_transaction_id: note.balanceTransactionId,
    effective_at: note.effectiveAt,
    voided_at: note.voidedAt,
    metadata: JSON.stringify(note.metadata),
    test_clock_id: note.testClockId,
    created_at: note.createdAt,
  };
}

/** Stores a new credit note, whose invoice is locked. */
export async function insertCreditNote(scope: Scope, note: CreditNote): Promise<void> {
  await scope.db.insertInto('credit_notes').values(toRow(scope, note)).execute();
}

/** Writes all of a locked credit note. */
export async function updateCreditNote(scope: Scope, note: CreditNote): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, note);
  await updateTable(scope, 'credit_notes').set(columns).where('id', '=', note.id).execute();
}

/** Holds a credit note against other writers until the end of the transaction. */
export async function lockCreditNote(scope: Scope, id: string): Promise<CreditNote | undefined> {
  const row = await selectFrom(scope, 'credit_notes').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  return row && toCreditNote(row);
}

/** The credit notes of these ids that exist, in no particular order. */
export async function findCreditNotes(scope: Scope, ids: readonly string[]): Promise<CreditNote[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'credit_notes').selectAll().where('id', 'in', ids).execute();
  return rows.map(toCreditNote);
}

/** All credit notes of an invoice, void ones too, in the order of their numbers. */
export async function findNotesOfInvoice(scope: Scope, invoiceId: string): Promise<CreditNote[]> {
  const rows = await selectFrom(scope, 'credit_notes')
    .selectAll()
    .where('invoice_id', '=', invoiceId)
    .orderBy('sequence')
    .execute();
  return rows.map(toCreditNote);
}

type Listed = SelectQueryBuilder<DB, 'credit_notes', object>;

/** The filters of the list, but for paging and `created`. */
export function filterCreditNotes(query: Listed, { customer, invoice }: ListCreditNotesParams): Listed {
  // What lives on a clock is listed by its customer or invoice, and not beside what lives in wall time.
  const isOfParent = customer !== undefined || invoice !== undefined;
  let filtered = isOfParent ? query : query.where('test_clock_id', 'is', null);
  if (customer !== undefined) filtered = filtered.where('customer_id', '=', customer);
  if (invoice !== undefined) filtered = filtered.where('invoice_id', '=', invoice);
  return filtered;
}
