import type { Insertable, Selectable } from 'kysely';
import { type Scope, selectFrom } from '../db/scope.ts';
import type { CreditNoteLines } from '../db/tables.generated.ts';
import { keptDiscounts, toLineDiscounts } from '../invoices/discount.ts';
import { keptTaxes, toTaxes } from '../invoices/tax.ts';
import { decimal, formatDecimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { CreditNoteLine, WholeCreditNote } from './credit_note.ts';

function toLine(row: Selectable<CreditNoteLines>): CreditNoteLine {
  return {
    id: row.id,
    invoiceLineId: row.invoice_line_id,
    description: row.description,
    amount: row.amount,
    quantity: row.quantity,
    unitAmount: row.unit_amount === null ? null : decimal(row.unit_amount),
    discounts: toLineDiscounts(row.discounts),
    taxes: toTaxes(row.taxes),
    amountExcludingTax: row.amount_excluding_tax,
    metadata: row.metadata as Metadata,
  };
}

/** Stores the lines of a credit note, which never change. */
export async function insertCreditNoteLines(scope: Scope, { note, lines }: WholeCreditNote): Promise<void> {
  const rows = lines.map((line, position): Insertable<CreditNoteLines> => ({
    account_id: scope.account.id,
    id: line.id,
    credit_note_id: note.id,
    position,
    invoice_line_id: line.invoiceLineId,
    description: line.description,
    amount: line.amount,
    quantity: line.quantity,
    unit_amount: line.unitAmount && formatDecimal(line.unitAmount),
    discounts: keptDiscounts(line.discounts),
    taxes: keptTaxes(line.taxes),
    amount_excluding_tax: line.amountExcludingTax,
    metadata: JSON.stringify(line.metadata),
  }));
  await scope.db.insertInto('credit_note_lines').values(rows).execute();
}

/** The lines of credit notes, each in its order, by credit note. */
export async function findLinesOfNotes(scope: Scope, ids: readonly string[]): Promise<Map<string, CreditNoteLine[]>> {
  if (ids.length === 0) return new Map();
  const rows = await selectFrom(scope, 'credit_note_lines')
    .selectAll()
    .where('credit_note_id', 'in', ids)
    .orderBy('credit_note_id')
    .orderBy('position')
    .execute();
  return new Map([...Map.groupBy(rows, (row) => row.credit_note_id)].map(([id, ofNote]) => [id, ofNote.map(toLine)]));
}
