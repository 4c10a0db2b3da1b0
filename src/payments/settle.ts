import assert from 'node:assert/strict';
import { keepCustomer, lockCustomer } from '../customers/customer.sql.ts';
import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { docUrl, type Refusal, StripeError } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import { attach } from './attach.ts';
import type { PaymentAttempt } from './attempt.ts';
import { readAttempt, updateAttempt } from './attempt.sql.ts';
import { failCharge, recordCharge } from './record_charge.ts';
import type { ChargeOutcome, Gateway } from './gateway.ts';
import type { PaymentIntent } from './payment_intent.ts';
import { findPaymentIntent, lockPaymentIntent, updatePaymentIntent } from './payment_intent.sql.ts';
import { viewPaymentIntent } from './payment_intent.view.ts';
import { lockPaymentMethod, updatePaymentMethod } from './payment_method.sql.ts';
import { viewPaymentMethod } from './payment_method.view.ts';
import type { PaymentMethod } from './payment_method.ts';
import type { Payments } from './payments.ts';
import { requirePaymentMethod } from './write_payment_method.ts';

/**
 * Asks the gateway what becomes of an attempt, with no transaction open. It can be repeated at any time, because the
 * attempt's id is the idempotency key; null: the outcome is known already.
 */
export async function callGateway(
  context: Context,
  gateway: Gateway,
  attemptId: string,
): Promise<ChargeOutcome | null> {
  const { account, now } = context;
  const attempt = await readAttempt(context, attemptId);
  if (attempt.status === 'settled') return null;
  if (attempt.status === 'processing') {
    const told = await gateway.retrieveCharge(account, attempt.id, now);
    assert(told !== undefined, `the gateway has forgotten ${attempt.id}`);
    return told;
  }
  const { gatewayReference } = await requirePaymentMethod(context, attempt.paymentMethodId, 'payment_method');
  const intent = await findPaymentIntent(context, attempt.paymentIntentId);
  return await gateway.charge(account, {
    idempotencyKey: attempt.id,
    subject: attempt.paymentIntentId,
    reference: gatewayReference,
    amount: attempt.amount,
    currency: attempt.currency,
    offSession: attempt.offSession,
    authenticated: attempt.authenticated,
    keep: intent !== undefined && intent.setupFutureUsage !== null,
    now,
  });
}

export type Settled = { readonly intent: PaymentIntent; readonly attempt: PaymentAttempt };

/**
 * Writes what the gateway said, in a transaction of its own, with the events and whatever the listener does. Written
 * before by somebody else, or null, nothing changes. Locks: those of the listener, customer, intent, method, charge.
 */
export async function settleAttempt(
  context: Context,
  { listener }: Payments,
  attemptId: string,
  outcome: ChargeOutcome | null,
): Promise<Settled> {
  const { paymentIntentId: id } = await readAttempt(context, attemptId);
  await listener.lock(context, id);
  const owner = await lockSavingCustomer(context, id);
  const intent = await lockPaymentIntent(context, id);
  assert(intent !== undefined, `the intent ${id} of an attempt is gone`);
  // The lock of the intent guards its attempts, too.
  const attempt = await readAttempt(context, attemptId);
  if (outcome === null || attempt.status === 'settled') return { intent, attempt };
  if (outcome.result === 'processing' && attempt.status === 'processing') {
    const later = { ...attempt, askAgainAt: outcome.askAgainAt };
    await updateAttempt(context, later);
    return { intent, attempt: later };
  }
  const settled = await applyOutcome(context, { intent, attempt, owner }, outcome);
  await listener.changed(context, settled.intent);
  return settled;
}

/**
 * The customer to whom the payment attaches its method, if it does; locked before the intent, or only kept where nothing of it
 * changes.
 */
async function lockSavingCustomer(context: Context, intentId: string): Promise<string | null> {
  const intent = await findPaymentIntent(context, intentId);
  if (!intent?.customerId) return null;
  if (intent.setupFutureUsage === null) {
    await keepCustomer(context, intent.customerId);
    return null;
  }
  const customer = await lockCustomer(context, intent.customerId);
  return customer === undefined || customer.deletedAt !== null ? null : customer.id;
}

type Open = { readonly intent: PaymentIntent; readonly attempt: PaymentAttempt; readonly owner: string | null };

