import type { EventInput } from '../event_input.ts';

/** What is wrong with one row: a code to count by and a sentence to read. */
export type RowProblem = { readonly code: string; readonly message: string };

/** A row that reads as an event. Whether it counts is for its meter to say. */
export type EventRow = {
  /** The line of the file on which it starts, from 1. */
  readonly line: number;
  /** The row as it stands in the file. */
  readonly text: string;
  readonly input: EventInput;
};

/** A row that can't be an event, whatever the meters are. */
export type RejectedRow = RowProblem & { readonly line: number; readonly text: string };

export type Row = EventRow | RejectedRow;

/** How a file of events is written. */
export type ImportFormat = 'csv' | 'json' | 'jsonl';

/** Where reading can go on: between two rows, in the file's bytes after gzip was undone. */
export type ImportPosition = {
  /** Lines that are read. */
  readonly line: number;
  readonly offset: number;
  /** The names of a CSV's header; null before it is read, and for the other formats. */
  readonly columns: readonly string[] | null;
};

export const START: ImportPosition = { line: 0, offset: 0, columns: null };

/** The file as a whole can't be imported, or not beyond what was read of it. The message tells what to mend. */
export class ImportFileError extends Error {}
