import { sql } from 'kysely';
import { type Scope, selectFrom } from '../db/scope.ts';
import type { LinkedRefund } from './credit_note.ts';

/** Stores the refunds of a credit note, which never change. */
export async function insertNoteRefunds(
  scope: Scope,
  creditNoteId: string,
  refunds: readonly LinkedRefund[],
): Promise<void> {
  if (refunds.length === 0) return;
  const rows = refunds.map(({ refundId, amount }, position) => ({
    account_id: scope.account.id,
    credit_note_id: creditNoteId,
    refund_id: refundId,
    position,
    amount,
  }));
  await scope.db.insertInto('credit_note_refunds').values(rows).execute();
}

/** The refunds of credit notes, each in its order, by credit note. */
export async function findRefundsOfNotes(scope: Scope, ids: readonly string[]): Promise<Map<string, LinkedRefund[]>> {
  if (ids.length === 0) return new Map();
  const rows = await selectFrom(scope, 'credit_note_refunds')
    .selectAll()
    .where('credit_note_id', 'in', ids)
    .orderBy('credit_note_id')
    .orderBy('position')
    .execute();
  const byNote = Map.groupBy(rows, (row) => row.credit_note_id);
  return new Map(
    [...byNote].map(([id, found]) => [id, found.map((row) => ({ refundId: row.refund_id, amount: row.amount }))]),
  );
}

/** How much of each of these refunds belongs to credit notes already. */
export async function findLinkedAmounts(scope: Scope, refundIds: readonly string[]): Promise<Map<string, bigint>> {
  if (refundIds.length === 0) return new Map();
  const rows = await selectFrom(scope, 'credit_note_refunds')
    .select(['refund_id', sql<bigint>`sum(amount)::bigint`.as('linked')])
    .where('refund_id', 'in', refundIds)
    .groupBy('refund_id')
    .execute();
  return new Map(rows.map((row) => [row.refund_id, row.linked]));
}
