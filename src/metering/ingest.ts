import { MAX_INGEST_BATCH_EVENTS, MAX_INGEST_QUEUE_EVENTS, MAX_INGEST_WRITERS } from '../limits.ts';
import { StripeError, unavailable } from '../stripe/errors.ts';
import { type IngestStore, runBatch } from './ingest_batch.ts';
import type { IngestRequest, Settled } from './ingest_request.ts';

type Waiting = {
  readonly request: IngestRequest;
  resolve(settled: Settled): void;
  reject(error: unknown): void;
};

const MAX_ATTEMPTS = 8;

/**
 * Batches that look identifiers up after one met a repetition. The look-up costs a seventh of an event, a batch that fails
 * for want of it costs a batch; and repetitions come in bursts, when a sender tries again.
 */
const CAREFUL_BATCHES = 100;

/** An identifier or key that another process took meanwhile, a serialization failure, a deadlock: look again. */
const UNIQUE_VIOLATION = '23505';
const RETRYABLE = new Set([UNIQUE_VIOLATION, '40001', '40P01']);
/** No partition of the events' month: another process dropped it. */
const CHECK_VIOLATION = '23514';

/**
 * Group commit: requests that arrive while a batch is being written are written together by the next one. Nobody waits
 * for a batch to fill: with no load an event is a batch of its own, and under load thousands share a few transactions.
 */
export class Ingest {
  readonly #store: IngestStore;
  readonly #queue: Waiting[] = [];
  #waitingEvents = 0;
  #writers = 0;
  #carefulBatches = 0;

  constructor(store: IngestStore) {
    this.#store = store;
  }

  /**
   * Resolves when the fate of the request's events is durable. Rejects with 429 when too many events wait. The caller
   * keeps a second request with the same idempotency key away while the first is running.
   */
  async submit(request: IngestRequest): Promise<Settled> {
    if (this.#waitingEvents + weightOf(request) > MAX_INGEST_QUEUE_EVENTS) throw overloaded();
    this.#waitingEvents += weightOf(request);
    return await new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject });
      this.#start();
    });
  }

  #start(): void {
    while (this.#writers < MAX_INGEST_WRITERS && this.#queue.length > 0) {
      this.#writers++;
      void this.#write(this.#take()).finally(() => {
        this.#writers--;
        this.#start();
      });
    }
  }

  /** The next requests, as many as a batch holds and at least one. */
  #take(): Waiting[] {
    let events = 0;
    let count = 0;
    for (const { request } of this.#queue) {
      events += weightOf(request);
      if (count > 0 && events > MAX_INGEST_BATCH_EVENTS) break;
      count++;
    }
    const taken = this.#queue.splice(0, count);
    for (const { request } of taken) this.#waitingEvents -= weightOf(request);
    return taken;
  }

  async #write(waiting: Waiting[]): Promise<void> {
    try {
      const settled = await this.#attempt(waiting.map(({ request }) => request));
      for (const [index, one] of waiting.entries()) one.resolve(settled[index] as Settled);
    } catch (error) {
      if (waiting.length === 1 || !isDataError(error)) {
        const told = tellable(error);
        for (const one of waiting) one.reject(told);
        return;
      }
      // One event that PostgreSQL refuses must not take the others with it: halve until its request stands alone.
      const middle = Math.ceil(waiting.length / 2);
      await this.#write(waiting.slice(0, middle));
      await this.#write(waiting.slice(middle));
    }
  }

  #isCareful(): boolean {
    this.#carefulBatches = Math.max(0, this.#carefulBatches - 1);
    return this.#carefulBatches > 0;
  }

  async #attempt(requests: readonly IngestRequest[]): Promise<Settled[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await runBatch(this.#store, requests, this.#isCareful());
      } catch (error) {
        const state = sqlState(error);
        if (state === UNIQUE_VIOLATION) this.#carefulBatches = CAREFUL_BATCHES;
        if (state === CHECK_VIOLATION) this.#store.partitions.forget();
        else if (!RETRYABLE.has(state)) throw error;
        if (attempt >= MAX_ATTEMPTS) throw error;
      }
    }
  }
}

function sqlState(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Entries that are no events weigh as much: they are kept, too. */
function weightOf({ inputs, malformed }: IngestRequest): number {
  return Math.max(1, inputs.length + malformed.length);
}

/** Classes 22, 23 and 54: the data is at fault, not the connection or the server. */
function isDataError(error: unknown): boolean {
  return /^(2[23]|54)/.test(sqlState(error));
}

/** Somebody takes the same identifiers again and again, which passes; other data that is refused alone never will. */
function tellable(error: unknown): unknown {
  if (sqlState(error) === UNIQUE_VIOLATION) return unavailable();
  return isDataError(error) ? unstorable() : error;
}

function unstorable(): StripeError {
  return new StripeError({
    status: 400,
    message: 'The meter event holds text that can not be stored.',
    shouldRetry: false,
  });
}

function overloaded(): StripeError {
  return new StripeError({
    status: 429,
    code: 'rate_limit',
    message: `More than ${MAX_INGEST_QUEUE_EVENTS} meter events are waiting to be written. Slow down and try again.`,
    shouldRetry: true,
    beforeExecution: true,
  });
}
