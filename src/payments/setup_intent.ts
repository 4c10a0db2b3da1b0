import { StripeError } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { AutomaticPaymentMethods } from './payment_intent.ts';

type SetupIntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'succeeded'
  | 'canceled';

/** The wish to keep a payment method for later payments. */
export type SetupIntent = {
  readonly id: string;
  readonly clientSecret: string;
  readonly customerId: string | null;
  readonly paymentMethodId: string | null;
  readonly status: SetupIntentStatus;
  readonly usage: 'off_session' | 'on_session';
  readonly paymentMethodTypes: readonly string[];
  readonly automaticPaymentMethods: AutomaticPaymentMethods | null;
  readonly description: string | null;
  readonly lastSetupError: JsonObject | null;
  readonly cancellationReason: string | null;
  readonly metadata: Metadata;
  readonly createdAt: Temporal.Instant;
};

const OPEN_STATUSES: readonly SetupIntentStatus[] = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
];

/** Throws when the state allows no more of `verb` (confirm, cancel, update). `view` is the intent's wire shape. */
export function checkOpen(intent: SetupIntent, verb: string, view: JsonObject): void {
  if (OPEN_STATUSES.includes(intent.status)) return;
  throw new StripeError({
    status: 400,
    code: 'setup_intent_unexpected_state',
    message: `You cannot ${verb} this SetupIntent because it has a status of ${intent.status}. Only a SetupIntent with one of the following statuses may be changed so: ${OPEN_STATUSES.join(', ')}.`,
    details: { setup_intent: view },
  });
}
