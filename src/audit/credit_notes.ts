import type { StoredNote, StoredNoteLine } from './credit_notes.sql.ts';
import type { Row } from './discounts.ts';
import type { Finding } from './invoice_charges.ts';
import { rational, rounded, times } from './rational.ts';
import type { StoredInvoice, StoredLine } from './stored.sql.ts';

/** The credit notes of an invoice, and the lines of each. */
export type InvoiceNotes = {
  readonly notes: readonly StoredNote[];
  readonly linesOf: (noteId: string) => readonly StoredNoteLine[];
};

/**
 * Where the credit notes of an invoice are otherwise than they must be: each adds up, in its lines, its parts and its number;
 * all of them together are what the invoice says, no more than it, and of no line more than the line.
 */
export function findingsOfNotes(
  invoice: StoredInvoice,
  lines: readonly StoredLine[],
  { notes, linesOf }: InvoiceNotes,
): Finding[] {
  const findings = notes.flatMap((note, place) => findingsOfNote(invoice, note, place + 1, linesOf(note.id)));
  const issued = notes.filter((note) => note.status === 'issued');
  const credited = issued.flatMap((note) => linesOf(note.id));
  const sum = (read: (note: StoredNote) => bigint) => issued.reduce((total, note) => total + read(note), 0n);
  const whole = sum((note) => note.total);
  const rows: Row[] = [
    ['credit before payment', sum((note) => note.pre_payment_amount), invoice.pre_payment_credit_notes_amount],
    ['credit after payment', sum((note) => note.post_payment_amount), invoice.post_payment_credit_notes_amount],
    ['credit beyond the invoice', 0n, issued.length > 0 && whole > invoice.total ? whole - invoice.total : 0n],
    ...lines.flatMap((line) =>
      rowsOfLine(
        line,
        credited.filter((each) => each.invoice_line_id === line.id),
      ),
    ),
  ];
  return [...findings, ...unequal(rows)];
}

function findingsOfNote(
  invoice: StoredInvoice,
  note: StoredNote,
  place: number,
  lines: readonly StoredNoteLine[],
): Finding[] {
  const subtotal = lines.reduce((sum, line) => sum + line.amount, 0n);
  const untaxed = lines.reduce((sum, line) => sum + line.amount_excluding_tax, 0n);
  const taxes = sumOf(lines.flatMap((line) => line.taxes));
  const { credit_amount: credit, out_of_band_amount: elsewhere, refunded } = note;
  const number = `${invoice.number}-CN-${place < 10 ? '0' : ''}${place}`;
  const rows: Row[] = [
    ['subtotal', subtotal, note.subtotal],
    ['total excluding tax', untaxed, note.total_excluding_tax],
    ['total', untaxed + taxes, note.total],
    ['parts', note.total, note.pre_payment_amount + note.post_payment_amount],
    ['what was given back', note.post_payment_amount, credit + refunded + (elsewhere ?? 0n)],
    ['change of the balance', -credit, note.balance_changed],
    ...lines.flatMap(rowsOfNoteLine),
  ];
  const findings = unequal(rows);
  if (number !== note.number) findings.unshift({ what: 'number', expected: number, found: note.number });
  return findings.map((finding) => ({ ...finding, what: `${finding.what} of credit note ${note.id}` }));
}

/** The amount of a line, and what of it is left without the taxes that it contains, which are told where they are due. */
function rowsOfNoteLine(line: StoredNoteLine): Row[] {
  const isDue = line.taxes.every((tax) => tax.reason === 'not_available');
  const contained = sumOf(line.taxes.filter((tax) => tax.inclusive));
  const left = line.amount - sumOf(line.discounts) - contained;
  return [
    [`line ${line.id}`, ownAmount(line), line.amount],
    [
      `line ${line.id} excluding tax`,
      isDue ? left : within(line.amount_excluding_tax, left),
      line.amount_excluding_tax,
    ],
  ];
}

function sumOf(parts: readonly { readonly amount: string }[]): bigint {
  return parts.reduce((sum, { amount }) => sum + BigInt(amount), 0n);
}

/** What a line of a credit note's own must come to; of a line of the invoice, the sums tell. */
function ownAmount({ invoice_line_id: id, quantity, unit_amount: unit, amount }: StoredNoteLine): bigint {
  if (id !== null || quantity === null || unit === null) return amount;
  return rounded(times(rational(quantity), rational(unit)));
}

/** Of a line, its discounts and its taxes no more is credited than there is; and all of them with all of the line. */
function rowsOfLine(line: StoredLine, credited: readonly StoredNoteLine[]): Row[] {
  const amount = credited.reduce((sum, each) => sum + each.amount, 0n);
  const isWhole = credited.length > 0 && amount === line.amount && isAllUnits(line, credited);
  const untaxed = credited.reduce((sum, each) => sum + each.amount_excluding_tax, 0n);
  const rowOf = (name: string, found: bigint, most: bigint): Row => [
    `credit of ${name}line ${line.id}`,
    isWhole ? most : within(found, most),
    found,
  ];
  const rowsOf = (kind: 'discounts' | 'taxes') =>
    line[kind].map(({ id, amount: most }) => {
      const parts = credited.flatMap((each) => each[kind]).filter((part) => part.id === id);
      return rowOf(`${id} of `, sumOf(parts), BigInt(most));
    });
  return [
    [`credit of line ${line.id}`, within(amount, line.amount), amount],
    rowOf('what is without tax of ', untaxed, line.amount_excluding_tax),
    ...rowsOf('discounts'),
    ...rowsOf('taxes'),
  ];
}

/** The first units of a line may already round to all of its amount. */
function isAllUnits(line: StoredLine, credited: readonly StoredNoteLine[]): boolean {
  if (line.amount === 0n) return false;
  const units = credited.map((each) => each.quantity).filter((quantity) => quantity !== null);
  return units.length === 0 || String(units.reduce((sum, each) => sum + BigInt(each), 0n)) === line.quantity;
}

/** The nearest amount from 0 to a bound, which may be negative. */
function within(amount: bigint, bound: bigint): bigint {
  const [least, most] = bound < 0n ? [bound, 0n] : [0n, bound];
  if (amount < least) return least;
  return amount > most ? most : amount;
}

function unequal(rows: readonly Row[]): Finding[] {
  return rows
    .filter(([, expected, found]) => expected !== found)
    .map(([what, expected, found]) => ({ what, expected: String(expected), found: String(found) }));
}
