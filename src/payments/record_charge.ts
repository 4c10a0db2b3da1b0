import assert from 'node:assert/strict';
import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import type { Refusal } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import type { JsonObject } from '../stripe/json.ts';
import type { PaymentAttempt } from './attempt.ts';
import type { Charge } from './charge.ts';
import { insertCharge, lockCharge, updateCharge } from './charge.sql.ts';
import { viewCharge } from './charge.view.ts';
import type { PaymentIntent } from './payment_intent.ts';
import type { PaymentMethod } from './payment_method.ts';

/** Characters that a bank statement has room for. */
const MAX_DESCRIPTOR_CHARACTERS = 22;

export type Paying = {
  readonly intent: PaymentIntent;
  readonly attempt: PaymentAttempt;
  readonly method: PaymentMethod;
};

const APPROVED: JsonObject = {
  advice_code: null,
  network_advice_code: null,
  network_decline_code: null,
  network_status: 'approved_by_network',
  reason: null,
  risk_level: 'not_assessed',
  seller_message: 'Payment complete.',
  type: 'authorized',
};

function declinedOutcome({ code, declineCode }: Refusal): JsonObject {
  return {
    ...APPROVED,
    network_status: 'declined_by_network',
    reason: declineCode ?? code,
    seller_message: 'The bank did not return any further details with this decline.',
    type: 'issuer_declined',
  };
}

/** Stores the charge that an attempt made, or what became of it, and tells `charge.succeeded` or `charge.pending`. */
export async function recordCharge(context: Context, paying: Paying, status: 'succeeded' | 'pending'): Promise<Charge> {
  const charge = await writeCharge(context, paying, { status });
  await recordEvent(context, `charge.${status}`, viewCharge(context, charge));
  return charge;
}

/** Stores the charge that was refused, at once or after all, and tells `charge.failed`. */
export async function failCharge(context: Context, paying: Paying, refusal: Refusal): Promise<Charge> {
  const charge = await writeCharge(context, paying, {
    status: 'failed',
    failureCode: refusal.code,
    failureMessage: refusal.message,
    outcome: declinedOutcome(refusal),
  });
  await recordEvent(context, 'charge.failed', viewCharge(context, charge));
  return charge;
}

async function writeCharge(context: Context, paying: Paying, change: Partial<Charge>): Promise<Charge> {
  const { intent, attempt } = paying;
  if (attempt.status === 'begun') {
    const charge = { ...newCharge(context, paying), ...change };
    await insertCharge(context, charge);
    return charge;
  }
  assert(intent.latestChargeId !== null, `the charge of ${attempt.id} is pending, so the intent has it`);
  const pending = await lockCharge(context, intent.latestChargeId);
  assert(pending !== undefined && pending.attemptId === attempt.id, 'a processing intent has one charge in hand');
  const charge = { ...pending, ...change };
  await updateCharge(context, charge);
  return charge;
}

function newCharge(context: Context, { intent, attempt, method }: Paying): Charge {
  return {
    id: newId('charge'),
    paymentIntentId: intent.id,
    paymentMethodId: method.id,
    attemptId: attempt.id,
    customerId: intent.customerId,
    amount: attempt.amount,
    amountRefunded: 0n,
    currency: attempt.currency,
    status: 'pending',
    failureCode: null,
    failureMessage: null,
    outcome: APPROVED,
    method: method.details,
    billingDetails: method.billingDetails,
    description: intent.description,
    receiptEmail: intent.receiptEmail,
    shipping: intent.shipping,
    statementDescriptor: intent.statementDescriptor,
    statementDescriptorSuffix: intent.statementDescriptorSuffix,
    calculatedStatementDescriptor: descriptorOf(context.account.name, intent),
    userReport: null,
    metadata: intent.metadata,
    createdAt: context.now,
  };
}

/** The account's name stands for a descriptor that was not given; a suffix comes after it. */
function descriptorOf(accountName: string, intent: PaymentIntent): string {
  const { statementDescriptor, statementDescriptorSuffix: suffix } = intent;
  const prefix = statementDescriptor ?? accountName.toUpperCase();
  return (suffix === null ? prefix : `${prefix}* ${suffix.toUpperCase()}`).slice(0, MAX_DESCRIPTOR_CHARACTERS);
}
