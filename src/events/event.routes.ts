import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { findEvent } from './event.sql.ts';
import {
  type ListEventsParams,
  listEventsParams,
  listObjectEventsParams,
  retrieveEventParams,
} from './event.params.ts';
import { viewEvent } from './event.view.ts';

/** Our addition: the events whose `data.object` is one object. */
const OBJECT_EVENTS = '/v1/usance/events';

export const eventRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/events',
    answers: { list: 'event' },
    params: listEventsParams,
    handle: listEvents,
  }),
  route({
    method: 'GET',
    path: '/v1/events/:id',
    answers: { object: 'event' },
    params: retrieveEventParams,
    async handle(context, _params, { id = '' }) {
      const row = await findEvent(context, id);
      if (row === undefined) throw resourceMissing('event', id);
      return viewEvent(context, row);
    },
  }),
  route({
    method: 'GET',
    path: OBJECT_EVENTS,
    answers: { list: 'event' },
    params: listObjectEventsParams,
    async handle(context, params) {
      const page = await listPage(context, {
        table: 'events',
        kind: 'event',
        paging: params,
        refine: (query) => query.where('object_id', '=', params.object),
      });
      const events = page.rows.map((row) => viewEvent(context, row));
      return listView(OBJECT_EVENTS, events, page.hasMore);
    },
  }),
];

async function listEvents(context: Context, params: ListEventsParams) {
  const { type, types } = params;
  if (type !== undefined && types !== undefined) {
    throw invalidRequest('You may only specify one of these parameters: type, types.', 'types', 'parameters_exclusive');
  }
  const page = await listPage(context, {
    table: 'events',
    kind: 'event',
    // Whoever polls must see what is new, also behind a test clock that is years ahead.
    order: 'made',
    paging: params,
    created: params.created,
    refine(query) {
      if (types !== undefined) return query.where('type', 'in', types);
      if (type === undefined) return query;
      // `customer.*` names all types of that start.
      return type.endsWith('*')
        ? query.where('type', 'like', `${likeText(type.slice(0, -1))}%`)
        : query.where('type', '=', type);
    },
  });
  return listView(
    '/v1/events',
    page.rows.map((row) => viewEvent(context, row)),
    page.hasMore,
  );
}

/** `_` and `%` stand for themselves in a LIKE pattern when they are escaped. */
function likeText(text: string): string {
  return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
