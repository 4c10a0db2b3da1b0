import { DEFAULT_LIST_LIMIT } from '../limits.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { exclusiveCursors, type PagingParams } from '../stripe/lists.ts';

/** Lines are paged in the order of their document, the one list that is not newest first; 4,000 at most, so in memory. */
export function pageInMemory<T extends { readonly id: string }>(
  lines: readonly T[],
  paging: PagingParams,
  kind: string,
): { items: readonly T[]; hasMore: boolean } {
  const { starting_after: after, ending_before: before, limit = DEFAULT_LIST_LIMIT } = paging;
  const positionOf = (id: string, param: string): number => {
    const position = lines.findIndex((line) => line.id === id);
    if (position < 0) throw resourceMissing(kind, id, param);
    return position;
  };
  if (after !== undefined && before !== undefined) throw exclusiveCursors();
  if (before !== undefined) {
    const end = positionOf(before, 'ending_before');
    const start = Math.max(0, end - limit);
    return { items: lines.slice(start, end), hasMore: start > 0 };
  }
  const start = after === undefined ? 0 : positionOf(after, 'starting_after') + 1;
  return { items: lines.slice(start, start + limit), hasMore: lines.length > start + limit };
}
