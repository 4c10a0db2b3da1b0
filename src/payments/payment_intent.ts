import { lockTimeout, StripeError } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Shipping } from './address.ts';

type PaymentIntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'succeeded'
  | 'canceled';

export type AutomaticPaymentMethods = { readonly enabled: boolean; readonly allow_redirects?: 'always' | 'never' };

/** The wish to be paid an amount once, through as many attempts as it takes. */
export type PaymentIntent = {
  readonly id: string;
  readonly clientSecret: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly currency: string;
  readonly customerId: string | null;
  readonly paymentMethodId: string | null;
  readonly status: PaymentIntentStatus;
  readonly captureMethod: 'automatic' | 'automatic_async';
  readonly paymentMethodTypes: readonly string[];
  /** Null: the types were named by the request. */
  readonly automaticPaymentMethods: AutomaticPaymentMethods | null;
  readonly description: string | null;
  readonly receiptEmail: string | null;
  /** Set: a payment attaches the method to the customer. */
  readonly setupFutureUsage: 'off_session' | 'on_session' | null;
  readonly shipping: Shipping | null;
  readonly statementDescriptor: string | null;
  readonly statementDescriptorSuffix: string | null;
  /** As it was told, with the payment method as it was then. */
  readonly lastPaymentError: JsonObject | null;
  readonly latestChargeId: string | null;
  /** The attempt whose outcome is not known yet; nothing else may change the intent meanwhile. */
  readonly attemptId: string | null;
  readonly canceledAt: Temporal.Instant | null;
  readonly cancellationReason: string | null;
  readonly metadata: Metadata;
  readonly createdAt: Temporal.Instant;
};

/** The states in which an intent can still be paid, changed or given up. */
export const OPEN_STATUSES: readonly PaymentIntentStatus[] = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
];

/** 429 while the gateway is being asked: the same request can succeed a moment later. */
export function checkNotInFlight(intent: PaymentIntent): void {
  if (intent.attemptId !== null) throw lockTimeout();
}

/** 400 for what the state of an intent does not allow; the intent is told with it. */
export function unexpectedState(message: string, view: JsonObject, param?: string): StripeError {
  return new StripeError({
    status: 400,
    code: 'payment_intent_unexpected_state',
    message,
    ...(param === undefined ? {} : { param }),
    details: { payment_intent: view },
  });
}

/** Throws for a state in which an intent can't be confirmed. `view` is its wire shape. */
export function checkConfirmable(intent: PaymentIntent, view: JsonObject): void {
  checkNotInFlight(intent);
  if (OPEN_STATUSES.includes(intent.status)) return;
  const because =
    intent.status === 'succeeded'
      ? 'it has already succeeded after being previously confirmed'
      : `it has a status of ${intent.status}`;
  throw unexpectedState(`You cannot confirm this PaymentIntent because ${because}.`, view);
}

/** Throws for a state in which an intent can't be canceled. `view` is its wire shape. */
export function checkCancelable(intent: PaymentIntent, view: JsonObject): void {
  checkNotInFlight(intent);
  if (OPEN_STATUSES.includes(intent.status)) return;
  throw unexpectedState(
    `You cannot cancel this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be canceled: ${OPEN_STATUSES.join(', ')}.`,
    view,
  );
}

/** Throws when a parameter can't be changed any more. `view` is the wire shape of the intent. */
export function checkChangeable(intent: PaymentIntent, param: string, view: JsonObject): void {
  if (OPEN_STATUSES.includes(intent.status)) return;
  throw unexpectedState(
    `This PaymentIntent's ${param} could not be updated because it has a status of ${intent.status}. You may only update the ${param} of a PaymentIntent with one of the following statuses: ${OPEN_STATUSES.join(', ')}.`,
    view,
  );
}
