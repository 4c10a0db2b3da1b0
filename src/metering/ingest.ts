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
  readonly #queue: Waiting[] = [];
  #writers = 0;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  /**
   * Resolves when the event's fate is durable. Rejects with 429 when too many events wait. The caller keeps a second
   * request with the same idempotency key away while the first is running.
   */
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
      void this.#write(this.#queue.splice(0, MAX_INGEST_BATCH_EVENTS)).finally(() => {
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
    shouldRetry: true,
    beforeExecution: true,
  });
}
