import { invalidParameter, type StripeError } from './errors.ts';

/** What one clause asks of a field; `-` before a clause negates it. */
export type SearchOperator = ':' | '~' | '>' | '<' | '>=' | '<=';

export type SearchClause = {
  /** A name such as `total`, or `metadata`, whose key then says which one. */
  readonly field: string;
  readonly key: string | null;
  readonly isNegated: boolean;
  readonly operator: SearchOperator;
  /** Null for the word `null`. Numbers are text, as they were written. */
  readonly value: string | null;
};

/** A query of the search language: clauses that all must hold, or of which one must. */
export type SearchQuery = { readonly join: 'and' | 'or'; readonly clauses: readonly SearchClause[] };

/** Clauses of one query: far more than anybody writes by hand. The reference names no limit. */
const MAX_CLAUSES = 20;

const QUOTED = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`;
const CLAUSE = new RegExp(
  String.raw`(?<negation>-?)(?<field>[a-z_]+)(?:\[(?<key>${QUOTED})\])?(?<operator>:|~|>=|<=|>|<)(?<value>${QUOTED}|[\w.+@:/-]+)`,
  'iy',
);
const JOIN = /\s+(?:(?<word>AND|OR)\s+)?/iy;

/**
 * Parses a query such as `total>1000 AND -metadata["k"]:"v"`. Clauses side by side are joined by AND; AND and OR can't
 * be mixed, and there are no parentheses. Throws an error on `query` for everything else.
 */
export function parseSearch(text: string): SearchQuery {
  const source = text.trim();
  const clauses: SearchClause[] = [];
  const joins = new Set<string>();
  for (let at = 0; ;) {
    const clause = matchAt(CLAUSE, source, at);
    if (clause === undefined) throw unreadable();
    clauses.push(readClause(clause.groups ?? {}));
    at += clause[0].length;
    if (at === source.length) break;
    const join = matchAt(JOIN, source, at);
    if (join === undefined) throw unreadable();
    joins.add((join.groups?.['word'] ?? 'AND').toUpperCase());
    at += join[0].length;
  }
  if (joins.size > 1) throw refuse('You cannot combine AND and OR in the same query.');
  if (clauses.length > MAX_CLAUSES) throw refuse(`A query can have at most ${MAX_CLAUSES} clauses.`);
  return { join: joins.has('OR') ? 'or' : 'and', clauses };
}

function matchAt(pattern: RegExp, source: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(source) ?? undefined;
}

function readClause(groups: Readonly<Record<string, string | undefined>>): SearchClause {
  const { negation, field = '', key, operator = ':', value = '' } = groups;
  return {
    field: field.toLowerCase(),
    key: key === undefined ? null : unquote(key),
    isNegated: negation === '-',
    operator: operator as SearchOperator,
    value: value.toLowerCase() === 'null' ? null : unquote(value),
  };
}

/** Quotes are optional around words and numbers; inside them a backslash keeps the next character. */
function unquote(text: string): string {
  if (!/^["']/.test(text)) return text;
  return text.slice(1, -1).replaceAll(/\\(.)/gs, '$1');
}

/** An error of the search query. */
export function refuse(message: string): StripeError {
  return invalidParameter('query', message);
}

function unreadable(): StripeError {
  return refuse(
    'We were unable to parse your search query. Try using the format `metadata["key"]:"value"` to query for metadata or `key:"value"` to query for other fields.',
  );
}
