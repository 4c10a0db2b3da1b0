import type { JsonObject } from '../stripe/json.ts';
import type { PaymentIntent } from './payment_intent.ts';

/** What banks say once for all: Stripe makes no further attempt with the same method after one of these. */
const HARD_DECLINES: ReadonlySet<unknown> = new Set([
  'authentication_required',
  'highest_risk_level',
  'incorrect_number',
  'lost_card',
  'pickup_card',
  'revocation_of_all_authorizations',
  'revocation_of_authorization',
  'stolen_card',
  'transaction_not_allowed',
]);

/**
 * Whether it makes sense to try the same method again without the customer: not after a hard decline, not while the customer
 * has to authenticate, and not with a bank account, whose debits are not repeated.
 */
export function canRetryWith({ status, paymentMethodId, lastPaymentError }: PaymentIntent, methodId: string): boolean {
  if (status === 'requires_action') return paymentMethodId !== methodId;
  const { decline_code: code, payment_method: method } = lastPaymentError ?? {};
  const { id, type } = (method ?? {}) as JsonObject;
  return id !== methodId || !(type === 'us_bank_account' || HARD_DECLINES.has(code));
}
