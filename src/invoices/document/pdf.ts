import { setImmediate as breath } from 'node:timers/promises';
import type { InvoiceDocument, Party, Row, RowGroup, Sum } from './document.ts';
import { COLORS, lineHeight, Sheet, type TextStyle } from './sheet.ts';

const MUTED: TextStyle = { color: COLORS.muted };
const BODY: TextStyle = { size: 9 };
const BOLD: TextStyle = { size: 9, bold: true };
const FIGURES: TextStyle = { size: 9, figures: true };
const LABEL: TextStyle = { size: 8, color: COLORS.muted };

const ROW_PADDING = 5;
const COLUMN_GAP = 18;
/** About 10 ms. */
const ROWS_AT_ONCE = 10;

/** The PDF of an invoice or a credit note, of as many pages as its lines need. */
export async function invoicePdf(document: InvoiceDocument): Promise<Buffer> {
  const { number, seller, paper, headline } = document;
  const title = `${document.title} ${number}`;
  const sheet = new Sheet({ paper, title, author: seller.name });
  writeHead(sheet, document);
  writeParties(sheet, document);
  writeHeadline(sheet, headline);
  await writeTable(sheet, document.groups);
  writeSums(sheet, document.sums);
  writeNotes(sheet, document);
  const test = document.isTest ? 'Test data · ' : '';
  return await sheet.finish(`${test}${title} · ${headline.amount} · ${headline.text}`);
}

function writeHead(sheet: Sheet, { title, number, status, isTest, seller, facts }: InvoiceDocument): void {
  const large = { size: 22, bold: true };
  const name = { size: 12, bold: true };
  const top = sheet.y;
  sheet.put(title, sheet.left, large);
  sheet.y += 5;
  for (const line of sheet.wrap(seller.name, sheet.width * 0.6, name)) {
    sheet.put(line, sheet.right, name, 'right');
    sheet.advance(name);
  }
  sheet.put(status, sheet.right, MUTED, 'right');
  sheet.advance();
  if (isTest) {
    sheet.put('Test data', sheet.right, { color: COLORS.warning, bold: true }, 'right');
    sheet.advance();
  }
  const end = sheet.y;
  sheet.y = top + 40;
  const shown = facts.length === 0 ? [{ label: title, value: number }] : facts;
  for (const { label, value } of shown) writePair(sheet, label, value);
  sheet.y = Math.max(sheet.y, end) + 18;
}

/** A label and its value beside it, both in as many lines as they need. */
function writePair(sheet: Sheet, label: string, value: string): void {
  const labels = sheet.wrap(label, 100, BODY);
  const values = sheet.wrap(value, sheet.width * 0.4, BOLD);
  for (let index = 0; index < Math.max(labels.length, values.length); index++) {
    sheet.need(lineHeight(9));
    sheet.put(labels[index] ?? '', sheet.left, MUTED);
    sheet.put(values[index] ?? '', sheet.left + 110, BOLD);
    sheet.advance();
  }
}

function writeParties(sheet: Sheet, { seller, buyer, shipping }: InvoiceDocument): void {
  const columns = [
    partyLines(sheet, 'From', seller),
    partyLines(sheet, 'Bill to', buyer),
    ...(shipping === null ? [] : [partyLines(sheet, 'Ship to', shipping)]),
  ];
  const height = Math.max(...columns.map((lines) => lines.length));
  for (let index = 0; index < height; index++) {
    sheet.need(lineHeight(9));
    columns.forEach((lines, column) => {
      const line = lines[index];
      if (line !== undefined) sheet.put(line.text, sheet.left + (column * sheet.width) / 3, line.style);
    });
    sheet.advance();
  }
  sheet.y += 20;
}

type StyledLine = { readonly text: string; readonly style: TextStyle };

function partyLines(sheet: Sheet, label: string, { name, lines }: Party): StyledLine[] {
  const width = sheet.width / 3 - 14;
  const styled = (text: string, style: TextStyle) =>
    sheet.wrap(text, width, style).map((line) => ({ text: line, style }));
  return [{ text: label, style: LABEL }, ...styled(name, BOLD), ...lines.flatMap((line) => styled(line, BODY))];
}

function writeHeadline(sheet: Sheet, { amount, text }: InvoiceDocument['headline']): void {
  const large = { size: 18, bold: true, figures: true };
  sheet.need(60);
  sheet.put(amount, sheet.left, large);
  sheet.advance(large);
  sheet.put(text, sheet.left, MUTED);
  sheet.advance();
  sheet.y += 22;
}

/** Where the columns of numbers end, and how wide descriptions may be. */
type Columns = { readonly quantityEnd: number; readonly priceEnd: number; readonly description: number };

