import { adjustBalance, adjustBalances } from '../customers/adjust_balance.ts';
import { findCustomers } from '../customers/customer.sql.ts';
import type { Customer } from '../customers/customer.ts';
import type { Told } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { balanceIn, meetBalance } from './balance.ts';
import type { Invoice } from './invoice.ts';

/** What an invoice shows of the balance that it met, which the caller has to store, and what that tells, to be recorded. */
type Met = Pick<Invoice, 'startingBalance' | 'endingBalance' | 'amountDue'> & { readonly told: readonly Told[] };

/**
 * Lets invoices meet the balances of their customers, who are different ones and locked, and appends what that changes. The
 * balances are read here: an invoice of the same transaction may have met them since the customers were read.
 */
export async function applyBalances(
  context: Context,
  known: readonly { readonly customer: Customer; readonly invoice: Invoice }[],
): Promise<Met[]> {
  const all = await withBalances(context, known);
  const met = all.map(({ customer, invoice: { id, total, currency } }) => {
    const startingBalance = balanceIn(customer, currency);
    const { amountDue, endingBalance, changes } = meetBalance({ total, startingBalance, currency });
    const adjustments = changes.map((change) => ({ customer, adjustment: { ...change, currency, invoiceId: id } }));
    return { shown: { startingBalance, endingBalance, amountDue }, adjustments };
  });
  const adjusted = await adjustBalances(
    context,
    met.flatMap(({ adjustments }) => adjustments),
  );
  const told = Map.groupBy(adjusted, ({ transaction }) => transaction.customerId);
  return met.map(({ shown }, place) => {
    const own = told.get(all[place]?.customer.id ?? '') ?? [];
    return { ...shown, told: own.flatMap((one) => one.told) };
  });
}

async function withBalances<T extends { readonly customer: Customer }>(
  context: Context,
  all: readonly T[],
): Promise<T[]> {
  const ids = all.map(({ customer }) => customer.id);
  const current = new Map((await findCustomers(context, ids)).map((customer) => [customer.id, customer]));
  return all.map((one) => ({ ...one, customer: current.get(one.customer.id) ?? one.customer }));
}

/** Gives the balance back what a voided invoice took of it, and takes back what it left there. */
export async function returnBalance(context: Context, invoice: Invoice): Promise<void> {
  const amount = invoice.startingBalance - (invoice.endingBalance ?? invoice.startingBalance);
  if (amount === 0n) return;
  const { id, customerId, currency } = invoice;
  await adjustBalance(context, customerId, { type: 'unapplied_from_invoice', amount, currency, invoiceId: id });
}
