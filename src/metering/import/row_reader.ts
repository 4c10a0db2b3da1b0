import { isAscii, isUtf8 } from 'node:buffer';
import type { EventInput } from '../event_input.ts';
import { csvRowReader, findCsvRow, readCsvHeader } from './csv.ts';
import { type Extent, type FindRow, findLine } from './extent.ts';
import { findArrayStart, findNextObject, findObjects } from './json_array.ts';
import { readJsonRow } from './json_row.ts';
import {
  ImportFileError,
  type ImportFormat,
  type ImportPosition,
  type RejectedRow,
  type Row,
  type RowProblem,
} from './row.ts';

/** Makes the identifier of an event that has none, from the place of its row's first byte in the file. */
export type Identify = (offset: number) => string;

/** What is read of the file at a time: its bytes, and the same as Latin-1. */
type Stretch = {
  readonly bytes: Buffer;
  readonly text: string;
  readonly isAscii: boolean;
  /** No bytes follow. */
  readonly isLast: boolean;
};

const NO_IDENTIFIER: RowProblem = {
  code: 'parameter_missing',
  message: 'The row has no identifier; one is made up only for rows of a file that can be read whole beforehand.',
};
const INVALID_ENCODING: RowProblem = { code: 'invalid_encoding', message: 'The row is not valid UTF-8.' };

/** Takes a file apart into rows, a stretch at a time. What it remembers between stretches is small and bounded. */
export class RowReader {
  /** Behind the last row that was told. */
  position: ImportPosition;
  readonly #format: ImportFormat;
  readonly #identify: Identify | undefined;
  readonly #find: FindRow;
  #readRow: ((row: string, isCut: boolean) => EventInput | RowProblem) | undefined;
  /** Where the stretch begins in the file. */
  #offset: number;
  /** Line feeds before `#nextLineFeed`, a place in the stretch; -1 when it has no more of them. */
  #line: number;
  #nextLineFeed = -1;
  /** A rejected row whose end has not come yet. */
  #unfinished: RejectedRow | undefined;

  constructor(format: ImportFormat, from: ImportPosition, identify?: Identify) {
    this.position = from;
    this.#format = format;
    this.#identify = identify;
    this.#find = { csv: findCsvRow, jsonl: findLine, json: findObjects() }[format];
    this.#offset = from.offset;
    this.#line = from.line;
    if (format !== 'csv') this.#readRow = readJsonRow;
    else if (from.columns !== null) this.#readRow = csvRowReader(from.columns);
  }

  /** The rows that end in `bytes`, and how many of the bytes they take; the others must come again, with more. */
  read(bytes: Buffer, isLast: boolean): { rows: Row[]; consumed: number } {
    const stretch = { bytes, text: bytes.toString('latin1'), isAscii: isAscii(bytes), isLast };
    this.#nextLineFeed = stretch.text.indexOf('\n');
    const rows: Row[] = [];
    const start = this.#offset === 0 ? this.#begin(stretch) : 0;
    const consumed = start === undefined ? 0 : this.#readFrom(start, stretch, rows);
    this.#countLines(stretch, consumed);
    this.#offset += consumed;
    if (isLast && this.#readRow === undefined) throw new ImportFileError('The file is empty.');
    if (this.#unfinished === undefined) this.position = { ...this.position, line: this.#line, offset: this.#offset };
    return { rows, consumed };
  }

  /** Where the first row may stand; undefined when that is not known yet. */
  #begin({ bytes, text, isLast }: Stretch): number | undefined {
    if (bytes.length < 3 && !isLast) return undefined;
    if (/^(\xff\xfe|\xfe\xff)/.test(text)) throw new ImportFileError('The file is UTF-16. Save it as UTF-8.');
    const start = text.startsWith('\xef\xbb\xbf') ? 3 : 0;
    return this.#format === 'json' ? findArrayStart(text, start, isLast) : start;
  }

  #readFrom(start: number, stretch: Stretch, rows: Row[]): number {
    let at = start;
    for (;;) {
      if (this.#unfinished !== undefined) {
        const next = this.#findEndOfUnfinished(stretch, at);
        if (next === undefined && !stretch.isLast) return restToKeep(stretch.text);
        rows.push(this.#unfinished);
        this.#unfinished = undefined;
        if (next === undefined) return stretch.text.length;
        at = next;
      }
      const extent = this.#find(stretch.text, at, stretch.isLast);
      if (extent === undefined) return at;
      this.#take(extent, stretch, rows);
      at = extent.next;
    }
  }

  #findEndOfUnfinished({ text }: Stretch, from: number): number | undefined {
    if (this.#format === 'json') return findNextObject(text, from);
    const newline = text.indexOf('\n', from);
    return newline < 0 ? undefined : newline + 1;
  }

  #take(extent: Extent, stretch: Stretch, rows: Row[]): void {
    // An empty line, or the end of an array.
    if (extent.start === extent.end && extent.problem === undefined) return;
    this.#countLines(stretch, extent.start);
    const row = this.#toRow(extent, stretch);
    if (row === undefined) return;
    if (extent.skipRest && 'code' in row) this.#unfinished = row;
    else rows.push(row);
  }

  /** Undefined for the header. */
  #toRow({ start, end, problem }: Extent, stretch: Stretch): Row | undefined {
    const { text, isValid } = decode(stretch, start, end);
    const line = this.#line + 1;
    const found = problem ?? (isValid ? undefined : INVALID_ENCODING);
    if (this.#readRow === undefined) {
      this.#readHeader(text, found);
      return undefined;
    }
    const read = found ?? this.#readRow(text, stretch.isLast && end === stretch.text.length);
    const event = 'code' in read ? read : this.#identified(read, this.#offset + start);
    if ('code' in event) return { line, text, code: event.code, message: event.message };
    return { line, text, input: event };
  }

  #readHeader(text: string, found: RowProblem | undefined): void {
    if (found !== undefined) throw new ImportFileError(`The header can't be read. ${found.message}`);
    const columns = readCsvHeader(text);
    this.position = { ...this.position, columns };
    this.#readRow = csvRowReader(columns);
  }

  #identified(input: EventInput, offset: number): EventInput | RowProblem {
    if (input.identifier !== undefined) return input;
    return this.#identify === undefined ? NO_IDENTIFIER : { ...input, identifier: this.#identify(offset) };
  }

  #countLines({ text }: Stretch, before: number): void {
    while (this.#nextLineFeed >= 0 && this.#nextLineFeed < before) {
      this.#line++;
      this.#nextLineFeed = text.indexOf('\n', this.#nextLineFeed + 1);
    }
  }
}

function decode({ bytes, text, isAscii: isPlain }: Stretch, start: number, end: number) {
  if (isPlain) return { text: text.slice(start, end), isValid: true };
  const part = bytes.subarray(start, end);
  return { text: part.toString('utf8'), isValid: isUtf8(part) };
}

/** While a row is passed over: the last line, which the next one may continue to the sign that ends the row. */
function restToKeep(text: string): number {
  const newline = text.lastIndexOf('\n');
  return newline >= 0 && text.slice(newline).trim() === '' ? newline : text.length;
}
