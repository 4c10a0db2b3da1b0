import type { Selectable } from 'kysely';
import type { DB } from '../db/tables.generated.ts';
import { MAX_LIST_LIMIT } from '../limits.ts';
import type { Context } from './context.ts';
import type { JsonObject } from './json.ts';
import type { ListedTable } from './lists.ts';
import { object, required } from './params.ts';
import { integer, string } from './params.types.ts';
import { type Route, route } from './route.ts';
import { searchCount, type SearchOptions, searchPage } from './search.sql.ts';

const searchParams = object({ limit: integer(1, MAX_LIST_LIMIT), page: string(), query: required(string()) });

/** The search of a resource: `view` makes the objects of a page of rows, in their order. */
export function searchRoute<T extends ListedTable>(
  options: SearchOptions<T> & {
    readonly object: string;
    readonly view: (context: Context, rows: Selectable<DB[T]>[]) => Promise<readonly JsonObject[]>;
  },
): Route {
  const path = `/v1/${options.resource}/search`;
  return route({
    method: 'GET',
    path,
    answers: { search: options.object },
    params: searchParams,
    async handle(context, params) {
      const { rows, nextPage } = await searchPage(context, options, params);
      const counted = context.request.expand?.includes('total_count') === true;
      return {
        object: 'search_result',
        data: await options.view(context, rows),
        has_more: nextPage !== null,
        next_page: nextPage,
        ...(counted ? { total_count: await searchCount(context, options, params.query) } : {}),
        url: path,
      };
    },
  });
}
