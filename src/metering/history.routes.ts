import { type Route, route } from '../stripe/route.ts';
import { listEventsParams } from './history.params.ts';
import { listEvents, retrieveEvent } from './history.ts';
import { noParams } from './meter.params.ts';

/** The event history: every event that an account sent, with what became of it. */
export const historyRoutes: Route[] = [
  route({
    method: 'GET',
    path: '/v1/usance/meter_events',
    answers: { list: 'usance.meter_event' },
    params: listEventsParams,
    handle: async (context, params) => await listEvents(context, params),
  }),
  route({
    method: 'GET',
    path: '/v1/usance/meter_events/:id',
    answers: { object: 'usance.meter_event' },
    params: noParams,
    handle: async (context, _params, { id = '' }) => await retrieveEvent(context, id),
  }),
];
