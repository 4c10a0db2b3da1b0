import type { Context } from '../stripe/context.ts';
import { listPage, listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { type Meter, STRIPE_FORMULAS } from './meter.ts';
import { createMeterEventParams, toInput } from './meter_event.params.ts';
import { v1Door } from './meter_event.view.ts';
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
import { viewSummary } from './summary.view.ts';
import { createMeter, deactivateMeter, reactivateMeter, renameMeter, requireBillingMeter } from './write.ts';

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
        refine(query) {
          const shown = query.where('formula', 'in', STRIPE_FORMULAS);
          return status === undefined ? shown : shown.where('status', '=', status);
        },
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
    handle: async (context, _params, { id = '' }) => viewMeter(context, await requireBillingMeter(context, id)),
  }),
  route({
    method: 'POST',
    path: '/v1/billing/meters/:id',
    answers,
    params: updateMeterParams,
    async handle(context, params, { id = '' }) {
      await requireBillingMeter(context, id);
      return viewMeter(context, await renameMeter(context, id, params.display_name));
    },
  }),
  statusRoute('deactivate', deactivateMeter),
  statusRoute('reactivate', reactivateMeter),
  route({
    method: 'GET',
    path: '/v1/billing/meters/:id/event_summaries',
    answers: { list: 'billing.meter_event_summary' },
    params: listSummariesParams,
    async handle(context, params, { id = '' }) {
      const meter = await requireBillingMeter(context, id);
      const { summaries, hasMore } = await listSummaries(context, meter, params);
      const data = summaries.map((summary) => viewSummary(context, meter, summary));
      return listView(`/v1/billing/meters/${id}/event_summaries`, data, hasMore);
    },
  }),
];

function statusRoute(verb: string, change: (context: Context, id: string) => Promise<Meter>): Route {
  return route({
    method: 'POST',
    path: `/v1/billing/meters/:id/${verb}`,
    answers,
    params: noParams,
    async handle(context, _params, { id = '' }) {
      await requireBillingMeter(context, id);
      return viewMeter(context, await change(context, id));
    },
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
      share: async (context, params, requestHash) =>
        await recorder.record(context, toInput(params), requestHash, v1Door),
    }),
  ];
}
