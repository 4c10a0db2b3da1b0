import assert from 'node:assert/strict';
import { type Insertable, type RawBuilder, sql } from 'kysely';
import { bigintArray, instantArray, textArray } from './binary.ts';
import type { Queryable } from './pool.ts';
import { PREPARED } from './prepared.ts';
import type { Scope } from './scope.ts';
import type { DB } from './tables.generated.ts';

/** A table whose rows have an id of their account. */
type Keyed = {
  [T in keyof DB]: 'account_id' extends keyof DB[T] ? ('id' extends keyof DB[T] ? T : never) : never;
}[keyof DB];

/**
 * Writes rows by one statement of one parameter a column, an array: its text and its plan are the same for any number of
 * rows, so a connection keeps it. All rows must have the same columns; each has the account of the scope. Columns of JSON
 * are texts of it.
 */
export async function insertRows<T extends Keyed>(
  scope: Scope,
  table: T,
  rows: readonly Insertable<DB[T]>[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = await columnsOf(scope.db, table, first);
  await sql`${PREPARED}
    insert into ${sql.table(table)} (${namesOf(columns)})
    ${selectOf(columns, rows)}
  `.execute(scope.db);
}

/**
 * Writes all columns of rows that exist, found by their ids. The statement is planned each time: how the rows are best
 * found depends on the size that the table has by then.
 */
export async function updateRows<T extends Keyed>(
  scope: Scope,
  table: T,
  rows: readonly Insertable<DB[T]>[],
): Promise<void> {
  await writeColumns(scope, table, rows, () => true);
}

/** What a row is stored as, and what it is to be. */
type RowChange<T extends Keyed> = { readonly before: Insertable<DB[T]>; readonly after: Insertable<DB[T]> };

/** The same for rows that are known as they are stored, and locked: writes only the columns in which one of them changes. */
export async function updateChangedRows<T extends Keyed>(
  scope: Scope,
  table: T,
  changes: readonly RowChange<T>[],
): Promise<void> {
  const changed = (name: string) =>
    changes.some(({ before, after }) => !isSame((before as Row)[name] ?? null, (after as Row)[name] ?? null));
  const rows = changes.map(({ after }) => after);
  await writeColumns(scope, table, rows, changed);
}

async function writeColumns<T extends Keyed>(
  scope: Scope,
  table: T,
  rows: readonly Insertable<DB[T]>[],
  isWritten: (name: string) => boolean,
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const all = (await columnsOf(scope.db, table, first)).filter(({ name }) => name !== 'account_id');
  const columns = all.filter(({ name }) => name === 'id' || isWritten(name));
  const changes = columns
    .filter(({ name }) => name !== 'id')
    .map(({ name }) => sql`${sql.ref(name)} = changed.${sql.ref(name)}`);
  if (changes.length === 0) return;
  await sql`
    update ${sql.table(table)} as stored set ${sql.join(changes)}
    from (${selectOf(columns, rows)}) as changed
    where stored.account_id = ${scope.account.id} and stored.id = changed.id
  `.execute(scope.db);
}

function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a instanceof Temporal.Instant && b instanceof Temporal.Instant) return a.equals(b);
  return Array.isArray(a) && Array.isArray(b) && arrayText(a as string[]) === arrayText(b as string[]);
}

type Column = { readonly name: string; readonly type: string };

function namesOf(columns: readonly Column[]): RawBuilder<unknown> {
  return sql.join(columns.map(({ name }) => sql.ref(name)));
}

/** Rows as a query, with the types of their columns. */
function selectOf(columns: readonly Column[], rows: readonly object[]): RawBuilder<unknown> {
  const values = columns.map(({ name, type }) => {
    const cast = sql.raw(sentAs(type) === type ? '' : `::${type}`);
    return sql`r.${sql.ref(name)}${cast} as ${sql.ref(name)}`;
  });
  const arrays = columns.map((column) => sql`${arrayOf(column, rows)}::${sql.raw(sentAs(column.type))}[]`);
  return sql`select ${sql.join(values)} from unnest(${sql.join(arrays)}) as r(${namesOf(columns)})`;
}

const BINARY_TYPES = new Set(['bigint', 'timestamp with time zone']);

/** Numbers and times are sent as what they are, everything else as its text. */
function sentAs(type: string): string {
  return BINARY_TYPES.has(type) ? type : 'text';
}

type Row = Readonly<Record<string, unknown>>;

function arrayOf({ name, type }: Column, rows: readonly object[]): Buffer {
  if (type === 'bigint') return bigintArray(rows, (row) => ((row as Row)[name] ?? null) as bigint | null);
  if (type === 'timestamp with time zone') {
    return instantArray(rows, (row) => ((row as Row)[name] ?? null) as Temporal.Instant | null);
  }
  return textArray(rows, (row) => textOf(((row as Row)[name] ?? null) as Value | null));
}

/** What a column can be given that is sent as its text. */
type Value = string | number | boolean | readonly string[];

function textOf(value: Value | null): string | null {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'object' ? arrayText(value) : String(value);
}

/** The text of an array of texts: `{"a","b\"c"}`. */
function arrayText(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
}

/** The types of the columns of tables; the schema does not change while a process runs. */
const typesOf = new Map<string, ReadonlyMap<string, string>>();

async function columnsOf(db: Queryable, table: string, row: object): Promise<Column[]> {
  const types = typesOf.get(table) ?? (await findTypes(db, table));
  typesOf.set(table, types);
  return Object.keys(row).map((name) => {
    const type = types.get(name);
    assert(type !== undefined, `${table} has no column ${name}`);
    return { name, type };
  });
}

async function findTypes(db: Queryable, table: string): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ name: string; type: string }>`
    select attname as name, format_type(atttypid, null) as type from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped
  `.execute(db);
  return new Map(rows.map(({ name, type }) => [name, type]));
}
