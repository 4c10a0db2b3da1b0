import { requireCustomer } from '../customers/write.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { GATEWAY_RECOVERY_SECONDS } from '../limits.ts';
import { checkChargeable } from './amount.ts';
import type { PaymentAttempt } from './attempt.ts';
import { insertAttempt } from './attempt.sql.ts';
import type { Gateway } from './gateway.ts';
import { checkConfirmable, type PaymentIntent, unexpectedState } from './payment_intent.ts';
import { updatePaymentIntent } from './payment_intent.sql.ts';
import { viewPaymentIntent } from './payment_intent.view.ts';
import type { PaymentMethod } from './payment_method.ts';
import { checkUsable } from './write_payment_method.ts';

/** How an intent is to be paid. */
export type Confirmation = {
  readonly offSession: boolean;
  /** Rather fail than let the customer authenticate. */
  readonly refuseAction: boolean;
  /** The customer has authenticated. */
  readonly authenticated: boolean;
  /** The customer's test clock, on whose time the gateway is asked again; null: wall time. */
  readonly clockId: string | null;
};

export const ON_SESSION: Confirmation = {
  offSession: false,
  refuseAction: false,
  authenticated: false,
  clockId: null,
};

/**
 * Begins to pay a locked intent with a locked method, in the caller's transaction: it writes the attempt, and the gateway
 * must be called after the commit (`callGateway`). Throws for intents and methods that can't be paid, or paid with.
 */
export async function beginAttempt(
  context: Context,
  gateway: Gateway,
  { intent, method }: { intent: PaymentIntent; method: PaymentMethod },
  { offSession, refuseAction, authenticated, clockId }: Confirmation,
): Promise<PaymentAttempt> {
  gateway.checkAccount(context.account);
  // What a deleted customer has attached is not charged any more.
  if (intent.customerId !== null) await requireCustomer(context, intent.customerId, 'customer');
  checkConfirmable(intent, viewPaymentIntent(context, intent));
  checkPayable(intent, method);
  const attempt: PaymentAttempt = {
    id: newId('paymentAttempt'),
    paymentIntentId: intent.id,
    paymentMethodId: method.id,
    amount: intent.amount,
    currency: intent.currency,
    offSession,
    authenticated,
    refuseAction,
    status: 'begun',
    error: null,
    clockId,
    begunAt: context.now,
    askAgainAt: context.now.add({ seconds: GATEWAY_RECOVERY_SECONDS }),
  };
  await insertAttempt(context, attempt);
  const status = intent.status === 'requires_payment_method' ? 'requires_confirmation' : intent.status;
  await updatePaymentIntent(context, { ...intent, status, paymentMethodId: method.id, attemptId: attempt.id });
  return attempt;
}

/** The method that an intent is to be paid with by what it says itself. Throws when it names none. */
export function requireMethodId(context: Context, intent: PaymentIntent): string {
  if (intent.paymentMethodId !== null) return intent.paymentMethodId;
  throw unexpectedState(
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method.",
    viewPaymentIntent(context, intent),
  );
}

/** Throws when the method may not be used for the intent. */
export function checkFits(
  intent: Pick<PaymentIntent, 'customerId' | 'paymentMethodTypes'>,
  method: PaymentMethod,
): void {
  checkUsable(method, intent.customerId);
  const { type } = method.details;
  if (intent.paymentMethodTypes.includes(type)) return;
  throw invalidRequest(
    `The PaymentMethod provided (${type}) is not allowed for this PaymentIntent. Please attempt again with one of the following payment method types: ${intent.paymentMethodTypes.join(', ')}.`,
    'payment_method',
    'payment_intent_incompatible_payment_method',
  );
}

function checkPayable(intent: PaymentIntent, method: PaymentMethod): void {
  checkChargeable(intent.amount, intent.currency);
  checkFits(intent, method);
  if (method.details.type !== 'card' || intent.statementDescriptor === null) return;
  throw invalidRequest(
    'The statement_descriptor parameter is not supported for cards. Please use the statement_descriptor_suffix parameter instead.',
    'statement_descriptor',
  );
}
