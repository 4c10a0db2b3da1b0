import type { Insertable, Selectable } from 'kysely';
import { insertRows } from '../db/rows.ts';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { PaymentIntents } from '../db/tables.generated.ts';
import { type JsonObject, toJson } from '../stripe/json.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Shipping } from './address.ts';
import type { AutomaticPaymentMethods, PaymentIntent } from './payment_intent.ts';

export function toPaymentIntent(row: Selectable<PaymentIntents>): PaymentIntent {
  return {
    id: row.id,
    clientSecret: row.client_secret,
    amount: row.amount,
    currency: row.currency,
    customerId: row.customer_id,
    paymentMethodId: row.payment_method_id,
    status: row.status,
    captureMethod: row.capture_method,
    paymentMethodTypes: row.payment_method_types,
    automaticPaymentMethods: row.automatic_payment_methods as AutomaticPaymentMethods | null,
    description: row.description,
    receiptEmail: row.receipt_email,
    setupFutureUsage: row.setup_future_usage,
    shipping: row.shipping as Shipping | null,
    statementDescriptor: row.statement_descriptor,
    statementDescriptorSuffix: row.statement_descriptor_suffix,
    lastPaymentError: row.last_payment_error as JsonObject | null,
    latestChargeId: row.latest_charge_id,
    attemptId: row.attempt_id,
    canceledAt: row.canceled_at,
    cancellationReason: row.cancellation_reason,
    metadata: row.metadata as Metadata,
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, intent: PaymentIntent): Insertable<PaymentIntents> {
  const json = (value: JsonObject | null) => (value === null ? null : toJson(value));
  return {
    account_id: scope.account.id,
    id: intent.id,
    client_secret: intent.clientSecret,
    amount: intent.amount,
    currency: intent.currency,
    customer_id: intent.customerId,
    payment_method_id: intent.paymentMethodId,
    status: intent.status,
    capture_method: intent.captureMethod,
    payment_method_types: [...intent.paymentMethodTypes],
    automatic_payment_methods: json(intent.automaticPaymentMethods),
    description: intent.description,
    receipt_email: intent.receiptEmail,
    setup_future_usage: intent.setupFutureUsage,
    shipping: json(intent.shipping),
    statement_descriptor: intent.statementDescriptor,
    statement_descriptor_suffix: intent.statementDescriptorSuffix,
    last_payment_error: json(intent.lastPaymentError),
    latest_charge_id: intent.latestChargeId,
    attempt_id: intent.attemptId,
    canceled_at: intent.canceledAt,
    cancellation_reason: intent.cancellationReason,
    metadata: JSON.stringify(intent.metadata),
    created_at: intent.createdAt,
  };
}

export async function insertPaymentIntents(scope: Scope, intents: readonly PaymentIntent[]): Promise<void> {
  const rows = intents.map((intent) => toRow(scope, intent));
  await insertRows(scope, 'payment_intents', rows);
}

export async function updatePaymentIntent(scope: Scope, intent: PaymentIntent): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, intent);
  await updateTable(scope, 'payment_intents').set(columns).where('id', '=', intent.id).execute();
}

export async function findPaymentIntent(scope: Scope, id: string): Promise<PaymentIntent | undefined> {
  const row = await selectFrom(scope, 'payment_intents').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toPaymentIntent(row);
}

/** The same, held against other writers until the end of the transaction. */
export async function lockPaymentIntent(scope: Scope, id: string): Promise<PaymentIntent | undefined> {
  const row = await selectFrom(scope, 'payment_intents')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row && toPaymentIntent(row);
}

export async function findPaymentIntents(scope: Scope, ids: readonly string[]): Promise<PaymentIntent[]> {
  const rows = await selectFrom(scope, 'payment_intents').selectAll().where('id', 'in', ids).execute();
  return rows.map(toPaymentIntent);
}
