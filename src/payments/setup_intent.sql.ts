import type { Insertable, Selectable } from 'kysely';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { SetupIntents } from '../db/tables.generated.ts';
import { type JsonObject, toJson } from '../stripe/json.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { AutomaticPaymentMethods } from './payment_intent.ts';
import type { SetupIntent } from './setup_intent.ts';

export function toSetupIntent(row: Selectable<SetupIntents>): SetupIntent {
  return {
    id: row.id,
    clientSecret: row.client_secret,
    customerId: row.customer_id,
    paymentMethodId: row.payment_method_id,
    status: row.status,
    usage: row.usage,
    paymentMethodTypes: row.payment_method_types,
    automaticPaymentMethods: row.automatic_payment_methods as AutomaticPaymentMethods | null,
    description: row.description,
    lastSetupError: row.last_setup_error as JsonObject | null,
    cancellationReason: row.cancellation_reason,
    metadata: row.metadata as Metadata,
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, intent: SetupIntent): Insertable<SetupIntents> {
  const json = (value: JsonObject | null) => (value === null ? null : toJson(value));
  return {
    account_id: scope.account.id,
    id: intent.id,
    client_secret: intent.clientSecret,
    customer_id: intent.customerId,
    payment_method_id: intent.paymentMethodId,
    status: intent.status,
    usage: intent.usage,
    payment_method_types: [...intent.paymentMethodTypes],
    automatic_payment_methods: json(intent.automaticPaymentMethods),
    description: intent.description,
    last_setup_error: json(intent.lastSetupError),
    cancellation_reason: intent.cancellationReason,
    metadata: JSON.stringify(intent.metadata),
    created_at: intent.createdAt,
  };
}

export async function insertSetupIntent(scope: Scope, intent: SetupIntent): Promise<void> {
  await scope.db.insertInto('setup_intents').values(toRow(scope, intent)).execute();
}

export async function updateSetupIntent(scope: Scope, intent: SetupIntent): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, intent);
  await updateTable(scope, 'setup_intents').set(columns).where('id', '=', intent.id).execute();
}

export async function findSetupIntent(scope: Scope, id: string): Promise<SetupIntent | undefined> {
  const row = await selectFrom(scope, 'setup_intents').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toSetupIntent(row);
}

/** The same, held against other writers until the end of the transaction. */
export async function lockSetupIntent(scope: Scope, id: string): Promise<SetupIntent | undefined> {
  const row = await selectFrom(scope, 'setup_intents').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  return row && toSetupIntent(row);
}
