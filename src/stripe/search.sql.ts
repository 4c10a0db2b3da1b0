import { type RawBuilder, type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import { type Scope, selectFrom } from '../db/scope.ts';
import type { DB } from '../db/tables.generated.ts';
import { fromUnix } from '../time/instant.ts';
import { DEFAULT_LIST_LIMIT } from '../limits.ts';
import { invalidParameter } from './errors.ts';
import type { ListedTable } from './lists.ts';
import { parseSearch, refuse, type SearchClause, type SearchOperator, type SearchQuery } from './search.ts';

/** Counts are exact up to here, as the reference says. */
const MAX_TOTAL_COUNT = 10_000;

const MIN_SUBSTRING_CHARACTERS = 3;
/** Amounts and times have at most 18 digits. */
const INTEGER = /^-?\d{1,18}$/;
/** 9999-12-31T23:59:58Z: the second after it can still be told. */
const MAX_UNIX_SECONDS = 253_402_300_798;

/**
 * A field that can be searched: exact ids and words, text in any case, whole numbers, times, booleans; `nothing` is a
 * field that is always null. `column` is a column, or an expression.
 */
type SearchField = {
  readonly kind: 'token' | 'text' | 'number' | 'time' | 'boolean' | 'nothing';
  readonly column: string | RawBuilder<unknown>;
};

/** Field names of a resource; `metadata` is a field of all. */
type SearchFields = Readonly<Record<string, SearchField>>;

export type SearchParams = { readonly query: string; readonly limit?: number; readonly page?: string };

export type SearchOptions<T extends ListedTable> = {
  readonly table: T;
  /** What the resource is called in errors, such as `invoices`. */
  readonly resource: string;
  readonly fields: SearchFields;
  /** False for rows that are never found, such as deleted ones. */
  readonly visible?: RawBuilder<boolean>;
};

export type SearchPage<T extends ListedTable> = {
  readonly rows: Selectable<DB[T]>[];
  /** What `page` takes for the rows that follow; null when none do. */
  readonly nextPage: string | null;
};

/** A page of what a query finds, newest first. */
export async function searchPage<T extends ListedTable>(
  scope: Scope,
  options: SearchOptions<T>,
  { query: text, limit = DEFAULT_LIST_LIMIT, page }: SearchParams,
): Promise<SearchPage<T>> {
  let query = matching(scope, options, parseSearch(text));
  if (page !== undefined) {
    const after = readPage(page);
    query = query.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(after.at, after.id)));
  }
  const found = await query
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const nextPage = found.length > limit && last !== undefined ? pageAfter(last.created_at, last.id) : null;
  return { rows: rows as unknown as Selectable<DB[T]>[], nextPage };
}

/** How many rows a query finds, up to 10,000. */
export async function searchCount<T extends ListedTable>(
  scope: Scope,
  options: SearchOptions<T>,
  text: string,
): Promise<bigint> {
  const found = matching(scope, options, parseSearch(text)).select('id').limit(MAX_TOTAL_COUNT);
  const { rows } = await sql<{ count: bigint }>`select count(*) as count from ${found} as found`.execute(scope.db);
  return rows[0]?.count ?? 0n;
}

function matching<T extends ListedTable>(
  scope: Scope,
  { table, resource, fields, visible = sql<boolean>`true` }: SearchOptions<T>,
  { join, clauses }: SearchQuery,
): SelectQueryBuilder<DB, 'customers', object> {
  const conditions = clauses.map((clause) => conditionOf(clause, fields, resource));
  const joined = sql<boolean>`(${sql.join(conditions, join === 'or' ? sql` or ` : sql` and `)})`;
  // A concrete table name stands for the generic one: all listed tables have an id and a time.
  const query = selectFrom(scope, table) as unknown as SelectQueryBuilder<DB, 'customers', object>;
  return query.where(visible).where(joined);
}

/** What is not there is neither equal nor greater, so a negation finds it. */
function conditionOf(clause: SearchClause, fields: SearchFields, resource: string): RawBuilder<boolean> {
  const field = fieldOf(clause, fields, resource);
  const column = typeof field.column === 'string' ? sql.ref(field.column) : field.column;
  const condition =
    clause.value === null
      ? nullCondition(clause, field.kind, column)
      : valueCondition(clause, field.kind, column, clause.value);
  return clause.isNegated ? sql<boolean>`not coalesce(${condition}, false)` : sql<boolean>`(${condition})`;
}

