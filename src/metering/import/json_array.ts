import { MAX_IMPORT_ROW_BYTES } from '../../limits.ts';
import { type Extent, type FindRow, TOO_LONG } from './extent.ts';
import { ImportFileError, type RowProblem } from './row.ts';

/*
 * One JSON array of objects, found object by object, so that the file is never in memory whole. A broken object ends
 * where the next line begins with a brace; in a file without lines nothing after it can be found.
 */

const BROKEN: RowProblem = { code: 'invalid_json', message: 'A string or a brace is not closed.' };
const TRUNCATED: RowProblem = { code: 'truncated_row', message: 'The file ends inside this row.' };
const UNCLOSED_ARRAY: RowProblem = { code: 'truncated_row', message: "The file ends before the array's closing ]." };
const AFTER_END: RowProblem = { code: 'invalid_json', message: 'Text follows the end of the array; it was not read.' };

/** Where a broken object has surely ended: a line that begins with a brace or closes the array. */
const NEXT_OBJECT = /\n[ \t\r]*(?=[{\]])/g;

const QUOTE = 34;
const BACKSLASH = 92;
const LINE_FEED = 10;
const COMMA = 44;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;

/** The place behind the array's opening bracket. Throws when the file is no array; undefined when that is not known yet. */
export function findArrayStart(text: string, from: number, isLast: boolean): number | undefined {
  const at = skip(text, from, /[^\s]/g);
  if (at === undefined && !isLast) return undefined;
  if (at !== undefined && text[at] === '[') return at + 1;
  throw new ImportFileError(
    'The file is no JSON array of events. If it has an object a line, import it with `--format jsonl`.',
  );
}

/** Finds the objects of an array; it remembers whether the array was closed. */
export function findObjects(): FindRow {
  let isOver = false;
  return (text, from, isLast) => {
    if (isOver) return from < text.length ? nothing(text.length) : undefined;
    const start = skip(text, from, /[^\s,]/g);
    if (start !== undefined && text[start] !== ']') return findValue(text, start, isLast);
    if (start === undefined && !isLast) return undefined;
    // The bracket stays unread until all behind it has come, so that a later run finds it too.
    const after = start === undefined ? undefined : skip(text, start + 1, /[^\s]/g);
    if (after === undefined && !isLast && text.length < MAX_IMPORT_ROW_BYTES) return undefined;
    isOver = true;
    if (start === undefined) return nothing(text.length, UNCLOSED_ARRAY);
    return after === undefined ? nothing(start) : nothing(after, AFTER_END);
  };
}

/** An extent without a row. */
function nothing(at: number, why?: RowProblem): Extent {
  return { start: at, end: at, next: at, ...(why !== undefined && { problem: why }) };
}

function findValue(text: string, start: number, isLast: boolean): Extent | undefined {
  const end = valueEnd(text, start);
  const length = (end === 'unknown' ? text.length : Math.abs(end)) - start;
  if (length > MAX_IMPORT_ROW_BYTES) return broken(text, start, start + MAX_IMPORT_ROW_BYTES, TOO_LONG);
  if (end === 'unknown') return isLast ? broken(text, start, text.length, TRUNCATED) : undefined;
  return end < 0 ? broken(text, start, -end, BROKEN) : { start, end, next: end };
}

/** Just behind the value; minus the place of what can't stand in it; 'unknown' when its end has not arrived. */
function valueEnd(text: string, start: number): number | 'unknown' {
  const closers: number[] = [];
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = stringEnd(text, at);
      if (end === 'unknown' || end < 0) return end;
      at = end - 1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      // In ASCII each bracket is closed by the next character but one.
      closers.push(code + 2);
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      if (closers.length === 0) return Math.max(at, start + 1);
      if (closers.pop() !== code) return -at;
      if (closers.length === 0) return at + 1;
    } else if (code === COMMA && closers.length === 0) {
      return at;
    }
  }
  return 'unknown';
}

/** Just behind the closing quote; minus the place of a line feed, which no JSON string holds. */
function stringEnd(text: string, open: number): number | 'unknown' {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === LINE_FEED) return -at;
    if (code === BACKSLASH) at++;
  }
  return 'unknown';
}

function broken(text: string, start: number, end: number, why: RowProblem): Extent {
  const next = findNextObject(text, start);
  const known = { start, end: Math.min(end, next ?? end), problem: why };
  return next === undefined ? { ...known, next: text.length, skipRest: true } : { ...known, next };
}

/** Behind a broken row whose rest had not arrived: where the next object may begin. */
export function findNextObject(text: string, from: number): number | undefined {
  return skip(text, from, NEXT_OBJECT);
}

/** Where `pattern`, which is global, is found next. */
function skip(text: string, from: number, pattern: RegExp): number | undefined {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index;
}
