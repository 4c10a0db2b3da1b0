import { lockLivingCustomer } from '../customers/write.ts';
import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, type Refusal, StripeError } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import type { Begun } from '../stripe/route.ts';
import { attach } from './attach.ts';
import type { Gateway, Verification } from './gateway.ts';
import type { PaymentMethod } from './payment_method.ts';
import { lockPaymentMethod, updatePaymentMethod } from './payment_method.sql.ts';
import { viewPaymentMethod } from './payment_method.view.ts';
import { asStripeError, tellRefusal } from './settle.ts';
import { checkOpen, type SetupIntent } from './setup_intent.ts';
import { updateSetupIntent } from './setup_intent.sql.ts';
import { viewSetupIntent } from './setup_intent.view.ts';
import { checkFits, lockSetup, requireSetup } from './write_setup_intent.ts';
import { requirePaymentMethod, takePaymentMethod } from './write_payment_method.ts';

/** What a set-up has come to between its transactions. */
type SettingUp = { readonly intent: string; readonly method: string; readonly authenticated: boolean };

const AUTHENTICATION_FAILED: Refusal = {
  code: 'setup_intent_authentication_failure',
  message: 'We are unable to authenticate your payment method. Please choose a different payment method and try again.',
};

/** A set-up begins with the checks; the bank is asked next. `named` is the method of the request, if it names one. */
export async function beginSetUp(
  context: Context,
  gateway: Gateway,
  intent: SetupIntent,
  named: string | undefined,
): Promise<Begun> {
  gateway.checkAccount(context.account);
  const view = viewSetupIntent(context, intent);
  checkOpen(intent, 'confirm', view);
  const id = named ?? intent.paymentMethodId;
  if (id === null) {
    throw invalidRequest(
      'You cannot confirm this SetupIntent because it is missing a payment method. Update it with one, or name one in the confirmation.',
      'payment_method',
      'setup_intent_unexpected_state',
    );
  }
  const method = await takePaymentMethod(context, gateway, id, 'payment_method');
  checkFits(intent, method);
  const status = intent.status === 'requires_payment_method' ? 'requires_confirmation' : intent.status;
  await updateSetupIntent(context, { ...intent, status, paymentMethodId: method.id });
  return { next: tellNext({ intent: intent.id, method: method.id, authenticated: false }) };
}

/** Stands for what the customer does when the bank asks. Throws for intents that require no action. */
export async function beginSetUpAuthentication(
  context: Context,
  id: string,
  outcome: 'succeed' | 'fail',
): Promise<Begun> {
  const intent = await lockSetup(context, id);
  if (intent.status !== 'requires_action' || intent.paymentMethodId === null) {
    throw new StripeError({
      status: 400,
      code: 'setup_intent_unexpected_state',
      message: `This SetupIntent has a status of ${intent.status}: there is no action to be done.`,
      details: { setup_intent: viewSetupIntent(context, intent) },
    });
  }
  if (outcome === 'succeed') {
    return { next: tellNext({ intent: id, method: intent.paymentMethodId, authenticated: true }) };
  }
  const method = await requirePaymentMethod(context, intent.paymentMethodId, 'payment_method');
  return { answer: viewSetupIntent(context, await fail(context, intent, method, AUTHENTICATION_FAILED)) };
}

function tellNext(next: SettingUp): string {
  return JSON.stringify(next);
}

/** What the bank says, with no transaction open. It moves no money, so it can be asked any number of times. */
export async function verifyForSetUp(context: Context, gateway: Gateway, next: string): Promise<Verification> {
  const { method: id, authenticated } = JSON.parse(next) as SettingUp;
  const { gatewayReference: reference } = await requirePaymentMethod(context, id, 'payment_method');
  return await gateway.verify(context.account, { reference, for: 'setup', authenticated });
}

/**
 * Writes what the bank said: the method is attached to the customer, if there is one, and `setup_intent.succeeded` is
 * told, or `setup_intent.requires_action`, or `setup_intent.setup_failed` with the refusal as the answer.
 */
export async function endSetUp(
  context: Context,
  next: string,
  verification: Verification,
): Promise<JsonObject | StripeError> {
  const { intent: id, method: methodId } = JSON.parse(next) as SettingUp;
  const { customerId } = await requireSetup(context, id);
  if (customerId !== null) await lockLivingCustomer(context, customerId, 'customer');
  const intent = await lockSetup(context, id);
  // Another request may have ended it, or given it up, while the bank was asked.
  if (intent.status === 'succeeded') return viewSetupIntent(context, intent);
  checkOpen(intent, 'confirm', viewSetupIntent(context, intent));
  const method = await lockPaymentMethod(context, methodId);
  if (method === undefined) throw new Error(`the method of ${id} is gone`);
  if (verification.result === 'declined') {
    const failed = await fail(context, intent, method, verification.refusal);
    return asStripeError(failed.lastSetupError ?? {}, { setup_intent: viewSetupIntent(context, failed) });
  }
  if (verification.result === 'requires_action') {
    return await write(context, { ...intent, status: 'requires_action' }, 'setup_intent.requires_action');
  }
  await keep(context, { ...method, gatewayReference: verification.reference }, customerId);
  const done = { ...intent, status: 'succeeded', lastSetupError: null } as const;
  return await write(context, done, 'setup_intent.succeeded');
}

async function keep(context: Context, method: PaymentMethod, customerId: string | null): Promise<void> {
  await updatePaymentMethod(context, method);
  if (customerId !== null) await attach(context, method, customerId);
}

async function fail(
  context: Context,
  intent: SetupIntent,
  method: PaymentMethod,
  refusal: Refusal,
): Promise<SetupIntent> {
  const failed: SetupIntent = {
    ...intent,
    status: 'requires_payment_method',
    paymentMethodId: null,
    lastSetupError: tellRefusal(refusal, { payment_method: viewPaymentMethod(context, method) }),
  };
  await write(context, failed, 'setup_intent.setup_failed');
  return failed;
}

async function write(context: Context, intent: SetupIntent, event: string) {
  const view = viewSetupIntent(context, intent);
  await updateSetupIntent(context, intent);
  await recordEvent(context, event, view);
  return view;
}
