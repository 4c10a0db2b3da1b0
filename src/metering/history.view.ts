import type { Context } from '../stripe/context.ts';
import { toUnix } from '../time/instant.ts';
import { encodeEventId } from './history_id.ts';
import type { Meter } from './meter.ts';
import type { RejectedEvent } from './rejected_event.sql.ts';
import type { StoredEvent } from './stored_event.sql.ts';

/** The wire shape of a counted or cancelled event: an object of ours, the original shows no single events. */
export function viewCounted({ account }: Context, event: StoredEvent, meter: Meter) {
  const { cancelledAt } = event;
  return {
    id: encodeEventId(event, account.livemode),
    object: 'usance.meter_event',
    cancelled_at: cancelledAt && toUnix(cancelledAt),
    customer: event.customerId,
    dimensions: event.dimensions,
    event_name: meter.eventName,
    identifier: event.identifier,
    livemode: account.livemode,
    meter: meter.id,
    payload: event.payload ?? impliedPayload(event, meter),
    received_at: Math.floor(event.receivedAtMs / 1000),
    rejection: null,
    status: cancelledAt === null ? 'counted' : 'cancelled',
    timestamp: Math.floor(event.eventAtMs / 1000),
    value: event.value,
  };
}

/** What `keptPayload` leaves out. */
function impliedPayload({ customerId, value }: StoredEvent, meter: Meter): Readonly<Record<string, string>> {
  const usesValue = meter.formula !== 'count' && meter.formula !== 'unique_count';
  return { [meter.customerKey]: customerId, ...(usesValue && { [meter.valueKey]: value }) };
}

/** The wire shape of a rejected event: what could be read of it, and why it does not count. */
export function viewRejected({ account }: Context, event: RejectedEvent) {
  return {
    id: event.id,
    object: 'usance.meter_event',
    cancelled_at: null,
    customer: event.customerId,
    dimensions: null,
    event_name: event.eventName,
    identifier: event.identifier,
    livemode: account.livemode,
    meter: event.meterId,
    payload: event.payload,
    received_at: toUnix(event.receivedAt),
    rejection: { code: event.code, message: event.message },
    status: 'rejected',
    timestamp: event.eventAt && toUnix(event.eventAt),
    value: null,
  };
}
