import type { Context } from '../stripe/context.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import type { Meter } from './meter.ts';
import { createMeterEventParams } from './meter_event.params.ts';
import {
  createMeterParams,
  listMetersParams,
  listSummariesParams,
  noParams,
  updateMeterParams,
} from './meter.params.ts';
import { toMeter } from './meter.sql.ts';
import { viewMeter } from './meter.view.ts';
import type { MeterEventRecorder } from './record_event.ts';
import { listSummaries } from './summary.ts';
import { createMeter, deactivateMeter, reactivateMeter, renameMeter, requireMeter } from './write.ts';

const answers = { object: 'billing.meter' };

export const meterRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/billing/meters',
    answers,
    params: createMeterParams,
    handle: async (context, params) => viewMeter(context, await createMeter(context, params)),
  }),
  route({
    method: 'GET',
    path: '/v1/billing/meters',
    answers: { list: 'billing.meter' },
    params: listMetersParams,
    async handle(context, params) {
      const { status } = params;
      const page = await listPage(context, {
        table: 'meters',
        kind: 'billing meter',
        paging: params,
        refine: (query) => (status === undefined ? query : query.where('status', '=', status)),
      });
      return listView(
        '/v1/billing/meters',
        page.rows.map((row) => viewMeter(context, toMeter(row))),
        page.hasMore,
      );
    },
  }),
  route({
    method: 'GET',
    path: '/v1/billing/meters/:id',
    answers,
    params: noParams,
    handle: async (context, _params, { id = '' }) => viewMeter(context, await requireMeter(context, id, 'id')),
  }),
  route({
    method: 'POST',
    path: '/v1/billing/meters/:id',
    answers,
    params: updateMeterParams,
    handle: async (context, params, { id = '' }) =>
      viewMeter(context, await renameMeter(context, id, params.display_name)),
  }),
  statusRoute('deactivate', deactivateMeter),
  statusRoute('reactivate', reactivateMeter),
  route({
    method: 'GET',
    path: '/v1/billing/meters/:id/event_summaries',
    answers: { list: 'billing.meter_event_summary' },
    params: listSummariesParams,
    handle: async (context, params, { id = '' }) =>
      await listSummaries(context, await requireMeter(context, id, 'id'), params),
  }),
];

function statusRoute(verb: string, change: (context: Context, id: string) => Promise<Meter>): Route {
  return route({
    method: 'POST',
    path: `/v1/billing/meters/:id/${verb}`,
    answers,
    params: noParams,
    handle: async (context, _params, { id = '' }) => viewMeter(context, await change(context, id)),
  });
}

/** The doors through which events come in. */
export function meterEventRoutes(recorder: MeterEventRecorder): Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/billing/meter_events',
      answers: { object: 'billing.meter_event' },
      params: createMeterEventParams,
      share: async (context, params, requestHash) => await recorder.record(context, params, requestHash),
    }),
  ];
}
