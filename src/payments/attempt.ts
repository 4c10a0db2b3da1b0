import type { JsonObject } from '../stripe/json.ts';

/** One call of the gateway for a payment intent. Its id is the gateway's idempotency key. */
export type PaymentAttempt = {
  readonly id: string;
  readonly paymentIntentId: string;
  readonly paymentMethodId: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly offSession: boolean;
  readonly authenticated: boolean;
  /** Rather fail than let the customer authenticate. */
  readonly refuseAction: boolean;
  readonly status: 'begun' | 'processing' | 'settled';
  /** Why it was refused, as an error of the API without the objects: code, message and the like. */
  readonly error: JsonObject | null;
  /** The test clock on whose time the gateway is asked again; null: wall time. */
  readonly clockId: string | null;
  readonly begunAt: Temporal.Instant;
  readonly askAgainAt: Temporal.Instant;
};
