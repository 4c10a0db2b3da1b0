import { recordEvent } from '../events/record.ts';
import { MAX_BALANCE } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { BalanceTransaction, BalanceTransactionType } from './balance_transaction.ts';
import { insertBalanceTransaction, lastBalanceChangeAt } from './balance_transaction.sql.ts';
import { checkCurrency, type Customer } from './customer.ts';
import { lockCustomer, setBalance } from './customer.sql.ts';
import { viewCustomer } from './customer.view.ts';

export type BalanceAdjustment = {
  /** Minor units; negative is to the customer's credit. */
  readonly amount: bigint;
  readonly currency: string;
  readonly type: BalanceTransactionType;
  readonly invoiceId?: string;
  readonly creditNoteId?: string;
  readonly description?: string | null;
  readonly metadata?: Metadata;
};

/**
 * Changes a customer's balance by an amount: locks the customer, appends the transaction, and tells `customer.updated`.
 * A deleted customer keeps a balance too, because its invoices can still be voided. The first money decides the
 * customer's currency. Throws for another currency and for a balance of more than twelve digits.
 */
export async function adjustBalance(
  context: Context,
  customerId: string,
  adjustment: BalanceAdjustment,
): Promise<BalanceTransaction> {
  const customer = await lockCustomer(context, customerId);
  if (customer === undefined) throw resourceMissing('customer', customerId);
  checkCurrency(customer, adjustment.currency);
  const changed: Customer = {
    ...customer,
    currency: adjustment.currency,
    balance: newBalance(customer, adjustment.amount, 'amount'),
  };
  await setBalance(context, changed);
  const transaction = await append(context, changed, adjustment);
  if (customer.deletedAt === null) {
    await recordEvent(context, 'customer.updated', viewCustomer(context, changed), viewCustomer(context, customer));
  }
  return transaction;
}

/** The balance after a change. `param` names the parameter that asked for it. */
function newBalance(customer: Customer, amount: bigint, param: string): bigint {
  const balance = customer.balance + amount;
  if (balance <= MAX_BALANCE && balance >= -MAX_BALANCE) return balance;
  throw invalidRequest(
    `This would make the customer's balance ${balance}, and it cannot be beyond ${MAX_BALANCE} either way.`,
    param,
    'amount_too_large',
  );
}

/** Appends the transaction that brought a customer, as it is by now, to its balance. */
async function append(
  context: Context,
  customer: Customer,
  { amount, currency, type, ...details }: BalanceAdjustment,
): Promise<BalanceTransaction> {
  const transaction: BalanceTransaction = {
    id: newId('customerBalanceTransaction'),
    customerId: customer.id,
    amount,
    endingBalance: customer.balance,
    currency,
    type,
    description: details.description ?? null,
    invoiceId: details.invoiceId ?? null,
    creditNoteId: details.creditNoteId ?? null,
    metadata: details.metadata ?? {},
    createdAt: await nextInstant(context, customer.id),
  };
  await insertBalanceTransaction(context, transaction);
  return transaction;
}

/**
 * A request that began earlier may get the lock later; its transaction must not be listed before those whose balance it
 * goes on from.
 */
async function nextInstant(context: Context, customerId: string): Promise<Temporal.Instant> {
  const last = await lastBalanceChangeAt(context, customerId);
  return last !== undefined && Temporal.Instant.compare(last, context.now) > 0 ? last : context.now;
}

/**
 * A customer with the balance that a request asks for. A customer without a currency is given the account's, because
 * money has one. Writes nothing: see `recordBalance`.
 */
export function withBalance(context: Context, customer: Customer, wanted: bigint | undefined): Customer {
  if (wanted === undefined || wanted === customer.balance) return customer;
  return { ...customer, currency: customer.currency ?? context.account.defaultCurrency, balance: wanted };
}

/** Appends what the balance of a customer changed by. It goes with the write of the customer, in the same transaction. */
export async function recordBalance(
  context: Context,
  before: Customer,
  after: Customer,
  type: 'initial' | 'adjustment',
): Promise<void> {
  const amount = after.balance - before.balance;
  if (amount === 0n || after.currency === null) return;
  await append(context, after, { amount, currency: after.currency, type });
}
