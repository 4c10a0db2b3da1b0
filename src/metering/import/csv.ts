import { MAX_IMPORT_ROW_BYTES } from '../../limits.ts';
import type { EventInput } from '../event_input.ts';
import { problem, toEvent } from './event_row.ts';
import { type Extent, type FindRow, findLine } from './extent.ts';
import { ImportFileError, type RowProblem } from './row.ts';

/*
 * CSV as RFC 4180 has it, with LF as well as CRLF. A quote that is never closed would swallow the rest of the file, so a
 * row that breaks the rules is its first line, and reading goes on with the next line.
 */

const UNCLOSED: RowProblem = { code: 'invalid_csv', message: 'A quoted field is not closed.' };
const STRAY_QUOTE: RowProblem = {
  code: 'invalid_csv',
  message: 'A quote stands inside a field: such a field must be quoted, and its quotes doubled.',
};
const TRUNCATED: RowProblem = { code: 'truncated_row', message: 'The file ends inside a quoted field.' };

const PAYLOAD_PREFIX = 'payload_';

/** The next row of a CSV, which spans several lines when a quoted field does. */
export const findCsvRow: FindRow = (text, from, isLast) => {
  const line = findLine(text, from, isLast);
  if (line !== undefined && (line.problem !== undefined || !text.slice(line.start, line.end).includes('"')))
    return line;
  // A line that has not arrived whole may still hold a quote, and is looked at when it has.
  if (line === undefined) return undefined;
  const end = quotedRowEnd(text, from, isLast);
  if (end === 'unknown') return text.length - from > MAX_IMPORT_ROW_BYTES ? { ...line, problem: UNCLOSED } : undefined;
  if (end === 'unclosed') return { ...line, problem: line.next === text.length ? TRUNCATED : UNCLOSED };
  if (Math.abs(end) - from > MAX_IMPORT_ROW_BYTES) return { ...line, problem: UNCLOSED };
  return end < 0 ? { ...line, problem: STRAY_QUOTE } : rowExtent(text, from, end);
};

function rowExtent(text: string, start: number, newline: number): Extent {
  const end = text.charCodeAt(newline - 1) === 13 ? newline - 1 : newline;
  return { start, end, next: Math.min(newline + 1, text.length) };
}

/**
 * Where a row with quotes ends: its line feed or the end of the file. Minus the place of a quote that breaks the rules;
 * 'unclosed' when the file ends inside a field, 'unknown' when the bytes that would tell have not arrived.
 */
function quotedRowEnd(text: string, from: number, isLast: boolean): number | 'unclosed' | 'unknown' {
  for (let at = from; ; at++) {
    const isQuoted = text.charCodeAt(at) === 34;
    at = isQuoted ? closingQuote(text, at) + 1 : plainFieldEnd(text, at);
    if (isQuoted && at === 0) return isLast ? 'unclosed' : 'unknown';
    if (at >= text.length) return isLast ? text.length : 'unknown';
    const next = text[at];
    if (next === '\n') return at;
    if (next === '\r' && at + 1 === text.length) return isLast ? text.length : 'unknown';
    if (next === '\r' && text[at + 1] === '\n') return at + 1;
    if (next !== ',') return -at;
  }
}

/** The quote that closes the one at `open`: the first that is not doubled; -1 when there is none. */
function closingQuote(text: string, open: number): number {
  let at = text.indexOf('"', open + 1);
  while (at >= 0 && text.charCodeAt(at + 1) === 34) at = text.indexOf('"', at + 2);
  return at;
}

function plainFieldEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && !isPlainEnd(text.charCodeAt(at))) at++;
  return at;
}

/** A comma, a line feed or a quote. */
function isPlainEnd(code: number): boolean {
  return code === 44 || code === 10 || code === 34;
}

/** The fields of a row that `findCsvRow` has found whole. */
function splitCsvRow(row: string): string[] {
  if (!row.includes('"')) return row.split(',');
  const fields: string[] = [];
  for (let at = 0; at <= row.length; at++) {
    const isQuoted = row.charCodeAt(at) === 34;
    const end = isQuoted ? closingQuote(row, at) + 1 : plainFieldEnd(row, at);
    fields.push(isQuoted ? row.slice(at + 1, end - 1).replaceAll('""', '"') : row.slice(at, end));
    at = end;
  }
  return fields;
}

/**
 * Checks the header: `event_name` and at least one `payload_<key>`, perhaps `identifier` and `timestamp`, in any order.
 * Throws an ImportFileError for anything else: a column that nobody reads would be usage that nobody bills.
 */
export function readCsvHeader(row: string): string[] {
  const columns = splitCsvRow(row).map((name) => name.trim());
  const unknown = columns.find((name) => !/^(identifier|timestamp|event_name|payload_.+)$/s.test(name));
  if (unknown !== undefined) {
    const hint = /[;\t]/.test(unknown) ? ' Columns are separated by commas.' : '';
    throw new ImportFileError(
      `Unknown column '${unknown.slice(0, 60)}'. Columns are identifier, timestamp, event_name and payload_<key>.${hint}`,
    );
  }
  const repeated = columns.find((name, index) => columns.indexOf(name) !== index);
  if (repeated !== undefined) throw new ImportFileError(`The column '${repeated}' appears twice in the header.`);
  if (!columns.includes('event_name')) throw new ImportFileError('The header has no column event_name.');
  if (!columns.some((name) => name.startsWith(PAYLOAD_PREFIX))) {
    throw new ImportFileError('The header has no column payload_<key>, so no row could name a customer.');
  }
  return columns;
}

/** Reads rows under this header. An empty cell is an absent one: a CSV can't tell them apart. */
export function csvRowReader(columns: readonly string[]): (row: string, isCut: boolean) => EventInput | RowProblem {
  const place = (name: string) => columns.indexOf(name);
  const [eventName, identifier, timestamp] = [place('event_name'), place('identifier'), place('timestamp')];
  const payloadColumns = [...columns.entries()]
    .filter(([, name]) => name.startsWith(PAYLOAD_PREFIX))
    .map(([index, name]) => [index, name.slice(PAYLOAD_PREFIX.length)] as const);
  return (row, isCut) => {
    const cells = splitCsvRow(row);
    if (cells.length !== columns.length) return wrongCount(cells.length, columns.length, isCut);
    return toEvent({
      eventName: cells[eventName],
      identifier: cells[identifier] || undefined,
      timestamp: cells[timestamp] || undefined,
      payload: readPayload(cells, payloadColumns),
    });
  };
}

function readPayload(cells: readonly string[], columns: readonly (readonly [number, string])[]) {
  const payload: Record<string, string> = {};
  for (const [index, key] of columns) {
    const value = cells[index] ?? '';
    if (value === '') continue;
    // Assigning to this one name would set the prototype.
    if (key === '__proto__') Object.defineProperty(payload, key, { value, enumerable: true });
    else payload[key] = value;
  }
  return payload;
}

function wrongCount(found: number, wanted: number, isCut: boolean): RowProblem {
  if (isCut && found < wanted) {
    return problem('truncated_row', `The file ends inside this row: ${found} of ${wanted} columns.`);
  }
  return problem('wrong_column_count', `The row has ${found} columns, the header ${wanted}.`);
}
