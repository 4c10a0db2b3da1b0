import { type Route, route } from '../stripe/route.ts';
import { createAdjustmentParams } from './adjustment.params.ts';
import { cancelEvent } from './adjustment.ts';
import { viewAdjustment, viewAdjustmentV2 } from './adjustment.view.ts';

/** Corrections, by both versions of the API. */
export const adjustmentRoutes: Route[] = [
  route({
    method: 'POST',
    path: '/v1/billing/meter_event_adjustments',
    answers: { object: 'billing.meter_event_adjustment' },
    params: createAdjustmentParams,
    handle: async (context, params) => viewAdjustment(context, await cancelEvent(context, params)),
  }),
  route({
    method: 'POST',
    path: '/v2/billing/meter_event_adjustments',
    answers: { object: 'v2.billing.meter_event_adjustment' },
    params: createAdjustmentParams,
    handle: async (context, params) => viewAdjustmentV2(context, await cancelEvent(context, params)),
  }),
];
