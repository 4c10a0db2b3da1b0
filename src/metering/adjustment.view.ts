import type { Context } from '../stripe/context.ts';
import { toRfc3339 } from '../time/instant.ts';
import type { Adjustment } from './adjustment.ts';

/**
 * The wire shape in v1. It is complete at once: the original may say `pending` while its totals follow later, here the
 * next summary is exact.
 */
export function viewAdjustment({ account }: Context, adjustment: Adjustment) {
  return {
    object: 'billing.meter_event_adjustment',
    cancel: { identifier: adjustment.identifier },
    event_name: adjustment.eventName,
    livemode: account.livemode,
    status: 'complete',
    type: 'cancel',
  };
}

/** The wire shape in v2. */
export function viewAdjustmentV2(context: Context, adjustment: Adjustment) {
  return {
    ...viewAdjustment(context, adjustment),
    id: adjustment.id,
    object: 'v2.billing.meter_event_adjustment',
    created: toRfc3339(adjustment.createdAt.epochMilliseconds),
  };
}
