import assert from 'node:assert/strict';
import { recordEvent } from '../events/record.ts';
import { GATEWAY_RECOVERY_SECONDS } from '../limits.ts';
import { decimal } from '../money/decimal.ts';
import { formatUnitAmount } from '../money/format.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, missingParameter, resourceMissing } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import type { MetadataChange } from '../stripe/params.types.ts';
import type { Charge } from './charge.ts';
import { findCharge, lockCharge, updateCharge } from './charge.sql.ts';
import { viewCharge } from './charge.view.ts';
import { readAttempt } from './attempt.sql.ts';
import type { Gateway, RefundOutcome } from './gateway.ts';
import { findPaymentIntent } from './payment_intent.sql.ts';
import type { Refund } from './refund.ts';
import type { CreateRefundParams } from './refund.params.ts';
import { findRefund, insertRefund, lockRefund, updateRefund } from './refund.sql.ts';
import { viewRefund } from './refund.view.ts';

/**
 * Begins to give money back, in the caller's transaction: the refund is written as pending and its amount is taken from
 * what is left of the charge, so that two refunds at once can't exceed it; the gateway is called after the commit.
 */
export async function beginRefund(context: Context, gateway: Gateway, params: CreateRefundParams): Promise<Refund> {
  gateway.checkAccount(context.account);
  const charge = await lockRefundedCharge(context, params);
  const amount = params.amount ?? charge.amount - charge.amountRefunded;
  checkRefundable(charge, amount);
  const { clockId } = await readAttempt(context, charge.attemptId);
  const refund: Refund = {
    id: newId('refund'),
    chargeId: charge.id,
    paymentIntentId: charge.paymentIntentId,
    paymentMethodId: charge.paymentMethodId,
    customerId: charge.customerId,
    attemptId: charge.attemptId,
    amount,
    currency: charge.currency,
    status: 'pending',
    failureReason: null,
    reason: params.reason ?? null,
    gatewayStatus: 'begun',
    clockId,
    askAgainAt: context.now.add({ seconds: GATEWAY_RECOVERY_SECONDS }),
    metadata: changeMetadata({}, params.metadata),
    createdAt: context.now,
  };
  await insertRefund(context, refund);
  await updateCharge(context, { ...charge, amountRefunded: charge.amountRefunded + amount });
  return refund;
}

async function lockRefundedCharge(context: Context, params: CreateRefundParams): Promise<Charge> {
  const { charge: chargeId, payment_intent: intentId } = params;
  if (chargeId !== undefined) {
    const charge = await lockCharge(context, chargeId);
    if (charge === undefined) throw resourceMissing('charge', chargeId, 'charge');
    if (intentId === undefined || intentId === charge.paymentIntentId) return charge;
    throw invalidRequest('The charge does not belong to the payment_intent.', 'payment_intent');
  }
  if (intentId === undefined) throw missingParameter('charge');
  const intent = await findPaymentIntent(context, intentId);
  if (intent === undefined) throw resourceMissing('payment_intent', intentId, 'payment_intent');
  const charge = intent.latestChargeId === null ? undefined : await lockCharge(context, intent.latestChargeId);
  if (charge !== undefined && charge.status !== 'failed') return charge;
  throw invalidRequest(
    `This PaymentIntent (${intentId}) does not have a successful charge to refund.`,
    'payment_intent',
  );
}

/**
 * Throws where so much of what an intent has taken can't be given back; `param` names the parameter that asks for it.
 * Writes nothing: it is `beginRefund` that makes sure of it.
 */
export async function requireRefundable(
  context: Context,
  gateway: Gateway,
  { intentId, amount, param }: { intentId: string; amount: bigint; param: string },
): Promise<void> {
  gateway.checkAccount(context.account);
  const intent = await findPaymentIntent(context, intentId);
  const charge = intent?.latestChargeId && (await findCharge(context, intent.latestChargeId));
  assert(charge, `${intentId} has taken no money`);
  checkRefundable(charge, amount, { charge: param, amount: param });
}

