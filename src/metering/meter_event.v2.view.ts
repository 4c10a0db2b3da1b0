import type { Context } from '../stripe/context.ts';
import { StripeError } from '../stripe/errors.ts';
import { toRfc3339 } from '../time/instant.ts';
import type { MeterEvent } from './meter_event.ts';
import type { EventDoor } from './record_event.ts';

/** How API v2 tells events. */
export const v2Door: EventDoor = {
  view: (context: Context, event: MeterEvent) => ({
    object: 'v2.billing.meter_event',
    // The API tells whole seconds.
    created: toRfc3339(Math.floor(event.receivedAtMs / 1_000) * 1_000),
    event_name: event.meter.eventName,
    identifier: event.identifier,
    livemode: context.account.livemode,
    payload: event.payload,
    timestamp: toRfc3339(event.eventAtMs),
  }),
  /** Here the refusal has a code, which v1 has not. */
  duplicate: (identifier: string) =>
    new StripeError({
      status: 400,
      code: 'duplicate_meter_event',
      message: `An event already exists with identifier ${identifier}.`,
      shouldRetry: false,
    }),
};
