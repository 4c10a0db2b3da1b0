import assert from 'node:assert/strict';
import { recordEvents, type Told } from '../events/record.ts';
import { MAX_BALANCE } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { BalanceTransaction, BalanceTransactionType } from './balance_transaction.ts';
import { insertBalanceTransactions, lastBalanceChangesAt } from './balance_transaction.sql.ts';
import { checkCurrency, type Customer } from './customer.ts';
import { lockCustomer, setBalances } from './customer.sql.ts';
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
  const [adjusted] = await adjustBalances(context, [{ customer, adjustment }]);
  assert(adjusted !== undefined, 'one adjustment makes one transaction');
  await recordEvents(context, adjusted.told);
  return adjusted.transaction;
}

/** What an adjustment appended, and what the caller has to record of it. */
export type Adjusted = { readonly transaction: BalanceTransaction; readonly told: readonly Told[] };

/**
 * The same for any number of customers, who must be locked and as they are now, each with any number of adjustments in
 * their order.
 */
export async function adjustBalances(
  context: Context,
  all: readonly { readonly customer: Customer; readonly adjustment: BalanceAdjustment }[],
): Promise<Adjusted[]> {
  if (all.length === 0) return [];
  const current = new Map(all.map(({ customer }) => [customer.id, customer]));
  const lastAt = await lastBalanceChangesAt(context, [...current.keys()]);
  const adjusted = all.map(({ customer: { id }, adjustment }) => {
    const customer = current.get(id) as Customer;
    checkCurrency(customer, adjustment.currency);
    const balance = newBalance(customer, adjustment.amount, 'amount');
    const changed: Customer = { ...customer, currency: adjustment.currency, balance };
    current.set(id, changed);
    const transaction = transactionOf(context, changed, adjustment, lastAt.get(id));
    return { transaction, told: toldOf(context, customer, changed) };
  });
  await setBalances(context, [...current.values()]);
  await insertBalanceTransactions(
    context,
    adjusted.map(({ transaction }) => transaction),
  );
  return adjusted;
}

function toldOf(context: Context, customer: Customer, changed: Customer): Told[] {
  if (customer.deletedAt !== null) return [];
  const before = viewCustomer(context, customer);
  return [{ type: 'customer.updated', object: viewCustomer(context, changed), before }];
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

/**
 * The transaction that brought a customer, as it is by now, to its balance. A request that began earlier may get the lock later; its
 * transaction must not be listed before the last one, whose balance it goes on from.
 */
function transactionOf(
  { now }: Context,
  customer: Customer,
  { amount, currency, type, ...details }: BalanceAdjustment,
  lastAt: Temporal.Instant | undefined,
): BalanceTransaction {
  return {
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
    createdAt: lastAt !== undefined && Temporal.Instant.compare(lastAt, now) > 0 ? lastAt : now,
  };
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
  const lastAt = await lastBalanceChangesAt(context, [after.id]);
  const transaction = transactionOf(context, after, { amount, currency: after.currency, type }, lastAt.get(after.id));
  await insertBalanceTransactions(context, [transaction]);
}
