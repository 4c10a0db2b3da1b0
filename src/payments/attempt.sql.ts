import type { Insertable, Selectable } from 'kysely';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { PaymentAttempts } from '../db/tables.generated.ts';
import { type JsonObject, toJson } from '../stripe/json.ts';
import type { PaymentAttempt } from './attempt.ts';

function toAttempt(row: Selectable<PaymentAttempts>): PaymentAttempt {
  return {
    id: row.id,
    paymentIntentId: row.payment_intent_id,
    paymentMethodId: row.payment_method_id,
    amount: row.amount,
    currency: row.currency,
    offSession: row.off_session,
    authenticated: row.authenticated,
    refuseAction: row.refuse_action,
    status: row.status,
    error: row.error as JsonObject | null,
    clockId: row.clock_id,
    begunAt: row.begun_at,
    askAgainAt: row.ask_again_at,
  };
}

function toRow(scope: Scope, attempt: PaymentAttempt): Insertable<PaymentAttempts> {
  return {
    account_id: scope.account.id,
    id: attempt.id,
    payment_intent_id: attempt.paymentIntentId,
    payment_method_id: attempt.paymentMethodId,
    amount: attempt.amount,
    currency: attempt.currency,
    off_session: attempt.offSession,
    authenticated: attempt.authenticated,
    refuse_action: attempt.refuseAction,
    status: attempt.status,
    error: attempt.error === null ? null : toJson(attempt.error),
    clock_id: attempt.clockId,
    begun_at: attempt.begunAt,
    ask_again_at: attempt.askAgainAt,
  };
}

export async function insertAttempt(scope: Scope, attempt: PaymentAttempt): Promise<void> {
  await scope.db.insertInto('payment_attempts').values(toRow(scope, attempt)).execute();
}

export async function updateAttempt(scope: Scope, attempt: PaymentAttempt): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, attempt);
  await updateTable(scope, 'payment_attempts').set(columns).where('id', '=', attempt.id).execute();
}

/** Throws when there is none: attempts are never deleted, and only our own code knows their ids. */
export async function readAttempt(scope: Scope, id: string): Promise<PaymentAttempt> {
  return toAttempt(
    await selectFrom(scope, 'payment_attempts').selectAll().where('id', '=', id).executeTakeFirstOrThrow(),
  );
}
