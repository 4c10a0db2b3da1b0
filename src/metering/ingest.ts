import {
  MAX_IMPORT_QUEUE_EVENTS,
  MAX_INGEST_BATCH_EVENTS,
  MAX_INGEST_QUEUE_EVENTS,
  MAX_INGEST_WRITERS,
  SECOND_WRITER_EVENTS,
} from '../limits.ts';
import { StripeError, unavailable } from '../stripe/errors.ts';
import { type Caution, type IngestStore, runBatch, StaleAccount } from './ingest_batch.ts';
import type { IngestRequest, Settled } from './ingest_request.ts';

type Waiting = {
  readonly request: IngestRequest;
  resolve(settled: Settled): void;
  reject(error: unknown): void;
};

const MAX_ATTEMPTS = 8;

/** A full batch takes 40 ms; one that takes longer than this waits for something. */
const SLOW_BATCH_MILLISECONDS = 100;

/**
 * Batches that are careful after one that was not met what it had to look for. A look costs a seventh of an event and a
 * round trip, a batch that fails for want of it costs a batch; and repetitions come in bursts, when a sender tries again.
 * The same with minutes, which two processes that serve the same customers keep making for each other.
 */
const CAREFUL_BATCHES = 100;

/** An identifier, key or minute that somebody took meanwhile, a missing minute, a serialization failure, a deadlock. */
const UNIQUE_VIOLATION = '23505';
const MINUTE_MISSING = '22012';
const RETRYABLE = new Set([UNIQUE_VIOLATION, MINUTE_MISSING, '40001', '40P01']);
/** No partition of the events' month: another process dropped it. */
const CHECK_VIOLATION = '23514';

/**
 * Group commit: requests that arrive while a batch is being written are written together by the next one. Nobody waits
 * for a batch to fill: with no load an event is a batch of its own, and under load thousands share a few transactions.
 */
export class Ingest {
  readonly #store: IngestStore;
  readonly #queue: Waiting[] = [];
  readonly #waitingForRoom: (() => void)[] = [];
  #waitingEvents = 0;
  #writers = 0;
  #slowBatches = 0;
  /** How many of the next batches look, and how many make sure of minutes. */
  #lookingBatches = 0;
  #ensuringBatches = 0;

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

  /** Like `submit`, for senders that can wait: resolves when there is room, so that no import crowds out live events. */
  async submitWhenRoom(request: IngestRequest): Promise<Settled> {
    while (this.#waitingEvents > 0 && this.#waitingEvents + weightOf(request) > MAX_IMPORT_QUEUE_EVENTS) {
      await new Promise<void>((resolve) => this.#waitingForRoom.push(resolve));
    }
    return await this.submit(request);
  }

  /** One writer while a batch takes all that waits; more when it is too much for one. */
  #start(): void {
    while (this.#queue.length > 0 && this.#writers < this.#wantedWriters()) {
      this.#writers++;
      const settled = this.#watch();
      void this.#write(this.#take()).finally(() => {
        settled();
        this.#writers--;
        this.#start();
      });
    }
  }

  /** Others need not wait behind a batch that waits for a lock. Answers what to call when the batch has ended. */
  #watch(): () => void {
    let isSlow = false;
    const timer = setTimeout(() => {
      isSlow = true;
      this.#slowBatches++;
      this.#start();
    }, SLOW_BATCH_MILLISECONDS);
    return () => {
      clearTimeout(timer);
      if (isSlow) this.#slowBatches--;
    };
  }

  #wantedWriters(): number {
    return this.#waitingEvents >= SECOND_WRITER_EVENTS || this.#slowBatches > 0 ? MAX_INGEST_WRITERS : 1;
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
    for (const resume of this.#waitingForRoom.splice(0)) resume();
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

  #nextCaution(): Caution {
    this.#lookingBatches = Math.max(0, this.#lookingBatches - 1);
    this.#ensuringBatches = Math.max(0, this.#ensuringBatches - 1);
    return { looks: this.#lookingBatches > 0, ensuresMinutes: this.#ensuringBatches > 0 };
  }

  async #attempt(requests: readonly IngestRequest[]): Promise<Settled[]> {
    let caution = this.#nextCaution();
    for (let attempt = 1; ; attempt++) {
      try {
        return await runBatch(this.#store, requests, caution);
      } catch (error) {
        if (attempt >= MAX_ATTEMPTS) throw error;
        caution = this.#learn(error, caution);
      }
    }
  }

  /** What the next attempt must take care of. Throws the error where no other attempt helps. */
  #learn(error: unknown, caution: Caution): Caution {
    if (error instanceof StaleAccount) return { ...caution, looks: true };
    const state = sqlState(error);
    if (state === CHECK_VIOLATION) {
      this.#store.partitions.forget();
      return caution;
    }
    if (!RETRYABLE.has(state)) throw error;
    if (state === MINUTE_MISSING) this.#store.knownMinutes.forget();
    if (state === MINUTE_MISSING || isMinuteTaken(error)) {
      this.#ensuringBatches = CAREFUL_BATCHES;
      return { ...caution, ensuresMinutes: true };
    }
    if (state === UNIQUE_VIOLATION) this.#lookingBatches = CAREFUL_BATCHES;
    return { ...caution, looks: true };
  }
}

function isMinuteTaken(error: unknown): boolean {
  return (
    sqlState(error) === UNIQUE_VIOLATION && (error as { constraint?: unknown }).constraint === 'usage_minutes_pkey'
  );
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
  return sqlState(error) !== MINUTE_MISSING && /^(2[23]|54)/.test(sqlState(error));
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
