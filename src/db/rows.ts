import { type Insertable, sql } from 'kysely';
import type { Queryable } from './pool.ts';
import { PREPARED } from './prepared.ts';
import type { Scope } from './scope.ts';
import type { DB } from './tables.generated.ts';

/** A table whose rows have an id of their account. */
type Keyed = {
  [T in keyof DB]: 'account_id' extends keyof DB[T] ? ('id' extends keyof DB[T] ? T : never) : never;
}[keyof DB];

/**
 * Writes rows by one statement of one parameter, a JSON text: its text and its plan are the same for any number of rows,
 * so a connection keeps it. All rows must have the same columns; each has the account of the scope.
 */
export async function insertRows<T extends Keyed>(
  scope: Scope,
  table: T,
  rows: readonly Insertable<DB[T]>[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const names = sql.join(columns.map((column) => sql.ref(column)));
  await sql`${PREPARED}
    insert into ${sql.table(table)} (${names})
    select ${names} from json_populate_recordset(null::${sql.table(table)}, ${await textOf(scope.db, table, rows)}::json)
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
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first).filter((column) => column !== 'account_id' && column !== 'id');
  const changes = sql.join(columns.map((column) => sql`${sql.ref(column)} = changed.${sql.ref(column)}`));
  await sql`
    update ${sql.table(table)} as stored set ${changes}
    from json_populate_recordset(null::${sql.table(table)}, ${await textOf(scope.db, table, rows)}::json) as changed
    where stored.account_id = ${scope.account.id} and stored.id = changed.id
  `.execute(scope.db);
}

/** JSON of rows. Columns that hold JSON are texts of it already, and become a part of the text as they are. */
async function textOf(db: Queryable, table: string, rows: readonly object[]): Promise<string> {
  const json = await jsonColumnsOf(db, table);
  const columns = Object.keys(rows[0] ?? {}).map((name) => ({ name, head: `"${name}":`, isJson: json.has(name) }));
  const texts = rows.map((row) => {
    const values = row as Readonly<Record<string, unknown>>;
    const fields = columns.map(({ name, head, isJson }) => {
      const value = values[name] ?? null;
      return head + (isJson && typeof value === 'string' ? value : JSON.stringify(value));
    });
    return `{${fields.join(',')}}`;
  });
  return `[${texts.join(',')}]`;
}

/** The columns of tables that hold JSON; the schema does not change while a process runs. */
const jsonColumns = new Map<string, ReadonlySet<string>>();

async function jsonColumnsOf(db: Queryable, table: string): Promise<ReadonlySet<string>> {
  const known = jsonColumns.get(table);
  if (known !== undefined) return known;
  const { rows } = await sql<{ name: string }>`
    select attname as name from pg_attribute
    where attrelid = ${table}::regclass and atttypid in ('json'::regtype, 'jsonb'::regtype)
  `.execute(db);
  const found = new Set(rows.map(({ name }) => name));
  jsonColumns.set(table, found);
  return found;
}
