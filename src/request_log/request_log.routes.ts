import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import { listPage, listView, PAGING, timeRange } from '../stripe/lists.ts';
import { object } from '../stripe/params.ts';
import { oneOf } from '../stripe/params.types.ts';
import { type Route, route } from '../stripe/route.ts';
import { toUnix } from '../time/instant.ts';
import { findRequestLog, type RequestLogRow } from './request_log.sql.ts';

const PATH = '/v1/usance/request_logs';

const listParams = object({
  ...PAGING,
  created: timeRange(),
  method: oneOf('DELETE', 'GET', 'POST'),
  status: oneOf('failed', 'succeeded'),
});

/** The log of requests: changes and failures, newest first, without their bodies in the list. */
export const requestLogRoutes: Route[] = [
  route({
    method: 'GET',
    path: PATH,
    answers: { list: 'usance.request_log' },
    params: listParams,
    async handle(context, params) {
      const { method, status } = params;
      const page = await listPage(context, {
        table: 'request_logs',
        kind: 'request log',
        paging: params,
        created: params.created,
        refine(query) {
          const byMethod = method === undefined ? query : query.where('method', '=', method);
          if (status === undefined) return byMethod;
          return byMethod.where('status', status === 'failed' ? '>=' : '<', 400);
        },
      });
      return listView(
        PATH,
        page.rows.map((row) => viewSummary(context, row)),
        page.hasMore,
      );
    },
  }),
  route({
    method: 'GET',
    path: `${PATH}/:id`,
    answers: { object: 'usance.request_log' },
    params: object({}),
    async handle(context, _params, { id = '' }) {
      const row = await findRequestLog(context, id);
      if (row === undefined) throw resourceMissing('request log', id);
      return { ...viewSummary(context, row), request_body: row.request_body, response_body: row.response_body };
    },
  }),
];

function viewSummary({ account }: Context, row: RequestLogRow): JsonObject {
  return {
    id: row.id,
    object: 'usance.request_log',
    created: toUnix(row.created_at),
    duration_ms: row.duration_ms,
    idempotency_key: row.idempotency_key,
    livemode: account.livemode,
    method: row.method,
    path: row.path,
    query: row.query,
    status: row.status,
    user: row.user_email,
    user_agent: row.user_agent,
  };
}