function fieldOf({ field: name, key }: SearchClause, fields: SearchFields, resource: string): SearchField {
  if (name === 'metadata' && key !== null) return { kind: 'text', column: sql`metadata ->> ${key}` };
  const field = key === null && Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field !== undefined) return field;
  throw refuse(
    `Field \`${name.slice(0, 40)}\` is an unsupported search field for resource \`${resource}\`. Supported fields are: metadata["key"], ${Object.keys(fields).join(', ')}.`,
  );
}

function nullCondition(
  { operator }: SearchClause,
  kind: SearchField['kind'],
  column: RawBuilder<unknown>,
): RawBuilder<boolean> {
  if (operator !== ':') throw refuse('`null` can only be compared with `:`.');
  if (kind === 'nothing') return sql<boolean>`true`;
  return sql<boolean>`${column} is null`;
}

function valueCondition(
  clause: SearchClause,
  kind: SearchField['kind'],
  column: RawBuilder<unknown>,
  value: string,
): RawBuilder<boolean> {
  const { operator, field } = clause;
  if (kind === 'text' && operator === '~') return contains(column, value);
  if (kind === 'number' || kind === 'time') return compared(clause, kind, column, value);
  if (operator !== ':') throw refuse(`The field \`${field}\` can not be searched with \`${operator}\`.`);
  if (kind === 'nothing') return sql<boolean>`false`;
  if (kind === 'token') return sql<boolean>`${column} = ${value}`;
  if (kind === 'text') return sql<boolean>`lower(${column}) = lower(${value})`;
  if (value !== 'true' && value !== 'false') throw refuse(`The field \`${field}\` is either "true" or "false".`);
  return sql<boolean>`${column} = ${value === 'true'}`;
}

/** `%`, `_` and `\` are ordinary characters of what is looked for. */
function contains(column: RawBuilder<unknown>, value: string): RawBuilder<boolean> {
  if (value.length < MIN_SUBSTRING_CHARACTERS) {
    throw refuse(`A substring that is searched for must have at least ${MIN_SUBSTRING_CHARACTERS} characters.`);
  }
  return sql<boolean>`${column} ilike ${`%${value.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`}`;
}

function compared(
  { operator, field }: SearchClause,
  kind: 'number' | 'time',
  column: RawBuilder<unknown>,
  value: string,
): RawBuilder<boolean> {
  if (operator === '~') throw refuse(`The field \`${field}\` can not be searched with \`~\`.`);
  if (!INTEGER.test(value)) throw refuse(`The field \`${field}\` is a number, not "${value.slice(0, 40)}".`);
  if (kind === 'time') return inSeconds(operator, column, Number(value));
  return sql<boolean>`${column} ${operator === ':' ? sql`=` : sql.raw(operator)} ${BigInt(value)}`;
}

/** Times are stored finer than the whole seconds that the API tells, and that a query means. */
function inSeconds(operator: SearchOperator, column: RawBuilder<unknown>, value: number): RawBuilder<boolean> {
  const at = fromUnix(Math.min(Math.max(value, 0), MAX_UNIX_SECONDS));
  const next = at.add({ seconds: 1 });
  if (operator === ':') return sql<boolean>`${column} >= ${at} and ${column} < ${next}`;
  if (operator === '>' || operator === '>=') return sql<boolean>`${column} >= ${operator === '>' ? next : at}`;
  return sql<boolean>`${column} < ${operator === '<' ? at : next}`;
}

/** A time and the id of a row, whose alphabet is that of products, which name themselves. */
const PAGE = /^(\d{4}-[\d:.T-]{1,30}Z) ([\w.:@-]{1,255})$/;

/** A place in the results: clients hand it back as it is. */
function pageAfter(at: Temporal.Instant, id: string): string {
  return Buffer.from(`${at.toString()} ${id}`).toString('base64url');
}

function readPage(page: string): { at: Temporal.Instant; id: string } {
  const [, at = '', id = ''] = PAGE.exec(Buffer.from(page, 'base64url').toString()) ?? [];
  try {
    return { at: Temporal.Instant.from(at), id };
  } catch {
    throw invalidParameter('page', `Invalid page: ${page.slice(0, 100)}. It must be the \`next_page\` of an answer.`);
  }
}
