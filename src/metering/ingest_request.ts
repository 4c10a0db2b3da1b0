import type { RejectedInput } from './event_input.ts';
import type { StripeError } from '../stripe/errors.ts';
import type { Answer } from '../stripe/route.ts';
import type { KnownAnswer } from './ingest.sql.ts';
import type { IdentifiedInput, MeterEvent } from './meter_event.ts';

/** What became of one event. */
export type EventOutcome =
  | { readonly kind: 'counted'; readonly event: MeterEvent }
  /** The identifier was known, and the same event stands under it: told only where the account's settings ask for it. */
  | { readonly kind: 'repeated'; readonly event: MeterEvent }
  | { readonly kind: 'duplicate'; readonly identifier: string }
  | {
      readonly kind: 'rejected';
      readonly error: StripeError;
      readonly input: IdentifiedInput;
      /** What the event name means, if there is such a meter. */
      readonly meterId: string | null;
      /** Of an event whose customer could be read. */
      readonly customerId: string | null;
    };

/** The events of one request on their way into the store: they are written together or not at all. */
export type IngestRequest = {
  readonly accountId: string;
  readonly requestId: string;
  /** Unix milliseconds of the receipt, cut to the second. */
  readonly nowMs: number;
  /** The same to the millisecond: it tells what came before and after an invoice was final. */
  readonly receivedAtMs: number;
  readonly inputs: readonly IdentifiedInput[];
  /** Entries that are no events at all. */
  readonly malformed: readonly RejectedInput[];
  /** True: events that can't be counted are kept with their reason. False: they are only told. */
  readonly keepsRejected: boolean;
  /** Null: the request has no Idempotency-Key. */
  readonly key: { readonly key: string; readonly requestHash: Buffer; readonly expiresAtMs: number } | null;
  /** The answer to the request; a StripeError is not stored under its key. May be asked again for another attempt. */
  answer(outcomes: readonly EventOutcome[]): Answer | StripeError;
};

/** How a request ended. */
export type Settled =
  | { readonly kind: 'replay'; readonly stored: KnownAnswer }
  | { readonly kind: 'done'; readonly answer: Answer | StripeError; readonly outcomes: readonly EventOutcome[] };
