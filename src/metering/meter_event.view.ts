import type { Context } from '../stripe/context.ts';
import { StripeError } from '../stripe/errors.ts';
import type { MeterEvent } from './meter_event.ts';
import type { EventDoor } from './record_event.ts';

/** How v1 tells events. */
export const v1Door: EventDoor = {
  view: (context: Context, event: MeterEvent) => ({
    object: 'billing.meter_event',
    created: Math.floor(event.receivedAtMs / 1000),
    event_name: event.meter.eventName,
    identifier: event.identifier,
    livemode: context.account.livemode,
    payload: event.payload,
    timestamp: Math.floor(event.eventAtMs / 1000),
  }),
  /** Clients match on this text, and it has no code, as in the original. */
  duplicate: (identifier: string) =>
    new StripeError({
      status: 400,
      message: `An event already exists with identifier ${identifier}.`,
      shouldRetry: false,
    }),
};
