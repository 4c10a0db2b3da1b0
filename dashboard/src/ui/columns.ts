import type { ReactNode } from 'react';

/** A column of a table of objects. */
export type Column<T> = {
  /** Empty over what can be done with a row. */
  readonly header: string;
  readonly cell: (row: T) => ReactNode;
  /** What an export writes, and what rows are ordered by. */
  readonly value?: (row: T) => string | number | null;
  readonly align?: 'right';
  /** Left out on narrow screens. */
  readonly isMinor?: boolean;
};

/** Rows in the order of a column; those without a value come last. */
export function sortRows<T>(rows: readonly T[], column: Column<T> | undefined, isDescending: boolean): readonly T[] {
  const { value } = column ?? {};
  if (value === undefined) return rows;
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
    return sign * String(x).localeCompare(String(y));
  });
}

/** A table as CSV. A cell that a spreadsheet would take for a formula is written as text. */
export function toCsv<T>(rows: readonly T[], columns: readonly Column<T>[]): string {
  const told = columns.filter(({ value }) => value !== undefined);
  const lines = [
    told.map(({ header }) => quote(header)),
    ...rows.map((row) => told.map(({ value }) => quote(value?.(row)))),
  ];
  return `${lines.map((cells) => cells.join(',')).join('\r\n')}\r\n`;
}

function quote(value: string | number | null | undefined): string {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hands a text to the browser as a file. */
export function download(name: string, text: string, type = 'text/csv'): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  URL.revokeObjectURL(url);
}
