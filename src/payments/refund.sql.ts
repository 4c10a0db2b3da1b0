import type { Insertable, Selectable } from 'kysely';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { Refunds } from '../db/tables.generated.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Refund } from './refund.ts';

export function toRefund(row: Selectable<Refunds>): Refund {
  return {
    id: row.id,
    chargeId: row.charge_id,
    paymentIntentId: row.payment_intent_id,
    paymentMethodId: row.payment_method_id,
    customerId: row.customer_id,
    attemptId: row.attempt_id,
    amount: row.amount,
    currency: row.currency,
    status: row.status,
    failureReason: row.failure_reason,
    reason: row.reason,
    gatewayStatus: row.gateway_status,
    clockId: row.clock_id,
    askAgainAt: row.ask_again_at,
    metadata: row.metadata as Metadata,
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, refund: Refund): Insertable<Refunds> {
  return {
    account_id: scope.account.id,
    id: refund.id,
    charge_id: refund.chargeId,
    payment_intent_id: refund.paymentIntentId,
    payment_method_id: refund.paymentMethodId,
    customer_id: refund.customerId,
    attempt_id: refund.attemptId,
    amount: refund.amount,
    currency: refund.currency,
    status: refund.status,
    failure_reason: refund.failureReason,
    reason: refund.reason,
    gateway_status: refund.gatewayStatus,
    clock_id: refund.clockId,
    ask_again_at: refund.askAgainAt,
    metadata: JSON.stringify(refund.metadata),
    created_at: refund.createdAt,
  };
}

export async function insertRefund(scope: Scope, refund: Refund): Promise<void> {
  await scope.db.insertInto('refunds').values(toRow(scope, refund)).execute();
}

export async function updateRefund(scope: Scope, refund: Refund): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, refund);
  await updateTable(scope, 'refunds').set(columns).where('id', '=', refund.id).execute();
}

export async function findRefund(scope: Scope, id: string): Promise<Refund | undefined> {
  const row = await selectFrom(scope, 'refunds').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toRefund(row);
}

/** The same, held against other writers until the end of the transaction. */
export async function lockRefund(scope: Scope, id: string): Promise<Refund | undefined> {
  const row = await selectFrom(scope, 'refunds').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  return row && toRefund(row);
}

export async function findRefunds(scope: Scope, ids: readonly string[]): Promise<Refund[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'refunds').selectAll().where('id', 'in', ids).execute();
  return rows.map(toRefund);
}

/** All refunds of these charges, newest first. */
export async function findRefundsOf(scope: Scope, chargeIds: readonly string[]): Promise<Refund[]> {
  const rows = await selectFrom(scope, 'refunds')
    .selectAll()
    .where('charge_id', 'in', chargeIds)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.map(toRefund);
}
