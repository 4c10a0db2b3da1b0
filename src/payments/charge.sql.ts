import type { Insertable, Selectable } from 'kysely';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { Charges } from '../db/tables.generated.ts';
import { type JsonObject, toJson } from '../stripe/json.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Shipping } from './address.ts';
import type { Charge } from './charge.ts';
import type { MethodDetails } from './gateway.ts';
import type { BillingDetails } from './payment_method.ts';

export function toCharge(row: Selectable<Charges>): Charge {
  return {
    id: row.id,
    paymentIntentId: row.payment_intent_id,
    paymentMethodId: row.payment_method_id,
    attemptId: row.attempt_id,
    customerId: row.customer_id,
    amount: row.amount,
    amountRefunded: row.amount_refunded,
    currency: row.currency,
    status: row.status,
    failureCode: row.failure_code,
    failureMessage: row.failure_message,
    outcome: row.outcome as JsonObject,
    method: row.payment_method_details as MethodDetails,
    billingDetails: row.billing_details as BillingDetails,
    description: row.description,
    receiptEmail: row.receipt_email,
    shipping: row.shipping as Shipping | null,
    statementDescriptor: row.statement_descriptor,
    statementDescriptorSuffix: row.statement_descriptor_suffix,
    calculatedStatementDescriptor: row.calculated_statement_descriptor,
    userReport: row.user_report,
    metadata: row.metadata as Metadata,
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, charge: Charge): Insertable<Charges> {
  return {
    account_id: scope.account.id,
    id: charge.id,
    payment_intent_id: charge.paymentIntentId,
    payment_method_id: charge.paymentMethodId,
    attempt_id: charge.attemptId,
    customer_id: charge.customerId,
    amount: charge.amount,
    amount_refunded: charge.amountRefunded,
    currency: charge.currency,
    status: charge.status,
    failure_code: charge.failureCode,
    failure_message: charge.failureMessage,
    outcome: toJson(charge.outcome),
    payment_method_type: charge.method.type,
    payment_method_details: JSON.stringify(charge.method),
    billing_details: JSON.stringify(charge.billingDetails),
    description: charge.description,
    receipt_email: charge.receiptEmail,
    shipping: charge.shipping === null ? null : toJson(charge.shipping),
    statement_descriptor: charge.statementDescriptor,
    statement_descriptor_suffix: charge.statementDescriptorSuffix,
    calculated_statement_descriptor: charge.calculatedStatementDescriptor,
    user_report: charge.userReport,
    metadata: JSON.stringify(charge.metadata),
    created_at: charge.createdAt,
  };
}

export async function insertCharge(scope: Scope, charge: Charge): Promise<void> {
  await scope.db.insertInto('charges').values(toRow(scope, charge)).execute();
}

export async function updateCharge(scope: Scope, charge: Charge): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, charge);
  await updateTable(scope, 'charges').set(columns).where('id', '=', charge.id).execute();
}

export async function findCharge(scope: Scope, id: string): Promise<Charge | undefined> {
  const row = await selectFrom(scope, 'charges').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toCharge(row);
}

/** The same, held against other writers until the end of the transaction. */
export async function lockCharge(scope: Scope, id: string): Promise<Charge | undefined> {
  const row = await selectFrom(scope, 'charges').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  return row && toCharge(row);
}

export async function findCharges(scope: Scope, ids: readonly string[]): Promise<Charge[]> {
  const rows = await selectFrom(scope, 'charges').selectAll().where('id', 'in', ids).execute();
  return rows.map(toCharge);
}
