import { type Context, requestIdOf } from '../stripe/context.ts';
import { idempotencyInUse, StripeError } from '../stripe/errors.ts';
import { replay } from '../stripe/idempotency.ts';
import { madeAt } from '../stripe/ids.ts';
import { type JsonObject, toJson } from '../stripe/json.ts';
import type { Answer } from '../stripe/route.ts';
import type { EventInput, RejectedInput } from './event_input.ts';
import type { Ingest } from './ingest.ts';
import type { EventOutcome, IngestRequest } from './ingest_request.ts';
import { identify, type MeterEvent } from './meter_event.ts';

/** How a door tells events: v1 and v2 differ in the shape of an event and in the refusal of a repetition. */
export type EventDoor = {
  view(context: Context, event: MeterEvent): JsonObject;
  duplicate(identifier: string): StripeError;
};

/** What became of one imported event. */
export type ImportOutcome =
  | { readonly kind: 'counted' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'rejected'; readonly code: string; readonly message: string };

const EMPTY: Answer = { status: 200, body: '{}' };

/**
 * The one pipeline behind all doors: checks events, joins a batch, and answers when the batch is durable. What it
 * answers is counted exactly once and seen by every later read.
 */
export class MeterEventRecorder {
  readonly #ingest: Ingest;
  /** Idempotency keys of requests that this process is running. */
  readonly #running = new Set<string>();

  constructor(ingest: Ingest) {
    this.#ingest = ingest;
  }

  /** One event; throws why it can't be counted. `requestHash` is null when the request has no Idempotency-Key. */
  async record(context: Context, input: EventInput, requestHash: Buffer | null, door: EventDoor): Promise<Answer> {
    return await this.#submit(context, [input], [], requestHash, {
      keepsRejected: false,
      answer: ([outcome]) => answerOne(context, outcome as EventOutcome, door),
    });
  }

  /**
   * Many events of a stream request: the good ones are counted, the others are kept with their reasons; repetitions are
   * not counted again and not told. Answers `{}`.
   */
  async recordMany(
    context: Context,
    inputs: readonly (EventInput | RejectedInput)[],
    requestHash: Buffer | null,
  ): Promise<Answer> {
    const events = inputs.filter((input): input is EventInput => !('code' in input));
    const malformed = inputs.filter((input) => 'code' in input);
    return await this.#submit(context, events, malformed, requestHash, { keepsRejected: true, answer: () => EMPTY });
  }

  /** Events of a file, at most 16,384, written together; tells what became of each. */
  async import(context: Context, inputs: readonly EventInput[]): Promise<ImportOutcome[]> {
    const request = toRequest(context, inputs, [], null, { keepsRejected: false, answer: () => EMPTY });
    const settled = await this.#ingest.submitWhenRoom(request);
    return settled.kind === 'done' ? settled.outcomes.map(toImportOutcome) : [];
  }

  async #submit(
    context: Context,
    inputs: readonly EventInput[],
    malformed: readonly RejectedInput[],
    requestHash: Buffer | null,
    rest: Pick<IngestRequest, 'keepsRejected' | 'answer'>,
  ): Promise<Answer> {
    const request = toRequest(context, inputs, malformed, requestHash, rest);
    if (request.key === null) return await this.#settle(request);
    const { key } = request.key;
    const running = `${context.account.id} ${key}`;
    if (this.#running.has(running)) throw idempotencyInUse(key);
    this.#running.add(running);
    try {
      return await this.#settle(request);
    } finally {
      this.#running.delete(running);
    }
  }

  async #settle(request: IngestRequest): Promise<Answer> {
    const settled = await this.#ingest.submit(request);
    if (settled.kind === 'replay') {
      const { key, requestHash } = request.key as NonNullable<IngestRequest['key']>;
      return replay(settled.stored, key, requestHash);
    }
    if (settled.answer instanceof StripeError) throw settled.answer;
    return settled.answer;
  }
}

/** When a request came, in that second: its id was made then. */
function receiptOf(context: Context): number {
  const nowMs = context.now.epochMilliseconds;
  const madeMs = madeAt(requestIdOf(context)).epochMilliseconds;
  return madeMs >= nowMs && madeMs < nowMs + 1_000 ? madeMs : nowMs;
}

function toRequest(
  context: Context,
  inputs: readonly EventInput[],
  malformed: readonly RejectedInput[],
  requestHash: Buffer | null,
  rest: Pick<IngestRequest, 'keepsRejected' | 'answer'>,
): IngestRequest {
  const { account, now, request } = context;
  const { idempotencyKey: key, keys } = request;
  return {
    accountId: account.id,
    requestId: requestIdOf(context),
    nowMs: now.epochMilliseconds,
    receivedAtMs: receiptOf(context),
    inputs: inputs.map((input) => identify(account.id, input)),
    malformed,
    key:
      key === null || requestHash === null
        ? null
        : { key, requestHash, expiresAtMs: now.epochMilliseconds + keys.hours * 3_600_000 },
    ...rest,
  };
}

function answerOne(context: Context, outcome: EventOutcome, door: EventDoor): Answer | StripeError {
  switch (outcome.kind) {
    case 'counted':
    case 'repeated':
      return { status: 200, body: toJson(door.view(context, outcome.event)) };
    case 'rejected':
      return outcome.error;
    case 'duplicate':
      return answerDuplicate(context, door.duplicate(outcome.identifier));
  }
}

/** v1 keeps the refusal under the request's key, as of every request that was carried out; v2 does not. */
function answerDuplicate({ request }: Context, error: StripeError): Answer | StripeError {
  if (!request.keys.replaysFailures) return error;
  return { status: error.fields.status, body: JSON.stringify(error.body), shouldRetry: false };
}

function toImportOutcome(outcome: EventOutcome): ImportOutcome {
  if (outcome.kind === 'rejected') {
    const { code = 'invalid_event', message } = outcome.error.fields;
    return { kind: 'rejected', code, message };
  }
  return outcome.kind === 'counted' ? { kind: 'counted' } : { kind: 'duplicate' };
}
