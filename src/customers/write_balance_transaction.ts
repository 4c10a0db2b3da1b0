import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { adjustBalance } from './adjust_balance.ts';
import type { BalanceTransaction } from './balance_transaction.ts';
import type { BalanceTransactionChange, CreateBalanceTransactionParams } from './balance_transaction.params.ts';
import { annotateBalanceTransaction, lockBalanceTransaction } from './balance_transaction.sql.ts';
import { lockLivingCustomer } from './write.ts';

/** Adjusts the balance of a living customer as a request asks for. Throws as `adjustBalance`. */
export async function createBalanceTransaction(
  context: Context,
  customerId: string,
  params: CreateBalanceTransactionParams,
): Promise<BalanceTransaction> {
  const { amount, currency, description, metadata } = params;
  await lockLivingCustomer(context, customerId, 'id');
  return await adjustBalance(context, customerId, {
    amount,
    currency,
    type: 'adjustment',
    description: description ?? null,
    metadata: changeMetadata({}, metadata),
  });
}

/** Changes the words of a transaction; its money stays as it is. No event tells it. Throws resource_missing. */
export async function changeBalanceTransaction(
  context: Context,
  customerId: string,
  id: string,
  params: BalanceTransactionChange,
): Promise<BalanceTransaction> {
  const transaction = await lockBalanceTransaction(context, customerId, id);
  if (transaction === undefined) throw missingTransaction(id);
  const changed: BalanceTransaction = {
    ...transaction,
    description: params.description ?? transaction.description,
    metadata: changeMetadata(transaction.metadata, params.metadata),
  };
  await annotateBalanceTransaction(context, changed);
  return changed;
}

export function missingTransaction(id: string) {
  return resourceMissing('customer balance transaction', id);
}
