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
import { findSubscription } from '../subscriptions/subscription.sql.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import type { PaidBy } from './subscribe.ts';

/** What a request wants that is made once its invoice is paid, or not at all. */
export type PaidFirst = {
  /** `Subscription creation` or `Subscription update`. */
  readonly name: string;
  readonly customerId: string;
  /** What it changes; null: it makes a new one. */
  readonly subscriptionId: string | null;
  readonly offSession: boolean | undefined;
  /** What the request names in its path, to go on with after the payment. */
  readonly named?: string;
  /** Makes it, with its invoice paid by that. */
  make(context: Context, paidBy: PaidBy): Promise<Subscription>;
  tell(context: Context, made: Subscription): JsonObject;
};

/**
 * `error_if_incomplete`: something is made once its invoice is paid, or not at all. So the payment comes first. A
 * rehearsal says how much it is, and what is wrong with the request; then an intent of its own is charged, and only when
 * that has succeeded everything is made for good, as of the time of the rehearsal, so that it costs the same. Should the process die between, and nobody repeat the request, the money
 * is given back by due work, which is set with the intent and goes with what is made.
 */
export async function beginPaidFirst(context: Context, payments: Payments, wanted: PaidFirst): Promise<Begun> {
  const customer = await lockLivingCustomer(context, wanted.customerId, 'customer');
  const rehearsed = await rehearse(context.db, () => rehearsal(context, wanted));
  if (rehearsed.intent === undefined) {
    const made = await wanted.make(context, null);
    await warnOfSharedMeters(context, made);
    return { answer: wanted.tell(context, made) };
  }
  const timed = await atTimeOnTheWay(context, customer.testClockId);
  const { id: _id, clientSecret: _secret, attemptId: _attempt, ...terms } = rehearsed.intent;
  const intent = await createIntent(timed, terms);
  const method = rehearsed.methodId ?? customer.defaultPaymentMethodId;
  if (method === null) throw nothingToPayWith();
  const { attemptId } = await beginCollection(timed, payments, orderOf(intent, customer, method, wanted));
  await setDue(timed, { ...workOn(intent, customer), dueAt: timed.now.add({ minutes: GIVE_BACK_MINUTES }) });
  const { named } = wanted;
  return toBePaid({
    objectId: intent.id,
    attemptId,
    clockId: customer.testClockId,
    begunAt: context.now.toString(),
    ...(named === undefined ? {} : { named }),
  });
}

async function rehearsal(context: Context, wanted: PaidFirst) {
  const { subscriptionId } = wanted;
  const before = subscriptionId === null ? undefined : await findSubscription(context, subscriptionId);
  const { latestInvoiceId: invoiceId, defaultPaymentMethodId: methodId } = await wanted.make(context, 'later');
  // An earlier invoice, which may wait for its payment, is not what the request asks for.
  const isOwn = invoiceId !== null && invoiceId !== before?.latestInvoiceId;
  const payment = isOwn ? await findOpenPayment(context, invoiceId) : undefined;
  return { intent: payment && (await findPaymentIntent(context, payment.paymentIntentId)), methodId };
}

function orderOf(intent: PaymentIntent, customer: Customer, method: string, wanted: PaidFirst) {
  const { amount, currency, description, metadata } = intent;
  return {
    intentId: intent.id,
    amount,
    currency,
    customerId: customer.id,
    paymentMethodId: method,
    description,
    metadata,
    offSession: wanted.offSession === true,
    clockId: customer.testClockId,
  };
}

function nothingToPayWith() {
  return invalidRequest(
    'This customer has no attached payment source or default payment method. Please consider adding a default payment method.',
    undefined,
    'resource_missing',
  );
}

function workOn({ id: objectId }: PaymentIntent, { id: customerId, testClockId }: Customer) {
  return { kind: 'give_back', objectId, customerId, testClockId } as const;
}

/** Makes the subscription of what was paid. What was refused, or wants the customer, is an error, and leaves nothing of it. */
export async function endPaidFirst(
  context: Context,
  payments: Payments,
  wanted: PaidFirst,
  next: string,
  outcome: ChargeOutcome | null,
): Promise<JsonObject | StripeError> {
  const { objectId: intentId, attemptId, clockId, begunAt } = readRest(next);
  const timed = await atTimeOnTheWay(context, clockId);
  const customer = await lockCustomer(timed, wanted.customerId);
  assert(customer !== undefined, `the customer of ${intentId} is gone`);
  const { intent, attempt } = await settleAttempt(timed, payments, attemptId, outcome);
  const about = { payment_intent: viewPaymentIntent(timed, intent) };
  if (attempt.error !== null) {
    await removeDue(timed, workOn(intent, customer));
    return asStripeError(attempt.error, about);
  }
  const paid = { intent, customer };
  if (intent.status === 'requires_action') return await refuseAction(timed, payments, wanted, paid);
  const then = begunAt === undefined ? context : { ...context, now: Temporal.Instant.from(begunAt) };
  return await makeOrGiveBack(then, wanted, paid);
}

async function refuseAction(
  context: Context,
  payments: Payments,
  { name }: PaidFirst,
  { intent, customer }: Paid,
): Promise<StripeError> {
  await removeDue(context, workOn(intent, customer));
  const canceled = await cancelPaymentIntent(context, payments, intent.id, 'abandoned');
  return new StripeError({
    status: 402,
    type: 'card_error',
    code: 'subscription_payment_intent_requires_action',
    message: `${name} failed because the payment requires additional user action. To go on nonetheless, use another \`payment_behavior\`.`,
    details: { payment_intent: viewPaymentIntent(context, canceled) },
  });
}

/** What has paid for something that is not made yet, and whose it is. */
type Paid = { readonly intent: PaymentIntent; readonly customer: Customer };

function somethingElse() {
  return invalidRequest('What is due has changed while it was being paid. Please try again.');
}

/** Should what was rehearsed not be possible any more, the money is given back at once. */
async function makeOrGiveBack(
  context: Context,
  wanted: PaidFirst,
  { intent, customer }: Paid,
): Promise<JsonObject | StripeError> {
  // Too late: it was given back, or given up.
  if (!(await isDue(context, workOn(intent, customer)))) {
    return invalidRequest('What this request has paid was given back. Please send a new request.');
  }
  try {
    return await inSavepoint(context.db, async () => {
      const made = await wanted.make(context, intent);
      if ((await findPaymentByIntent(context, intent.id)) === undefined) throw somethingElse();
      await removeDue(context, workOn(intent, customer));
      await warnOfSharedMeters(context, made);
      return wanted.tell(context, made);
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
