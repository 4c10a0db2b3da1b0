import type { Selectable, SelectQueryBuilder } from 'kysely';
import { type Scope, selectFrom } from '../db/scope.ts';
import type { DB } from '../db/tables.generated.ts';
import { DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT } from '../limits.ts';
import { invalidRequest, resourceMissing } from './errors.ts';
import type { JsonObject } from './json.ts';
import { object } from './params.ts';
import { integer, string, textOr, timestamp } from './params.types.ts';

/** The parameters of every list. Spread into an operation's own. */
export const PAGING = {
  limit: integer(1, MAX_LIST_LIMIT),
  starting_after: string(),
  ending_before: string(),
};

export type PagingParams = { limit?: number; starting_after?: string; ending_before?: string };

/** `created=5` or `created[gte]=5&created[lt]=9`. */
export const timeRange = () =>
  textOr(timestamp(), object({ gt: timestamp(), gte: timestamp(), lt: timestamp(), lte: timestamp() }));

export type TimeRange =
  | Temporal.Instant
  | { gt?: Temporal.Instant; gte?: Temporal.Instant; lt?: Temporal.Instant; lte?: Temporal.Instant };

/** Half-open bounds for instants stored finer than the seconds that the API tells: `lte 5` includes 5.9 s. */
export function timeBounds(range: TimeRange): { from?: Temporal.Instant; before?: Temporal.Instant } {
  const nextSecond = (instant: Temporal.Instant) => instant.add({ seconds: 1 });
  if (range instanceof Temporal.Instant) return { from: range, before: nextSecond(range) };
  const from = [range.gte, range.gt && nextSecond(range.gt)].filter((bound) => bound !== undefined);
  const before = [range.lt, range.lte && nextSecond(range.lte)].filter((bound) => bound !== undefined);
  from.sort((a, b) => Temporal.Instant.compare(b, a));
  before.sort(Temporal.Instant.compare);
  return { ...(from[0] && { from: from[0] }), ...(before[0] && { before: before[0] }) };
}

/** Tables whose rows are listed newest first by `(created_at, id)`. */
export type ListedTable = {
  [T in keyof DB]: DB[T] extends { account_id: string; id: string; created_at: Temporal.Instant } ? T : never;
}[keyof DB];

export type Page<T extends ListedTable> = { rows: Selectable<DB[T]>[]; hasMore: boolean };

type Listed<T extends ListedTable> = SelectQueryBuilder<DB, T, object>;

/**
 * One page of a table, newest first by `created` unless told otherwise. `refine` adds the operation's filters. `kind` is the object's name in the error
 * for a cursor that names no row.
 */
export async function listPage<T extends ListedTable>(
  scope: Scope,
  options: {
    table: T;
    kind: string;
    paging: PagingParams;
    created?: TimeRange | undefined;
    refine?: (query: Listed<T>) => Listed<T>;
    /** The column that orders rows of one second, where it is not the id because people choose those. */
    sequence?: T extends 'coupons' ? 'key' : 'id';
    /** `made`: by the ids alone, which ascend as rows are made, whatever time a test clock gives them. */
    order?: 'created' | 'made';
  },
): Promise<Page<T>> {
  const { starting_after: after, ending_before: before, limit = DEFAULT_LIST_LIMIT } = options.paging;
  if (after !== undefined && before !== undefined) {
    throw exclusiveCursors();
  }
  const refined = (options.refine ?? ((query) => query))(selectFrom(scope, options.table));
  // A concrete table name stands for the generic one: all listed tables have these three columns.
  let query = refined as unknown as Listed<'customers'>;
  const column = `${options.table as 'customers'}.created_at` as const;
  const sequence = options.sequence ?? 'id';
  const id = `${options.table as 'customers'}.${sequence as 'id'}` as const;
  const isMadeOrder = options.order === 'made';
  if (options.created !== undefined) query = createdWithin(query, column, options.created);
  const cursor = after ?? before;
  if (cursor !== undefined) {
    const name = after === undefined ? 'ending_before' : 'starting_after';
    const at = await findCursor(scope, options.table, cursor, sequence);
    if (at === undefined) throw resourceMissing(options.kind, cursor, name);
    const operator = after === undefined ? '>' : '<';
    query = query.where((eb) =>
      isMadeOrder
        ? eb(id, operator, at.sequence)
        : eb(eb.refTuple(column, id), operator, eb.tuple(at.created_at, at.sequence)),
    );
  }
  const direction = before === undefined ? 'desc' : 'asc';
  const rows = await query
    .selectAll(options.table as 'customers')
    .$if(!isMadeOrder, (unsorted) => unsorted.orderBy(column, direction))
    .orderBy(id, direction)
    .limit(limit + 1)
    .execute();
  const hasMore = rows.length > limit;
  const kept = rows.slice(0, limit);
  if (before !== undefined) kept.reverse();
  return { rows: kept as unknown as Selectable<DB[T]>[], hasMore };
}

function createdWithin(query: Listed<'customers'>, column: 'customers.created_at', range: TimeRange) {
  const { from, before } = timeBounds(range);
  let within = query;
  if (from) within = within.where(column, '>=', from);
  if (before) within = within.where(column, '<', before);
  return within;
}

/** The error for a list that is asked to begin at two places. */
export function exclusiveCursors() {
  return invalidRequest(
    'You can not use both starting_after and ending_before.',
    'ending_before',
    'parameters_exclusive',
  );
}

async function findCursor(scope: Scope, table: ListedTable, id: string, sequence: string) {
  return await selectFrom(scope, table as 'customers')
    .select(['created_at', `${sequence as 'id'} as sequence`])
    .where('id', '=', id)
    // Of coupons that had an id one after the other, the last one is listed.
    .orderBy('created_at', 'desc')
    .orderBy(sequence as 'id', 'desc')
    .executeTakeFirst();
}

/** The list envelope of v1. */
export function listView(url: string, data: readonly JsonObject[], hasMore: boolean): JsonObject {
  return { object: 'list', data, has_more: hasMore, url };
}
