import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import { toUnix } from '../time/instant.ts';
import type { BalanceTransaction } from './balance_transaction.ts';
import { findBalanceTransactions } from './balance_transaction.sql.ts';

/** The wire shape of a change of a customer's balance. */
export function viewBalanceTransaction(context: Context, transaction: BalanceTransaction) {
  return {
    id: transaction.id,
    object: 'customer_balance_transaction',
    amount: transaction.amount,
    checkout_session: null,
    created: toUnix(transaction.createdAt),
    credit_note: transaction.creditNoteId,
    currency: transaction.currency,
    customer: transaction.customerId,
    customer_account: null,
    description: transaction.description,
    ending_balance: transaction.endingBalance,
    invoice: transaction.invoiceId,
    livemode: context.account.livemode,
    metadata: transaction.metadata,
    type: transaction.type,
  };
}

export const balanceTransactionExpandable: Expandable = {
  fields: {
    checkout_session: NOTHING,
    credit_note: { id: 'credit_note' },
    customer: { id: 'customer' },
    invoice: { id: 'invoice' },
  },
  async load(context, ids) {
    const transactions = await findBalanceTransactions(context, ids);
    return new Map(transactions.map((each) => [each.id, viewBalanceTransaction(context, each)]));
  },
};
