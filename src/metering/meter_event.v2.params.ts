import { MAX_STREAM_EVENTS } from '../limits.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import { list, rfc3339, string } from '../stripe/params.types.ts';
import { MAX_EVENT_NAME_CHARACTERS, MAX_IDENTIFIER_CHARACTERS, payload } from './meter_event.params.ts';

export const createMeterEventV2Params = object({
  event_name: required(string({ max: MAX_EVENT_NAME_CHARACTERS })),
  payload: required(payload),
  identifier: string({ max: MAX_IDENTIFIER_CHARACTERS }),
  timestamp: rfc3339(),
});

export type CreateMeterEventV2Params = ParamsOf<typeof createMeterEventV2Params>;

/** What a request of the stream holds. `meter_event_stream.ts` reads it; a test holds the two against each other. */
export const createMeterEventStreamParams = object({
  events: required(list(createMeterEventV2Params, { max: MAX_STREAM_EVENTS })),
});
