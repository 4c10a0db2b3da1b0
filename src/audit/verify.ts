import { findingsOfNotes, type InvoiceNotes } from './credit_notes.ts';
import {
  type FailedRefund,
  failedRefunds,
  overlinkedRefunds,
  storedNoteLines,
  storedNotes,
  unequalBalances,
} from './credit_notes.sql.ts';
import type { Queryable } from '../db/pool.ts';
import { chargesOf, type Finding, findingsOfCharge, findingsOfTotals } from './invoice_charges.ts';
import { numberFindings } from './numbers.sql.ts';
import { inSnapshot } from './snapshot.sql.ts';
import { itemsWithoutLine, storedInvoicesAfter, storedLines, storedMeters, storedPrices } from './stored.sql.ts';
import { verifyUsage } from './verify_usage.ts';

/**
 * Something of an account's invoices that is otherwise than it must be; `subject` is the invoice, or the prefix, the customer
 * or the refund.
 */
export type InvoiceDifference = Finding & { readonly accountId: string; readonly subject: string };

/** A refund of a credit note that failed, in minor units. */
export type FailedCreditNoteRefund = FailedRefund & { readonly accountId: string };

export type InvoiceVerifyListener = {
  difference(difference: InvoiceDifference): void;
  /** No difference, since banks refuse refunds: somebody is to make up for it, and what they do is linked to nothing. */
  failedRefund(refund: FailedCreditNoteRefund): void;
  /** The usage of a line whose raw events were exported and dropped can't be checked. */
  unchecked(subject: string): void;
  progress(invoices: number): void;
};

/** Invoices that are read in one snapshot, with all their lines. */
const PAGE_INVOICES = 200;

/**
 * Recomputes every stored invoice of some accounts from raw events and stored prices, and proves totals and numbering.
 * Each page of invoices is read in a snapshot of its own, so that writers are neither seen half nor held up.
 */
export async function verifyInvoices(
  db: Queryable,
  accountIds: readonly string[],
  listener: InvoiceVerifyListener,
): Promise<void> {
  let checked = 0;
  for (const accountId of accountIds) {
    for (let after = ''; ;) {
      const last = await inSnapshot(db, (snapshot) => verifyPage(snapshot, accountId, after, listener));
      if (last === undefined) break;
      after = last.id;
      checked += last.count;
      listener.progress(checked);
    }
    await inSnapshot(db, (snapshot) => verifyAccount(snapshot, accountId, listener));
  }
}

async function verifyPage(
  db: Queryable,
  accountId: string,
  after: string,
  listener: InvoiceVerifyListener,
): Promise<{ id: string; count: number } | undefined> {
  const invoices = await storedInvoicesAfter(db, accountId, after, PAGE_INVOICES);
  const last = invoices.at(-1);
  if (last === undefined) return undefined;
  const lines = await storedLines(
    db,
    accountId,
    invoices.map((invoice) => invoice.id),
  );
  const priceIds = new Set(lines.map((line) => line.price_id).filter((id) => id !== null));
  const prices = new Map((await storedPrices(db, accountId, [...priceIds])).map((price) => [price.id, price]));
  const meterIds = new Set([...prices.values()].map((price) => price.meter_id).filter((id) => id !== null));
  const meters = new Map((await storedMeters(db, accountId, [...meterIds])).map((meter) => [meter.id, meter]));
  const byInvoice = Map.groupBy(lines, (line) => line.invoice_id);
  const notesOf = await readNotes(
    db,
    accountId,
    invoices.map((invoice) => invoice.id),
  );
  for (const invoice of invoices) {
    const ownLines = byInvoice.get(invoice.id) ?? [];
    const charges = chargesOf(invoice, ownLines, prices);
    const tell = (finding: Finding) => listener.difference({ accountId, subject: invoice.id, ...finding });
    for (const finding of [...charges.flatMap(findingsOfCharge), ...findingsOfTotals(invoice, charges)]) tell(finding);
    for (const finding of findingsOfNotes(invoice, ownLines, notesOf(invoice.id))) tell(finding);
    for (const charge of charges) await verifyUsage(db, invoice, charge, meters, tell, listener);
  }
  return { id: last.id, count: invoices.length };
}

/** The credit notes of a page of invoices, by invoice. */
async function readNotes(
  db: Queryable,
  accountId: string,
  invoiceIds: readonly string[],
): Promise<(invoiceId: string) => InvoiceNotes> {
  const notes = await storedNotes(db, accountId, invoiceIds);
  const lines = await storedNoteLines(
    db,
    accountId,
    notes.map((note) => note.id),
  );
  const byInvoice = Map.groupBy(notes, (note) => note.invoice_id);
  const byNote = Map.groupBy(lines, (line) => line.credit_note_id);
  return (invoiceId) => ({ notes: byInvoice.get(invoiceId) ?? [], linesOf: (noteId) => byNote.get(noteId) ?? [] });
}

async function verifyAccount(db: Queryable, accountId: string, listener: InvoiceVerifyListener): Promise<void> {
  for (const { prefix, kind, sequence } of await numberFindings(db, accountId)) {
    const found = kind === 'missing' ? 'no invoice' : 'several invoices';
    listener.difference({ accountId, subject: prefix, what: `number ${sequence}`, expected: 'one invoice', found });
  }
  for (const { id, invoice_id: invoiceId } of await itemsWithoutLine(db, accountId)) {
    const finding = { what: `invoice item ${id}`, expected: 'a line', found: 'none' };
    listener.difference({ accountId, subject: invoiceId, ...finding });
  }
  for (const { id, amount, linked } of await overlinkedRefunds(db, accountId)) {
    const finding = { what: 'credit notes of a refund', expected: `no more than ${amount}`, found: String(linked) };
    listener.difference({ accountId, subject: id, ...finding });
  }
  for (const refund of await failedRefunds(db, accountId)) listener.failedRefund({ accountId, ...refund });
  for (const { id, balance, sum } of await unequalBalances(db, accountId)) {
    const finding = { what: 'balance', expected: String(sum), found: String(balance) };
    listener.difference({ accountId, subject: id, ...finding });
  }
}
