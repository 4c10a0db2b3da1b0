import assert from 'node:assert/strict';
import { isDue, removeDue, setDue } from '../clocks/due_work.sql.ts';
import { atTimeOnTheWay } from '../clocks/time.ts';
import { lockCustomer } from '../customers/customer.sql.ts';
import type { Customer } from '../customers/customer.ts';
import { lockLivingCustomer } from '../customers/write.ts';
import { inSavepoint, rehearse } from '../db/transaction.ts';
import { findOpenPayment, findPaymentByIntent } from '../invoices/invoice_payment.sql.ts';
import { readRest, toBePaid } from '../invoices/paying_steps.ts';
import { GIVE_BACK_MINUTES } from '../limits.ts';
import { beginCollection } from '../payments/collect.ts';
import type { ChargeOutcome } from '../payments/gateway.ts';
import type { PaymentIntent } from '../payments/payment_intent.ts';
import { findPaymentIntent } from '../payments/payment_intent.sql.ts';
import { viewPaymentIntent } from '../payments/payment_intent.view.ts';
import type { Payments } from '../payments/payments.ts';
import { asStripeError, settleAttempt } from '../payments/settle.ts';
import { cancelPaymentIntent, createIntent, requireIntent } from '../payments/write_payment_intent.ts';
import { beginRefund } from '../payments/write_refund.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, StripeError } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import type { Begun } from '../stripe/route.ts';
import { warnOfSharedMeters } from '../subscriptions/shared_meter.ts';
import type { CreateSubscriptionParams } from '../subscriptions/subscription.params.ts';
import { viewSubscription } from '../subscriptions/subscription.view.ts';
import { subscribe } from './subscribe.ts';

/**
 * `error_if_incomplete`: a subscription is made once its first invoice is paid, or not at all. So the payment comes first. A
 * rehearsal says how much it is, and what is wrong with the request; then an intent of its own is charged, and only when
 * that has succeeded everything is made for good. Should the process die between, and nobody repeat the request, the money
 * is given back by due work, which is set with the intent and goes with the subscription.
 */
export async function beginPaidFirst(
  context: Context,
  payments: Payments,
  params: CreateSubscriptionParams,
): Promise<Begun> {
  const customer = await lockLivingCustomer(context, params.customer, 'customer');
  const rehearsed = await rehearse(context.db, () => rehearsal(context, payments, params));
  if (rehearsed.intent === undefined) {
    const { subscription } = await subscribe(context, payments, params);
    await warnOfSharedMeters(context, subscription);
    return { answer: viewSubscription(context, subscription) };
  }
  const timed = await atTimeOnTheWay(context, customer.testClockId);
  const { id: _id, clientSecret: _secret, attemptId: _attempt, ...terms } = rehearsed.intent;
  const intent = await createIntent(timed, terms);
  const method = rehearsed.methodId ?? customer.defaultPaymentMethodId;
  assert(method !== null, 'who has nothing to pay with was refused by the rehearsal');
  const { attemptId } = await beginCollection(timed, payments, orderOf(intent, customer, method, params));
  await setDue(timed, { ...workOn(intent, customer), dueAt: timed.now.add({ minutes: GIVE_BACK_MINUTES }) });
  return toBePaid({ objectId: intent.id, attemptId, clockId: customer.testClockId });
}

async function rehearsal(context: Context, payments: Payments, params: CreateSubscriptionParams) {
  const { subscription, first } = await subscribe(context, payments, params, 'later');
  const payment = first?.invoice.status === 'open' ? await findOpenPayment(context, first.invoice.id) : undefined;
  const intent = payment && (await findPaymentIntent(context, payment.paymentIntentId));
  return { intent, methodId: subscription.defaultPaymentMethodId };
}

function orderOf(intent: PaymentIntent, customer: Customer, method: string, params: CreateSubscriptionParams) {
  const { amount, currency, description, metadata } = intent;
  return {
    intentId: intent.id,
    amount,
    currency,
    customerId: customer.id,
    paymentMethodId: method,
    description,
    metadata,
    offSession: params.off_session === true,
    clockId: customer.testClockId,
  };
}

