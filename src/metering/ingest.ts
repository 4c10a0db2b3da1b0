import type pg from 'pg';
import { MAX_INGEST_BATCH_EVENTS, MAX_INGEST_QUEUE_EVENTS, MAX_INGEST_WRITERS } from '../limits.ts';
import { StripeError } from '../stripe/errors.ts';
import { type IngestEntry, type IngestOutcome, ingestBatch } from './ingest.sql.ts';

type Waiting = {
  readonly entry: IngestEntry;
  resolve(outcome: IngestOutcome): void;
  reject(error: unknown): void;
};

const MAX_ATTEMPTS = 4;
/** A key that another process stored meanwhile, a serialization failure, a deadlock: run the statement again. */
const RETRYABLE = new Set(['23505', '40001', '40P01']);

/**
 * Group commit: events that arrive while a statement is running are written together by the next one. Nobody waits
 * for a batch to fill: with no load an event is a statement of its own, and under load thousands of requests share a
 * few transactions.
 */
export class Ingest {
  readonly #pool: pg.Pool;
  #queue: Waiting[] = [];
  #writers = 0;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /** Resolves when the event's fate is durable. Rejects with 429 when too many events wait. */
  async submit(entry: IngestEntry): Promise<IngestOutcome> {
    if (this.#queue.length >= MAX_INGEST_QUEUE_EVENTS) throw overloaded();
    return await new Promise((resolve, reject) => {
      this.#queue.push({ entry, resolve, reject });
      this.#start();
    });
  }

  #start(): void {
    while (this.#writers < MAX_INGEST_WRITERS && this.#queue.length > 0) {
      this.#writers++;
      const { batch, rest } = takeBatch(this.#queue);
      this.#queue = rest;
      void this.#write(batch).finally(() => {
        this.#writers--;
        this.#start();
      });
    }
  }

  async #write(batch: Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#attempt(batch);
      for (const [index, waiting] of batch.entries()) waiting.resolve(outcomes[index] as IngestOutcome);
    } catch (error) {
      if (batch.length === 1 || !isDataError(error)) {
        for (const waiting of batch) waiting.reject(error);
        return;
      }
      // One event that PostgreSQL refuses must not take the others with it: halve until it stands alone.
      const middle = Math.ceil(batch.length / 2);
      await this.#write(batch.slice(0, middle));
      await this.#write(batch.slice(middle));
    }
  }

  async #attempt(batch: readonly Waiting[]): Promise<IngestOutcome[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ingestBatch(
          this.#pool,
          batch.map((waiting) => waiting.entry),
        );
      } catch (error) {
        if (attempt >= MAX_ATTEMPTS || !RETRYABLE.has(sqlState(error))) throw error;
      }
    }
  }
}

/**
 * The front of the queue, up to the batch size. A second event with the same identifier or key stays for a later
 * batch, because within one statement neither could see the other.
 */
function takeBatch(queue: readonly Waiting[]): { batch: Waiting[]; rest: Waiting[] } {
  const batch: Waiting[] = [];
  const rest: Waiting[] = [];
  const taken = new Set<string>();
  for (const [index, waiting] of queue.entries()) {
    if (batch.length === MAX_INGEST_BATCH_EVENTS) {
      rest.push(...queue.slice(index));
      break;
    }
    const { accountId, hash, idempotencyKey } = waiting.entry;
    const names = idempotencyKey === null ? [hash] : [hash, `${accountId} ${idempotencyKey}`];
    if (names.some((name) => taken.has(name))) {
      rest.push(waiting);
      continue;
    }
    for (const name of names) taken.add(name);
    batch.push(waiting);
  }
  return { batch, rest };
}

function sqlState(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Classes 22 and 23: the data is at fault, not the connection or the server. */
function isDataError(error: unknown): boolean {
  return /^2[23]/.test(sqlState(error));
}

function overloaded(): StripeError {
  return new StripeError({
    status: 429,
    code: 'rate_limit',
    message: `More than ${MAX_INGEST_QUEUE_EVENTS} meter events are waiting to be written. Slow down and try again.`,
    beforeExecution: true,
  });
}
