import { findTaxRates } from '../catalog/tax_rate.sql.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import type { Scope } from '../db/scope.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import type { CreditNote, CreditNoteLine, WholeCreditNote } from './credit_note.ts';
import { findCreditNotes, findNotesOfInvoice } from './credit_note.sql.ts';
import { findLinesOfNotes } from './credit_note_line.sql.ts';
import { findRefundsOfNotes } from './credit_note_refund.sql.ts';

/** Credit notes with their lines and refunds, in the given order. */
export async function completeNotes(scope: Scope, notes: readonly CreditNote[]): Promise<WholeCreditNote[]> {
  const ids = notes.map((note) => note.id);
  const lines = await findLinesOfNotes(scope, ids);
  const refunds = await findRefundsOfNotes(scope, ids);
  const rates = await ratesOf(scope, [...lines.values()].flat());
  return notes.map((note) => ({
    note,
    lines: lines.get(note.id) ?? [],
    refunds: refunds.get(note.id) ?? [],
    rates,
  }));
}

/** The rates of the taxes on lines, by id. */
export async function ratesOf(
  scope: Scope,
  lines: readonly Pick<CreditNoteLine, 'taxes'>[],
): Promise<ReadonlyMap<string, TaxRate>> {
  const ids = new Set(lines.flatMap((line) => line.taxes).map(({ id }) => id));
  const rates = ids.size === 0 ? [] : await findTaxRates(scope, [...ids]);
  return new Map(rates.map((rate) => [rate.id, rate]));
}

/** The credit notes of these ids that exist, whole. */
export async function findWholeNotes(scope: Scope, ids: readonly string[]): Promise<WholeCreditNote[]> {
  return await completeNotes(scope, await findCreditNotes(scope, ids));
}

/** A credit note by its id. Throws resource_missing. */
export async function requireCreditNote(context: Context, id: string): Promise<WholeCreditNote> {
  const [found] = await findWholeNotes(context, [id]);
  if (found === undefined) throw resourceMissing('credit_note', id);
  return found;
}

/** The credit notes of an invoice: all of them, in the order of their numbers. */
export async function notesOfInvoice(scope: Scope, invoiceId: string): Promise<WholeCreditNote[]> {
  return await completeNotes(scope, await findNotesOfInvoice(scope, invoiceId));
}
