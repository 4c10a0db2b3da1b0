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
  /** Makes it, with its invoice paid by that. It finds the customer's time by itself, from that of the request. */
  make(requested: Context, paidBy: PaidBy): Promise<Subscription>;
  tell(context: Context, made: Subscription): JsonObject;
};

/**
 * The times of such a request, which differ for a customer on a clock, and by what its payment takes. Money moves and work is
 * due at `current`, never at `requested`.
 */
type Times = {
  /** Wall time as the request began. */
  readonly requested: Context;
  /** The customer's time as it is now. */
  readonly current: Context;
};

/**
 * `error_if_incomplete`: something is made once its invoice is paid, or not at all. So the payment comes first. A
 * rehearsal says how much it is, and what is wrong with the request; then an intent of its own is charged, and only when
 * that has succeeded everything is made for good, as of the time of the rehearsal, so that it costs the same. Should the process die between, and nobody repeat the request, the money
 * is given back by due work, which is set with the intent and goes with what is made.
 */
export async function beginPaidFirst(requested: Context, payments: Payments, wanted: PaidFirst): Promise<Begun> {
  const customer = await lockLivingCustomer(requested, wanted.customerId, 'customer');
  const rehearsed = await rehearse(requested.db, () => rehearsal(requested, wanted));
  if (rehearsed.intent === undefined) {
    const made = await wanted.make(requested, null);
    await warnOfSharedMeters(requested, made);
    return { answer: wanted.tell(requested, made) };
  }
  const current = await atTimeOnTheWay(requested, customer.testClockId);
  const { id: _id, clientSecret: _secret, attemptId: _attempt, ...terms } = rehearsed.intent;
  const intent = await createIntent(current, terms);
  const method = rehearsed.methodId ?? customer.defaultPaymentMethodId;
  if (method === null) throw nothingToPayWith();
  const { attemptId } = await beginCollection(current, payments, orderOf(intent, customer, method, wanted));
  await setDue(current, { ...workOn(intent, customer), dueAt: current.now.add({ minutes: GIVE_BACK_MINUTES }) });
  const { named } = wanted;
  return toBePaid({
    objectId: intent.id,
    attemptId,
    clockId: customer.testClockId,
    begunAt: requested.now.toString(),
    ...(named === undefined ? {} : { named }),
  });
}

async function rehearsal(requested: Context, wanted: PaidFirst) {
  const { subscriptionId } = wanted;
  const before = subscriptionId === null ? undefined : await findSubscription(requested, subscriptionId);
  const { latestInvoiceId: invoiceId, defaultPaymentMethodId: methodId } = await wanted.make(requested, 'later');
  // An earlier invoice, which may wait for its payment, is not what the request asks for.
  const isOwn = invoiceId !== null && invoiceId !== before?.latestInvoiceId;
  const payment = isOwn ? await findOpenPayment(requested, invoiceId) : undefined;
  return { intent: payment && (await findPaymentIntent(requested, payment.paymentIntentId)), methodId };
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
  ended: Context,
  payments: Payments,
  wanted: PaidFirst,
  next: string,
  outcome: ChargeOutcome | null,
): Promise<JsonObject | StripeError> {
  const { objectId: intentId, attemptId, clockId, begunAt } = readRest(next);
  const current = await atTimeOnTheWay(ended, clockId);
  const customer = await lockCustomer(current, wanted.customerId);
  assert(customer !== undefined, `the customer of ${intentId} is gone`);
  const { intent, attempt } = await settleAttempt(current, payments, attemptId, outcome);
  const about = { payment_intent: viewPaymentIntent(current, intent) };
  if (attempt.error !== null) {
    await removeDue(current, workOn(intent, customer));
    return asStripeError(attempt.error, about);
  }
  const paid = { intent, customer };
  if (intent.status === 'requires_action') return await refuseAction(current, payments, wanted, paid);
  const requested = begunAt === undefined ? ended : { ...ended, now: Temporal.Instant.from(begunAt) };
  return await makeOrGiveBack({ requested, current }, payments, wanted, paid);
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

/** Should what was rehearsed not be possible any more, the money is given back at once, in the customer's time. */
async function makeOrGiveBack(
  { requested, current }: Times,
  payments: Payments,
  wanted: PaidFirst,
  { intent, customer }: Paid,
): Promise<JsonObject | StripeError> {
  // Too late: it was given back, or given up.
  if (!(await isDue(current, workOn(intent, customer)))) {
    return invalidRequest('What this request has paid was given back. Please send a new request.');
  }
  try {
    return await inSavepoint(requested.db, async () => {
      const made = await wanted.make(requested, intent);
      if ((await findPaymentByIntent(current, intent.id)) === undefined) throw somethingElse();
      await removeDue(current, workOn(intent, customer));
      await warnOfSharedMeters(requested, made);
      return wanted.tell(requested, made);
    });
  } catch (error) {
    // A clock that advances, or a lock, passes by itself: the same request goes on with this.
    if (!(error instanceof StripeError) || error.fields.status >= 409) throw error;
    await removeDue(current, workOn(intent, customer));
    await giveBack(current, [{ customer, objectId: intent.id }], payments);
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
