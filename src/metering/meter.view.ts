import type { Context } from '../stripe/context.ts';
import { toUnix } from '../time/instant.ts';
import type { Meter } from './meter.ts';

/** The wire shape of a meter. */
export function viewMeter(context: Context, meter: Meter) {
  return {
    id: meter.id,
    object: 'billing.meter',
    created: toUnix(meter.createdAt),
    customer_mapping: { event_payload_key: meter.customerKey, type: 'by_id' },
    default_aggregation: { formula: meter.formula },
    display_name: meter.displayName,
    event_name: meter.eventName,
    event_time_window: meter.eventTimeWindow,
    livemode: context.account.livemode,
    status: meter.status,
    status_transitions: { deactivated_at: meter.deactivatedAt && toUnix(meter.deactivatedAt) },
    updated: toUnix(meter.updatedAt),
    value_settings: { event_payload_key: meter.valueKey },
  };
}

/** Our own shape of a meter: everything of the original's, and its dimensions. */
export function viewUsageMeter(context: Context, meter: Meter) {
  return {
    ...viewMeter(context, meter),
    object: 'usance.meter',
    dimension_payload_keys: meter.dimensionKeys,
  };
}
