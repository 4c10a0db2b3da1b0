import type { Context } from '../stripe/context.ts';
import { idempotencyInUse, resourceMissing, StripeError } from '../stripe/errors.ts';
import { replay } from '../stripe/idempotency.ts';
import { findAnswer } from '../stripe/idempotency.sql.ts';
import { toJson } from '../stripe/json.ts';
import type { Answer } from '../stripe/route.ts';
import { toUnix } from '../time/instant.ts';
import type { Ingest } from './ingest.ts';
import type { IngestOutcome } from './ingest.sql.ts';
import { MeterCache } from './meter_cache.ts';
import {
  archivedMeter,
  duplicateBody,
  duplicateEvent,
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

  async record(context: Context, params: CreateMeterEventParams, requestHash: Buffer): Promise<Answer> {
    const key = context.request.idempotencyKey;
    if (key === null) return await this.#recordNow(context, params, requestHash);
    const running = `${context.account.id} ${key}`;
    if (this.#running.has(running)) throw idempotencyInUse(key);
    this.#running.add(running);
    try {
      return await this.#recordNow(context, params, requestHash);
    } catch (error) {
      // The key comes before the checks: a retry gets its first answer even when it would be refused by now.
      const stored = error instanceof StripeError ? await findAnswer(context, key) : undefined;
      if (stored === undefined) throw error;
      return replay(stored, key, requestHash);
    } finally {
      this.#running.delete(running);
    }
  }

  async #recordNow(context: Context, params: CreateMeterEventParams, requestHash: Buffer): Promise<Answer> {
    const first = await this.#submit(context, params, requestHash);
    if (first.outcome.kind !== 'archived_meter') return toAnswer(context, first, requestHash);
    // Another process deactivated the meter, and may have made a new one of that name.
    this.#meters.drop(context, params.event_name);
    return toAnswer(context, await this.#submit(context, params, requestHash), requestHash);
  }

  async #submit(context: Context, params: CreateMeterEventParams, requestHash: Buffer): Promise<Submitted> {
    const meter = await this.#meters.find(context, params.event_name);
    if (meter === undefined) throw noMeter(params.event_name);
    const event = readMeterEvent(meter, params, context.now);
    const body = toJson(viewMeterEvent(context, event));
    const outcome = await this.#ingest.submit({
      accountId: context.account.id,
      hash: identifierHash(context.account.id, event.identifier),
      event,
      receivedAt: context.now,
      requestId: context.request.id,
      idempotencyKey: context.request.idempotencyKey,
      requestHash,
      countedBody: body,
      duplicateBody: duplicateBody(event.identifier),
    });
    return { event, body, outcome, customerParam: `payload[${meter.customerKey}]` };
  }
}

type Submitted = { event: MeterEvent; body: string; outcome: IngestOutcome; customerParam: string };

function toAnswer(context: Context, { event, body, outcome, customerParam }: Submitted, requestHash: Buffer): Answer {
  switch (outcome.kind) {
    case 'counted':
      return { status: 200, body };
    case 'duplicate':
      throw duplicateEvent(event.identifier);
    case 'archived_meter':
      throw archivedMeter(event.eventName);
    case 'no_customer':
      throw resourceMissing('customer', event.customerId, customerParam);
    case 'replay':
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
