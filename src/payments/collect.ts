import type { Queryable } from '../db/pool.ts';
import { inTransaction } from '../db/transaction.ts';
import type { Context } from '../stripe/context.ts';
import type { Metadata } from '../stripe/metadata.ts';
import { beginAttempt, ON_SESSION } from './confirm.ts';
import type { PaymentIntent } from './payment_intent.ts';
import type { Payments } from './payments.ts';
import { callGateway, type Settled, settleAttempt } from './settle.ts';
import { createIntent, lockIntent } from './write_payment_intent.ts';
import { takePaymentMethod } from './write_payment_method.ts';

/** What is to be collected, and with what. */
export type Collection = {
  /** The intent of an earlier try, which is paid once whatever the number of tries; null makes one. */
  readonly intentId: string | null;
  /** Minor units. */
  readonly amount: bigint;
  readonly currency: string;
  readonly customerId: string;
  /** A method of the customer, or a well-known test id. */
  readonly paymentMethodId: string;
  readonly description: string | null;
  readonly metadata: Metadata;
  readonly offSession: boolean;
  /** The customer's test clock, on whose time slow payments settle; null: wall time. */
  readonly clockId: string | null;
};

/**
 * The first of three steps, in the caller's transaction: an intent and an attempt to pay it. After the commit the caller
 * does `finishCollection`; where it can't any more, `recoverPayments` does. Throws as a confirmation does.
 */
export async function beginCollection(
  context: Context,
  { gateway }: Payments,
  order: Collection,
): Promise<{ readonly intentId: string; readonly attemptId: string }> {
  const intent = order.intentId === null ? await newIntent(context, order) : await lockIntent(context, order.intentId);
  const method = await takePaymentMethod(context, gateway, order.paymentMethodId, 'payment_method');
  const { offSession, clockId } = order;
  const attempt = await beginAttempt(context, gateway, { intent, method }, { ...ON_SESSION, offSession, clockId });
  return { intentId: intent.id, attemptId: attempt.id };
}

async function newIntent(context: Context, order: Collection): Promise<PaymentIntent> {
  const { amount, currency, customerId, description, metadata } = order;
  return await createIntent(context, { amount, currency, customerId, description, metadata });
}

/**
 * The other two steps: asks the gateway with no transaction open, then writes what it said in one of its own, in which
 * the listener learns of it. Done twice, or at once by two, it changes nothing the second time.
 */
export async function finishCollection(context: Context, payments: Payments, attemptId: string): Promise<Settled> {
  const outcome = await callGateway(context, payments.gateway, attemptId);
  return await inTransaction(context.db, async (db: Queryable) => {
    return await settleAttempt({ ...context, db }, payments, attemptId, outcome);
  });
}
