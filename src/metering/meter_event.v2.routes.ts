import type { Context } from '../stripe/context.ts';
import { replay } from '../stripe/idempotency.ts';
import { findAnswer } from '../stripe/idempotency.sql.ts';
import { toJson } from '../stripe/json.ts';
import { type Answer, type Route, route } from '../stripe/route.ts';
import type { EventInput, RejectedInput } from './event_input.ts';
import { noParams } from './meter.params.ts';
import {
  createMeterEventStreamParams,
  createMeterEventV2Params,
  type CreateMeterEventV2Params,
} from './meter_event.v2.params.ts';
import { v2Door } from './meter_event.v2.view.ts';
import { type MeterEventSessions, openSession } from './meter_event_session.ts';
import { readStreamBody } from './meter_event_stream.ts';
import type { MeterEventRecorder } from './record_event.ts';

/** The doors of API v2: single events, and the stream with its sessions. */
export function meterEventV2Routes(recorder: MeterEventRecorder, sessions: MeterEventSessions): Route[] {
  return [
    route<CreateMeterEventV2Params>({
      method: 'POST',
      path: '/v2/billing/meter_events',
      answers: { object: 'v2.billing.meter_event' },
      params: createMeterEventV2Params,
      share: async (context, params, requestHash) =>
        await recorder.record(context, toInput(params), requestHash, v2Door),
    }),
    route({
      method: 'POST',
      path: '/v2/billing/meter_event_session',
      answers: { object: 'v2.billing.meter_event_session' },
      params: noParams,
      share: async (context, _params, requestHash) => await createSession(context, requestHash),
    }),
    route<(EventInput | RejectedInput)[]>({
      method: 'POST',
      path: '/v2/billing/meter_event_stream',
      answers: { nothing: true },
      authenticate: async (token, now) => await sessions.accountOf(token, now),
      readBody: readStreamBody,
      params: createMeterEventStreamParams,
      share: async (context, inputs, requestHash) => await recorder.recordMany(context, inputs, requestHash),
    }),
  ];
}

function toInput({ event_name: eventName, payload, identifier, timestamp }: CreateMeterEventV2Params): EventInput {
  return { eventName, payload: Object.fromEntries(payload), identifier, timestampMs: timestamp?.epochMilliseconds };
}

/**
 * The one answer that is not kept under its Idempotency-Key, because it holds a secret and answers are stored as they
 * are: a request that is sent again opens one session more, which does no harm. A key of another request is refused.
 */
async function createSession(context: Context, requestHash: Buffer | null): Promise<Answer> {
  const key = context.request.idempotencyKey;
  if (key !== null && requestHash !== null) {
    const stored = await findAnswer(context, key);
    if (stored !== undefined) return replay(stored, key, requestHash);
  }
  return { status: 200, body: toJson(await openSession(context)) };
}