/** The columns of numbers are as wide as the longest number in them; descriptions have the rest. */
function columnsOf(sheet: Sheet, groups: readonly RowGroup[]): Columns {
  const rows = groups.flatMap((group) => group.rows);
  const widest = (label: string, read: (row: Row) => string) =>
    rows.reduce((most, row) => Math.max(most, sheet.measure(read(row), FIGURES)), sheet.measure(label, LABEL));
  const priceEnd = sheet.right - widest('Amount', (row) => row.amount) - COLUMN_GAP;
  const quantityEnd = priceEnd - widest('Unit price', (row) => row.unitPrice) - COLUMN_GAP;
  const end = quantityEnd - widest('Quantity', (row) => row.quantity) - COLUMN_GAP;
  return { quantityEnd, priceEnd, description: Math.max(end - sheet.left, 100) };
}

async function writeTable(sheet: Sheet, groups: readonly RowGroup[]): Promise<void> {
  const columns = columnsOf(sheet, groups);
  sheet.need(80);
  writeTableHead(sheet, columns);
  for (const { period, rows } of groups) {
    // A period is never the last line of a page.
    if (sheet.need(60)) writeTableHead(sheet, columns);
    sheet.y += 4;
    if (period !== '') {
      sheet.put(period, sheet.left, { size: 8, bold: true });
      sheet.advance(BODY);
    }
    for (const [index, row] of rows.entries()) {
      if (index > 0) sheet.rule();
      writeRow(sheet, columns, row);
      // Thousands of rows take seconds, and other requests shall not wait for them.
      if (index % ROWS_AT_ONCE === 0) await breath();
    }
    sheet.rule();
  }
}

function writeTableHead(sheet: Sheet, { quantityEnd, priceEnd }: Columns): void {
  sheet.put('Description', sheet.left, LABEL);
  sheet.put('Quantity', quantityEnd, LABEL, 'right');
  sheet.put('Unit price', priceEnd, LABEL, 'right');
  sheet.put('Amount', sheet.right, LABEL, 'right');
  sheet.advance(LABEL);
  sheet.y += 3;
  sheet.rule();
}

/** A row stays on one page, unless its description alone is longer than that. */
function writeRow(sheet: Sheet, columns: Columns, { description, quantity, unitPrice, amount }: Row): void {
  const lines = sheet.wrap(description, columns.description, BODY);
  const height = Math.min(lines.length, 30) * lineHeight(9) + 2 * ROW_PADDING;
  if (sheet.need(height)) writeTableHead(sheet, columns);
  sheet.y += ROW_PADDING;
  sheet.put(quantity, columns.quantityEnd, FIGURES, 'right');
  sheet.put(unitPrice, columns.priceEnd, FIGURES, 'right');
  sheet.put(amount, sheet.right, FIGURES, 'right');
  for (const line of lines) {
    if (sheet.need(lineHeight(9))) writeTableHead(sheet, columns);
    sheet.put(line, sheet.left, BODY);
    sheet.advance(BODY);
  }
  sheet.y += ROW_PADDING;
}

function writeSums(sheet: Sheet, sums: readonly Sum[]): void {
  // The sums stay together: who looks for what is due finds all of them on one page.
  sheet.need(Math.min(sums.length, 20) * 19 + 10);
  sheet.y += 8;
  const start = sheet.right - 240;
  for (const { label, amount, strong } of sums) {
    sheet.need(19);
    const style = { size: strong ? 10 : 9, bold: strong };
    const figures = { ...style, figures: true };
    const room = sheet.right - start - sheet.measure(amount, figures) - COLUMN_GAP;
    const [first = '', ...rest] = sheet.wrap(label, Math.max(room, 80), style);
    sheet.put(first, start, style);
    sheet.put(amount, sheet.right, figures, 'right');
    sheet.advance(style);
    for (const line of rest) {
      sheet.put(line, start, style);
      sheet.advance(style);
    }
    sheet.y += 5;
  }
}

/** Whoever reads a question mark shall know that it may be none. */
const GAPS = 'A question mark can stand for a character that this file has no font for.';

function writeNotes(sheet: Sheet, { notes, footer }: InvoiceDocument): void {
  for (const text of footer === null ? notes : [...notes, footer]) writeNote(sheet, text);
  if (sheet.hasGaps) writeNote(sheet, GAPS);
}

function writeNote(sheet: Sheet, text: string): void {
  sheet.y += 14;
  for (const line of sheet.wrap(text, sheet.width, BODY)) {
    sheet.need(lineHeight(9));
    sheet.put(line, sheet.left, MUTED);
    sheet.advance(BODY);
  }
}
