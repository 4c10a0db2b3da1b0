import type { StoredEvent } from './stored_event.sql.ts';
import { amountText, keptPayload, type MeterEvent } from './meter_event.ts';
import type { EventInput } from './event_input.ts';
import type { Meter } from './meter.ts';

/** An event as it was counted, to be compared with a repetition. */
export type Counted = Pick<
  StoredEvent,
  'meterId' | 'customerId' | 'value' | 'payload' | 'eventAtMs' | 'receivedAtMs' | 'cancelledAt'
>;

/**
 * True when a repetition says what the counted event says: meter, customer, payload, and the time if it names one. A
 * cancelled event counts no more, so a repetition must not be told that it does.
 */
export function isSameEvent(counted: Counted, event: MeterEvent, input: EventInput): boolean {
  return (
    counted.cancelledAt === null &&
    counted.meterId === event.meter.id &&
    counted.customerId === event.customerId &&
    counted.value === amountText(event.amount) &&
    (input.timestampMs === undefined || input.timestampMs === counted.eventAtMs) &&
    canonical(reduced(counted, event.meter)) ===
      canonical(JSON.parse(keptPayload(event) ?? 'null') as Counted['payload'])
  );
}

/** Events of earlier versions are kept with their whole payload; see `keptPayload`. */
function reduced({ payload, value }: Counted, meter: Meter): Counted['payload'] {
  if (payload === null) return null;
  const isPlain =
    Object.keys(payload).length === 2 && payload[meter.valueKey] === value && meter.customerKey in payload;
  return isPlain && meter.formula !== 'count' && meter.formula !== 'unique_count' ? null : payload;
}

/** The same text for equal payloads, whatever the order of their keys. */
function canonical(payload: Counted['payload']): string {
  if (payload === null) return '';
  return JSON.stringify(Object.entries(payload).sort(([a], [b]) => (a < b ? -1 : 1)));
}
