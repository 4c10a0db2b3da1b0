import type { Insertable, Selectable, SelectQueryBuilder } from 'kysely';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { DB, PaymentMethods } from '../db/tables.generated.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { MethodDetails } from './gateway.ts';
import type { BillingDetails, PaymentMethod } from './payment_method.ts';
import type { ListPaymentMethodsParams } from './payment_method.params.ts';

export function toPaymentMethod(row: Selectable<PaymentMethods>): PaymentMethod {
  return {
    id: row.id,
    customerId: row.customer_id,
    gatewayReference: row.gateway_reference,
    details: row.details as MethodDetails,
    billingDetails: row.billing_details as BillingDetails,
    allowRedisplay: row.allow_redisplay,
    spent: row.spent,
    metadata: row.metadata as Metadata,
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, method: PaymentMethod): Insertable<PaymentMethods> {
  return {
    account_id: scope.account.id,
    id: method.id,
    type: method.details.type,
    customer_id: method.customerId,
    gateway_reference: method.gatewayReference,
    details: JSON.stringify(method.details),
    billing_details: JSON.stringify(method.billingDetails),
    allow_redisplay: method.allowRedisplay,
    spent: method.spent,
    metadata: JSON.stringify(method.metadata),
    created_at: method.createdAt,
  };
}

export async function insertPaymentMethod(scope: Scope, method: PaymentMethod): Promise<void> {
  await scope.db.insertInto('payment_methods').values(toRow(scope, method)).execute();
}

export async function updatePaymentMethod(scope: Scope, method: PaymentMethod): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, method);
  await updateTable(scope, 'payment_methods').set(columns).where('id', '=', method.id).execute();
}

export async function findPaymentMethod(scope: Scope, id: string): Promise<PaymentMethod | undefined> {
  const row = await selectFrom(scope, 'payment_methods').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toPaymentMethod(row);
}

/** The same, held against other writers until the end of the transaction. */
export async function lockPaymentMethod(scope: Scope, id: string): Promise<PaymentMethod | undefined> {
  const row = await selectFrom(scope, 'payment_methods')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row && toPaymentMethod(row);
}

export async function findPaymentMethods(scope: Scope, ids: readonly string[]): Promise<PaymentMethod[]> {
  const rows = await selectFrom(scope, 'payment_methods').selectAll().where('id', 'in', ids).execute();
  return rows.map(toPaymentMethod);
}

/** The newest methods that a customer has. */
export async function findMethodsOfCustomer(scope: Scope, customerId: string, count: number): Promise<PaymentMethod[]> {
  const rows = await selectFrom(scope, 'payment_methods')
    .selectAll()
    .where('customer_id', '=', customerId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(count)
    .execute();
  return rows.map(toPaymentMethod);
}

/** The filters of the lists; `customer` is an id that exists. */
export function filterPaymentMethods(
  query: SelectQueryBuilder<DB, 'payment_methods', object>,
  { allow_redisplay: redisplay, customer, type }: ListPaymentMethodsParams,
) {
  let refined = query;
  if (redisplay !== undefined) refined = refined.where('allow_redisplay', '=', redisplay);
  if (customer !== undefined) refined = refined.where('customer_id', '=', customer);
  // A type that is not served has no methods.
  if (type !== undefined) refined = refined.where('type', '=', type as PaymentMethod['details']['type']);
  return refined;
}
