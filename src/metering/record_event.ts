import assert from 'node:assert/strict';
import type { Context } from '../stripe/context.ts';
import { idempotencyInUse, resourceMissing, StripeError } from '../stripe/errors.ts';
import { replay } from '../stripe/idempotency.ts';
import { toJson } from '../stripe/json.ts';
import type { Answer } from '../stripe/route.ts';
import { toUnix } from '../time/instant.ts';
import type { Ingest } from './ingest.ts';
import type { IngestOutcome } from './ingest.sql.ts';
import type { Meter } from './meter.ts';
import { MeterCache } from './meter_cache.ts';
import {
  archivedMeter,
  duplicateBody,
  identifierHash,
  type MeterEvent,
  noMeter,
  readMeterEvent,
} from './meter_event.ts';
import type { CreateMeterEventParams } from './meter_event.params.ts';

/**
 * `POST /v1/billing/meter_events`: checks an event, joins a batch, and answers when the batch is durable. What it
 * answers is counted exactly once and seen by every later read.
 */
export class MeterEventRecorder {
  readonly #ingest: Ingest;
  readonly #meters = new MeterCache();
  /** Idempotency keys of requests that this process is running. */
  readonly #running = new Set<string>();

  constructor(ingest: Ingest) {
    this.#ingest = ingest;
  }

  /** `requestHash` is null when the request has no Idempotency-Key. */
  async record(context: Context, params: CreateMeterEventParams, requestHash: Buffer | null): Promise<Answer> {
    const key = context.request.idempotencyKey;
    if (key === null) return await this.#recordNow(context, params, requestHash);
    const running = `${context.account.id} ${key}`;
    if (this.#running.has(running)) throw idempotencyInUse(key);
    this.#running.add(running);
    try {
      return await this.#recordNow(context, params, requestHash);
    } finally {
      this.#running.delete(running);
    }
  }

  async #recordNow(context: Context, params: CreateMeterEventParams, requestHash: Buffer | null): Promise<Answer> {
    const first = await this.#submit(context, params, requestHash);
    if (first.outcome.kind !== 'archived_meter') return toAnswer(context, first, requestHash);
    // Another process deactivated the meter, and may have made a new one of that name.
    this.#meters.drop(context, params.event_name);
    return toAnswer(context, await this.#submit(context, params, requestHash), requestHash);
  }

  async #submit(context: Context, params: CreateMeterEventParams, requestHash: Buffer | null): Promise<Submitted> {
    const { meter, event } = await this.#read(context, params);
    const body = toJson(viewMeterEvent(context, event));
    const outcome = await this.#ingest.submit({
      accountId: context.account.id,
      hash: identifierHash(context.account.id, event.identifier),
      event,
      receivedAt: context.now,
      requestId: context.request.id,
      idempotencyKey: context.request.idempotencyKey,
      requestHash,
      countedBody: requestHash === null ? null : body,
      duplicateBody: requestHash === null ? null : duplicateBody(event.identifier),
    });
    return { event, body, outcome, customerParam: `payload[${meter.customerKey}]` };
  }

  /** Reads the event by the cached meter, and once more by the meter of now before it is refused. */
  async #read(context: Context, params: CreateMeterEventParams): Promise<{ meter: Meter; event: MeterEvent }> {
    try {
      return readBy(await this.#meters.find(context, params.event_name), context, params);
    } catch (error) {
      if (!(error instanceof StripeError)) throw error;
      this.#meters.drop(context, params.event_name);
      return readBy(await this.#meters.find(context, params.event_name), context, params);
    }
  }
}

function readBy(meter: Meter | undefined, context: Context, params: CreateMeterEventParams) {
  if (meter === undefined) throw noMeter(params.event_name);
  return { meter, event: readMeterEvent(meter, params, context.now) };
}

type Submitted = { event: MeterEvent; body: string; outcome: IngestOutcome; customerParam: string };

function toAnswer(
  context: Context,
  { event, body, outcome, customerParam }: Submitted,
  requestHash: Buffer | null,
): Answer {
  switch (outcome.kind) {
    case 'counted':
      return { status: 200, body };
    case 'duplicate':
      return { status: 400, body: duplicateBody(event.identifier), shouldRetry: false };
    case 'archived_meter':
      throw archivedMeter(event.eventName);
    case 'no_customer':
      throw resourceMissing('customer', event.customerId, customerParam);
    case 'replay':
      assert(requestHash !== null, 'only a request with a key can be a replay');
      return replay(outcome.stored, context.request.idempotencyKey ?? '', requestHash);
  }
}

function viewMeterEvent(context: Context, event: MeterEvent) {
  return {
    object: 'billing.meter_event',
    created: toUnix(context.now),
    event_name: event.eventName,
    identifier: event.identifier,
    livemode: context.account.livemode,
    payload: Object.fromEntries(event.payload),
    timestamp: toUnix(event.eventAt),
  };
}
