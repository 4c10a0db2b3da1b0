import type { Context } from '../stripe/context.ts';
import type { Refusal } from '../stripe/errors.ts';
import type { Begun } from '../stripe/route.ts';
import { beginAttempt, ON_SESSION, requireMethodId } from './confirm.ts';
import { checkNotInFlight, unexpectedState } from './payment_intent.ts';
import { viewPaymentIntent } from './payment_intent.view.ts';
import type { Payments } from './payments.ts';
import { failAction } from './settle.ts';
import { lockIntent } from './write_payment_intent.ts';
import { takePaymentMethod } from './write_payment_method.ts';

/** What is told of a payment whose authentication failed. */
const AUTHENTICATION_FAILED: Refusal = {
  code: 'payment_intent_authentication_failure',
  message: 'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
};

/**
 * Stands for what the customer does when the bank asks: the payment goes on authenticated, or it fails. Throws for
 * intents that require no action.
 */
export async function beginAuthentication(
  context: Context,
  { gateway, listener }: Payments,
  id: string,
  outcome: 'succeed' | 'fail',
): Promise<Begun> {
  await listener.lock(context, id);
  const intent = await lockIntent(context, id);
  checkNotInFlight(intent);
  if (intent.status !== 'requires_action') {
    throw unexpectedState(
      `This PaymentIntent has a status of ${intent.status}: there is no action to be done.`,
      viewPaymentIntent(context, intent),
    );
  }
  if (outcome === 'fail') {
    const failed = await failAction(context, intent, AUTHENTICATION_FAILED);
    await listener.changed(context, failed);
    return { answer: viewPaymentIntent(context, failed) };
  }
  const methodId = requireMethodId(context, intent);
  const method = await takePaymentMethod(context, gateway, methodId, 'payment_method');
  const how = { ...ON_SESSION, authenticated: true };
  return { next: (await beginAttempt(context, gateway, { intent, method }, how)).id };
}
