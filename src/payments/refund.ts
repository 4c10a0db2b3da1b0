import type { Metadata } from '../stripe/metadata.ts';

/** Money given back, of one charge. */
export type Refund = {
  readonly id: string;
  readonly chargeId: string;
  readonly paymentIntentId: string;
  readonly paymentMethodId: string;
  readonly customerId: string | null;
  /** The attempt that took the money, by which the gateway knows it. */
  readonly attemptId: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly status: 'pending' | 'succeeded' | 'failed';
  /** Set exactly when it failed. */
  readonly failureReason: string | null;
  readonly reason: 'duplicate' | 'fraudulent' | 'requested_by_customer' | null;
  /** begun: the gateway may not have heard of it. processing: it has, and will tell the outcome later. */
  readonly gatewayStatus: 'begun' | 'processing' | 'settled';
  readonly clockId: string | null;
  readonly askAgainAt: Temporal.Instant;
  readonly metadata: Metadata;
  readonly createdAt: Temporal.Instant;
};