async function applyOutcome(context: Context, open: Open, outcome: ChargeOutcome): Promise<Settled> {
  const { intent, attempt, owner } = open;
  const method = await lockPaymentMethod(context, attempt.paymentMethodId);
  assert(method !== undefined, `the method of ${attempt.id} is gone`);
  switch (outcome.result) {
    case 'succeeded': {
      const charge = await recordCharge(context, { intent, attempt, method }, 'succeeded');
      if (attempt.status === 'begun') await useMethod(context, method, owner, outcome.reference);
      const latest = { latestChargeId: charge.id, status: 'succeeded', lastPaymentError: null } as const;
      return await write(context, open, { ...latest }, { status: 'settled' }, 'payment_intent.succeeded');
    }
    case 'processing': {
      const charge = await recordCharge(context, { intent, attempt, method }, 'pending');
      await useMethod(context, method, owner);
      const latest = { latestChargeId: charge.id, status: 'processing', lastPaymentError: null } as const;
      const later = { status: 'processing', askAgainAt: outcome.askAgainAt } as const;
      return await write(context, open, latest, later, 'payment_intent.processing');
    }
    case 'requires_action':
      if (attempt.refuseAction) return await fail(context, open, method, ACTION_REFUSED);
      return await write(
        context,
        open,
        { status: 'requires_action', lastPaymentError: null },
        { status: 'settled' },
        'payment_intent.requires_action',
      );
    case 'declined': {
      const charge = await failCharge(context, { intent, attempt, method }, outcome.refusal);
      return await fail(context, open, method, outcome.refusal, charge.id);
    }
  }
}

const ACTION_REFUSED: Refusal = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message:
    'This payment required an authentication action to complete, but `error_on_requires_action` was set. When you are ready to handle actions, confirm the PaymentIntent without it.',
};

/** A refused payment: the intent wants another method. */
async function fail(
  context: Context,
  open: Open,
  method: PaymentMethod,
  refusal: Refusal,
  chargeId?: string,
): Promise<Settled> {
  const told = tellRefusal(refusal, {
    ...(chargeId === undefined ? {} : { charge: chargeId }),
    payment_method: viewPaymentMethod(context, method),
  });
  const refused = { status: 'requires_payment_method', paymentMethodId: null, lastPaymentError: told } as const;
  const latest = chargeId === undefined ? {} : { latestChargeId: chargeId };
  const error = { status: 'settled', error: told } as const;
  return await write(context, open, { ...refused, ...latest }, error, 'payment_intent.payment_failed');
}

/** Gives up an action that the customer failed, without asking the gateway: nothing was ever charged. */
export async function failAction(context: Context, intent: PaymentIntent, refusal: Refusal): Promise<PaymentIntent> {
  const method = intent.paymentMethodId === null ? undefined : await lockPaymentMethod(context, intent.paymentMethodId);
  const details = method === undefined ? {} : { payment_method: viewPaymentMethod(context, method) };
  const failed: PaymentIntent = {
    ...intent,
    status: 'requires_payment_method',
    paymentMethodId: null,
    lastPaymentError: tellRefusal(refusal, details),
  };
  await updatePaymentIntent(context, failed);
  await recordEvent(context, 'payment_intent.payment_failed', viewPaymentIntent(context, failed));
  return failed;
}

/** A refusal as intents keep it and tell it. */
export function tellRefusal({ code, declineCode, message, param }: Refusal, details: JsonObject): JsonObject {
  const url = docUrl(code);
  return {
    ...details,
    code,
    ...(declineCode ? { decline_code: declineCode } : {}),
    ...(url === undefined ? {} : { doc_url: url }),
    message,
    ...(param === undefined ? {} : { param }),
    type: 'card_error',
  };
}

async function write(
  context: Context,
  open: Open,
  intentChange: Partial<PaymentIntent>,
  attemptChange: Partial<PaymentAttempt>,
  event: string,
): Promise<Settled> {
  const attempt = { ...open.attempt, ...attemptChange };
  const intent = { ...open.intent, ...intentChange, attemptId: null };
  await updateAttempt(context, attempt);
  await updatePaymentIntent(context, intent);
  await recordEvent(context, event, viewPaymentIntent(context, intent));
  return { intent, attempt };
}

/** A method that was paid with belongs to the customer who wants to keep it, or is used up. */
async function useMethod(
  context: Context,
  method: PaymentMethod,
  owner: string | null,
  reference = method.gatewayReference,
): Promise<void> {
  const known = { ...method, gatewayReference: reference };
  if (method.customerId === null) {
    if (owner !== null && !method.spent) await attach(context, known, owner);
    else await updatePaymentMethod(context, { ...known, spent: true });
  } else if (reference !== method.gatewayReference) await updatePaymentMethod(context, known);
}

/** What the request that paid is answered: the intent, or why it was refused. */
export function answerSettled(context: Context, { intent, attempt }: Settled): JsonObject | StripeError {
  const view = viewPaymentIntent(context, intent);
  return attempt.error === null ? view : asStripeError(attempt.error, { payment_intent: view });
}

type TellingRefusal = JsonObject & { readonly code: string; readonly message: string; readonly param?: string };

/** A refusal as the error of the request that met it, with the object that it is about. */
export function asStripeError(told: JsonObject, about: JsonObject): StripeError {
  const { code, message, param, type: _type, doc_url: _url, ...details } = told as TellingRefusal;
  return new StripeError({
    status: 402,
    type: 'card_error',
    code,
    message,
    ...(param === undefined ? {} : { param }),
    details: { ...details, ...about },
  });
}