function workOn({ id: objectId }: PaymentIntent, { id: customerId, testClockId }: Customer) {
  return { kind: 'give_back', objectId, customerId, testClockId } as const;
}

/** Makes the subscription of what was paid. What was refused, or wants the customer, is an error, and leaves nothing of it. */
export async function endPaidFirst(
  context: Context,
  payments: Payments,
  params: CreateSubscriptionParams,
  next: string,
  outcome: ChargeOutcome | null,
): Promise<JsonObject | StripeError> {
  const { objectId: intentId, attemptId, clockId } = readRest(next);
  const timed = await atTimeOnTheWay(context, clockId);
  const customer = await lockCustomer(timed, params.customer);
  assert(customer !== undefined, `the customer of ${intentId} is gone`);
  const { intent, attempt } = await settleAttempt(timed, payments, attemptId, outcome);
  const about = { payment_intent: viewPaymentIntent(timed, intent) };
  if (attempt.error !== null) {
    await removeDue(timed, workOn(intent, customer));
    return asStripeError(attempt.error, about);
  }
  if (intent.status === 'requires_action') return await refuseAction(timed, payments, intent, customer);
  return await makeOrGiveBack(context, payments, params, { intent, customer });
}

async function refuseAction(
  context: Context,
  payments: Payments,
  intent: PaymentIntent,
  customer: Customer,
): Promise<StripeError> {
  await removeDue(context, workOn(intent, customer));
  const canceled = await cancelPaymentIntent(context, payments, intent.id, 'abandoned');
  return new StripeError({
    status: 402,
    type: 'card_error',
    code: 'subscription_payment_intent_requires_action',
    message:
      'Subscription creation failed because the payment requires additional user action. To create it nonetheless, use another `payment_behavior`.',
    details: { payment_intent: viewPaymentIntent(context, canceled) },
  });
}

/** Should what was rehearsed not be possible any more, the money is given back at once. */
async function makeOrGiveBack(
  context: Context,
  payments: Payments,
  params: CreateSubscriptionParams,
  { intent, customer }: { readonly intent: PaymentIntent; readonly customer: Customer },
): Promise<JsonObject | StripeError> {
  // Too late: it was given back, or given up.
  if (!(await isDue(context, workOn(intent, customer)))) {
    return invalidRequest('What this request has paid was given back. Please send a new request.');
  }
  try {
    return await inSavepoint(context.db, async () => {
      const { subscription } = await subscribe(context, payments, params, intent);
      await removeDue(context, workOn(intent, customer));
      await warnOfSharedMeters(context, subscription);
      return viewSubscription(context, subscription);
    });
  } catch (error) {
    // A clock that advances, or a lock, passes by itself: the same request goes on with this.
    if (!(error instanceof StripeError) || error.fields.status >= 409) throw error;
    await setDue(context, { ...workOn(intent, customer), dueAt: context.now });
    return error;
  }
}

/** Payments whose subscription was never made are given back; one that is still on its way, when it has come. */
export async function giveBack(
  context: Context,
  due: readonly { readonly customer: Customer; readonly objectId: string }[],
  payments: Payments,
): Promise<void> {
  for (const { customer, objectId } of due) {
    const intent = await requireIntent(context, objectId);
    const isWaiting = intent.attemptId !== null || intent.status === 'processing';
    if (isWaiting) {
      await setDue(context, { ...workOn(intent, customer), dueAt: context.now.add({ minutes: GIVE_BACK_MINUTES }) });
    } else if (intent.status === 'requires_action') {
      await cancelPaymentIntent(context, payments, objectId, 'abandoned');
    } else if (intent.status === 'succeeded' && (await findPaymentByIntent(context, objectId)) === undefined) {
      await beginRefund(context, payments.gateway, { payment_intent: objectId });
    }
  }
}
