import type { Context } from '../stripe/context.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import type { Meter } from './meter.ts';
import {
  createUsageMeterParams,
  listMetersParams,
  listTopCustomersParams,
  listUsageSummariesParams,
  noParams,
  updateMeterParams,
} from './meter.params.ts';
import { toMeter } from './meter.sql.ts';
import { viewUsageMeter } from './meter.view.ts';
import { listUsageSummaries } from './summary.ts';
import { viewUsageSummary } from './summary.view.ts';
import { listTopCustomers, viewMeterCustomer } from './top_customers.ts';
import { createMeter, deactivateMeter, reactivateMeter, renameMeter, requireMeter } from './write.ts';

const PATH = '/v1/usance/meters';
const answers = { object: 'usance.meter' };

/** Every meter in our own shape: the original's, and those with formulas and dimensions that it does not have. */
export const usageMeterRoutes: Route[] = [
  route({
    method: 'POST',
    path: PATH,
    answers,
    params: createUsageMeterParams,
    handle: async (context, params) => viewUsageMeter(context, await createMeter(context, params)),
  }),
  route({
    method: 'GET',
    path: PATH,
    answers: { list: 'usance.meter' },
    params: listMetersParams,
    async handle(context, params) {
      const { status } = params;
      const page = await listPage(context, {
        table: 'meters',
        kind: 'billing meter',
        paging: params,
        refine: (query) => (status === undefined ? query : query.where('status', '=', status)),
      });
      const meters = page.rows.map((row) => viewUsageMeter(context, toMeter(row)));
      return listView(PATH, meters, page.hasMore);
    },
  }),
  route({
    method: 'GET',
    path: `${PATH}/:id`,
    answers,
    params: noParams,
    handle: async (context, _params, { id = '' }) => viewUsageMeter(context, await requireMeter(context, id, 'id')),
  }),
  route({
    method: 'POST',
    path: `${PATH}/:id`,
    answers,
    params: updateMeterParams,
    handle: async (context, params, { id = '' }) =>
      viewUsageMeter(context, await renameMeter(context, id, params.display_name)),
  }),
  statusRoute('deactivate', deactivateMeter),
  statusRoute('reactivate', reactivateMeter),
  route({
    method: 'GET',
    path: `${PATH}/:id/summaries`,
    answers: { list: 'usance.meter_event_summary' },
    params: listUsageSummariesParams,
    async handle(context, params, { id = '' }) {
      const meter = await requireMeter(context, id, 'id');
      const { summaries, hasMore } = await listUsageSummaries(context, meter, params);
      const data = summaries.map((summary) => viewUsageSummary(context, meter, params.customer, summary));
      return listView(`${PATH}/${id}/summaries`, data, hasMore);
    },
  }),
  route({
    method: 'GET',
    path: `${PATH}/:id/top_customers`,
    answers: { list: 'usance.meter_customer' },
    params: listTopCustomersParams,
    async handle(context, params, { id = '' }) {
      const meter = await requireMeter(context, id, 'id');
      const { customers, hasMore } = await listTopCustomers(context, meter, params);
      return listView(
        `${PATH}/${id}/top_customers`,
        customers.map((one) => viewMeterCustomer(meter, one)),
        hasMore,
      );
    },
  }),
];

function statusRoute(verb: string, change: (context: Context, id: string) => Promise<Meter>): Route {
  return route({
    method: 'POST',
    path: `${PATH}/:id/${verb}`,
    answers,
    params: noParams,
    handle: async (context, _params, { id = '' }) => viewUsageMeter(context, await change(context, id)),
  });
}
