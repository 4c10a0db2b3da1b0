import { MAX_IMPORT_ROW_BYTES } from '../../limits.ts';
import type { RowProblem } from './row.ts';

/**
 * Where the next row lies in a stretch of the file. The stretch is given as Latin-1, a character a byte: everything
 * that separates rows is ASCII, so places in the text are places in the bytes, whatever the encoding of the values.
 */
export type Extent = {
  readonly start: number;
  readonly end: number;
  /** Where to look for the row after it. */
  readonly next: number;
  /** A row that can't be read: why. */
  readonly problem?: RowProblem;
  /** The rest of this row is still to come and must be passed over too. */
  readonly skipRest?: true;
};

/** Finds the next row from `from` on; undefined when more bytes are needed, or, with `isLast`, when there is no more. */
export type FindRow = (text: string, from: number, isLast: boolean) => Extent | undefined;

export const TOO_LONG: RowProblem = {
  code: 'row_too_long',
  message: `The row is longer than ${MAX_IMPORT_ROW_BYTES} bytes.`,
};

/** The next line, without its line feed. */
export const findLine: FindRow = (text, from, isLast) => {
  const newline = text.indexOf('\n', from);
  if (newline >= 0) return lineExtent(text, from, newline, newline + 1);
  if (text.length - from > MAX_IMPORT_ROW_BYTES) {
    return { start: from, end: from + MAX_IMPORT_ROW_BYTES, next: text.length, problem: TOO_LONG, skipRest: true };
  }
  return isLast && from < text.length ? lineExtent(text, from, text.length, text.length) : undefined;
};

function lineExtent(text: string, start: number, newline: number, next: number): Extent {
  if (newline - start > MAX_IMPORT_ROW_BYTES) {
    return { start, end: start + MAX_IMPORT_ROW_BYTES, next, problem: TOO_LONG };
  }
  const end = newline > start && text.charCodeAt(newline - 1) === 13 ? newline - 1 : newline;
  return { start, end, next };
}
