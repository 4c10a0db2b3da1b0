import { type Selectable, sql } from 'kysely';
import { textArray } from '../db/binary.ts';
import { insertRows } from '../db/rows.ts';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { CustomerBalanceTransactions } from '../db/tables.generated.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { BalanceTransaction } from './balance_transaction.ts';

export function toBalanceTransaction(row: Selectable<CustomerBalanceTransactions>): BalanceTransaction {
  return {
    id: row.id,
    customerId: row.customer_id,
    amount: row.amount,
    endingBalance: row.ending_balance,
    currency: row.currency,
    type: row.type,
    description: row.description,
    invoiceId: row.invoice_id,
    creditNoteId: row.credit_note_id,
    metadata: row.metadata as Metadata,
    createdAt: row.created_at,
  };
}

export async function insertBalanceTransactions(
  scope: Scope,
  transactions: readonly BalanceTransaction[],
): Promise<void> {
  const rows = transactions.map((transaction) => ({
    account_id: scope.account.id,
    id: transaction.id,
    customer_id: transaction.customerId,
    amount: transaction.amount,
    ending_balance: transaction.endingBalance,
    currency: transaction.currency,
    type: transaction.type,
    description: transaction.description,
    invoice_id: transaction.invoiceId,
    credit_note_id: transaction.creditNoteId,
    metadata: JSON.stringify(transaction.metadata),
    created_at: transaction.createdAt,
  }));
  await insertRows(scope, 'customer_balance_transactions', rows);
}

/** When the balances of customers last changed, by customer. */
export async function lastBalanceChangesAt(
  scope: Scope,
  customerIds: readonly string[],
): Promise<Map<string, Temporal.Instant>> {
  const { rows } = await sql<{ id: string; created_at: Temporal.Instant }>`
    select c.id, last.created_at from unnest(${textArray(customerIds, (id) => id)}::text[]) as c(id)
    cross join lateral (
      select created_at from customer_balance_transactions
      where account_id = ${scope.account.id} and customer_id = c.id order by created_at desc limit 1
    ) as last
  `.execute(scope.db);
  return new Map(rows.map((row) => [row.id, row.created_at]));
}

/** Writes what can change of a transaction: nothing of its money. */
export async function annotateBalanceTransaction(scope: Scope, transaction: BalanceTransaction): Promise<void> {
  await updateTable(scope, 'customer_balance_transactions')
    .set({ description: transaction.description, metadata: JSON.stringify(transaction.metadata) })
    .where('id', '=', transaction.id)
    .execute();
}

/** A transaction of that customer. */
export async function findBalanceTransaction(
  scope: Scope,
  customerId: string,
  id: string,
): Promise<BalanceTransaction | undefined> {
  const row = await selectFrom(scope, 'customer_balance_transactions')
    .selectAll()
    .where('customer_id', '=', customerId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && toBalanceTransaction(row);
}

/** The same, held against other writers until the end of the transaction. */
export async function lockBalanceTransaction(
  scope: Scope,
  customerId: string,
  id: string,
): Promise<BalanceTransaction | undefined> {
  const row = await selectFrom(scope, 'customer_balance_transactions')
    .selectAll()
    .where('customer_id', '=', customerId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  return row && toBalanceTransaction(row);
}

/** The transactions of these ids that exist, of any customer, in no particular order. */
export async function findBalanceTransactions(scope: Scope, ids: readonly string[]): Promise<BalanceTransaction[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'customer_balance_transactions').selectAll().where('id', 'in', ids).execute();
  return rows.map(toBalanceTransaction);
}