function checkRefundable(charge: Charge, amount: bigint, params = { charge: 'charge', amount: 'amount' }): void {
  if (charge.status !== 'succeeded') {
    throw invalidRequest(
      `Charge ${charge.id} has a status of ${charge.status} and cannot be refunded.`,
      params.charge,
      'charge_not_refundable',
    );
  }
  const left = charge.amount - charge.amountRefunded;
  if (left === 0n) {
    throw invalidRequest(`Charge ${charge.id} has already been refunded.`, params.charge, 'charge_already_refunded');
  }
  if (amount <= left) return;
  const told = (minor: bigint) => formatUnitAmount(decimal(String(minor)), charge.currency);
  throw invalidRequest(
    `Refund amount (${told(amount)}) is greater than unrefunded amount on charge (${told(left)})`,
    params.amount,
  );
}

/** Asks the gateway what becomes of a refund, with no transaction open; null: the outcome is known already. */
export async function callRefund(context: Context, gateway: Gateway, id: string): Promise<RefundOutcome | null> {
  const refund = await findRefund(context, id);
  assert(refund !== undefined, `the refund ${id} is gone`);
  if (refund.gatewayStatus === 'settled') return null;
  const { account, now } = context;
  if (refund.gatewayStatus === 'begun') {
    const { attemptId: chargeKey, amount } = refund;
    return await gateway.refund(account, { idempotencyKey: id, chargeKey, amount, now });
  }
  const told = await gateway.retrieveRefund(account, id, now);
  assert(told !== undefined, `the gateway has forgotten ${id}`);
  return told;
}

/**
 * Writes what the gateway said of a refund, and tells `refund.created` and `charge.refunded` the first time, else
 * `refund.updated`, `charge.refund.updated` and, for one that failed, `refund.failed`.
 */
export async function settleRefund(context: Context, id: string, outcome: RefundOutcome | null): Promise<Refund> {
  const known = await findRefund(context, id);
  assert(known !== undefined, `the refund ${id} is gone`);
  const charge = await lockCharge(context, known.chargeId);
  const refund = await lockRefund(context, id);
  assert(charge !== undefined && refund !== undefined, `the charge of ${id} is gone`);
  if (outcome === null || refund.gatewayStatus === 'settled') return refund;
  const settled = { ...refund, ...changeBy(refund, outcome) };
  await updateRefund(context, settled);
  const left: Charge =
    settled.status === 'failed' ? { ...charge, amountRefunded: charge.amountRefunded - settled.amount } : charge;
  await updateCharge(context, left);
  await tellRefund(context, { before: refund, after: settled, charge: left });
  return settled;
}

function changeBy(refund: Refund, outcome: RefundOutcome): Partial<Refund> {
  switch (outcome.result) {
    case 'succeeded':
      return { status: 'succeeded', gatewayStatus: 'settled' };
    case 'pending':
      return { status: 'pending', gatewayStatus: 'processing', askAgainAt: outcome.askAgainAt };
    case 'failed':
      return { status: 'failed', failureReason: outcome.reason, gatewayStatus: 'settled' };
  }
}

async function tellRefund(
  context: Context,
  { before, after, charge }: { before: Refund; after: Refund; charge: Charge },
): Promise<void> {
  const view = viewRefund(context, after);
  if (before.gatewayStatus === 'begun') {
    await recordEvent(context, 'refund.created', view);
    const was = viewCharge(context, { ...charge, amountRefunded: charge.amountRefunded - after.amount });
    if (after.status !== 'failed') await recordEvent(context, 'charge.refunded', viewCharge(context, charge), was);
  } else {
    await recordEvent(context, 'refund.updated', view, viewRefund(context, before));
    await recordEvent(context, 'charge.refund.updated', view, viewRefund(context, before));
  }
  if (after.status === 'failed') await recordEvent(context, 'refund.failed', view);
}

/** A refund by its id. Throws resource_missing. */
export async function requireRefund(context: Context, id: string): Promise<Refund> {
  const refund = await findRefund(context, id);
  if (refund === undefined) throw resourceMissing('refund', id);
  return refund;
}

/** Changes the metadata of a refund, and tells `refund.updated` and `charge.refund.updated`. */
export async function changeRefund(
  context: Context,
  id: string,
  metadata: MetadataChange | null | undefined,
): Promise<Refund> {
  const refund = await lockRefund(context, id);
  if (refund === undefined) throw resourceMissing('refund', id);
  const changed: Refund = { ...refund, metadata: changeMetadata(refund.metadata, metadata) };
  await updateRefund(context, changed);
  const before = viewRefund(context, refund);
  await recordEvent(context, 'refund.updated', viewRefund(context, changed), before);
  await recordEvent(context, 'charge.refund.updated', viewRefund(context, changed), before);
  return changed;
}
