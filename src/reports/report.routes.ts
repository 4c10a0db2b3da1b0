import { viewEvent } from '../events/event.view.ts';
import { listView } from '../stripe/lists.ts';
import { type Route, route } from '../stripe/route.ts';
import { requireClock } from './clock.ts';
import { listClockEvents } from './clock_events.sql.ts';
import { listInvoiceTotals } from './invoice_totals.ts';
import { viewOverview } from './overview.ts';
import { clockEventsParams, invoiceTotalsParams, overviewParams } from './report.params.ts';

const TOTALS = '/v1/usance/invoice_totals';

export const reportRoutes: Route[] = [
  route({
    method: 'GET',
    path: TOTALS,
    answers: { list: 'usance.invoice_total' },
    params: invoiceTotalsParams,
    handle: async (context, params) => listView(TOTALS, await listInvoiceTotals(context, params), false),
  }),
  route({
    method: 'GET',
    path: '/v1/usance/overview',
    answers: { object: 'usance.overview' },
    params: overviewParams,
    handle: async (context, params) => await viewOverview(context, params.test_clock),
  }),
  route({
    method: 'GET',
    path: '/v1/usance/test_clocks/:test_clock/events',
    answers: { list: 'event' },
    params: clockEventsParams,
    async handle(context, params, { test_clock: id = '' }) {
      await requireClock(context, id);
      const { rows, hasMore } = await listClockEvents(context, id, params);
      const events = rows.map((row) => viewEvent(context, row));
      return listView(`/v1/usance/test_clocks/${id}/events`, events, hasMore);
    },
  }),
];
