import { adjustBalance } from '../customers/adjust_balance.ts';
import type { Customer } from '../customers/customer.ts';
import type { Context } from '../stripe/context.ts';
import { balanceIn, meetBalance } from './balance.ts';
import type { Invoice } from './invoice.ts';

/**
 * Lets an invoice meet the balance of its locked customer, and appends what that changes. Returns what the invoice shows
 * of it; it is for the caller to store.
 */
export async function applyBalance(
  context: Context,
  customer: Customer,
  { id, total, currency }: Invoice,
): Promise<Pick<Invoice, 'startingBalance' | 'endingBalance' | 'amountDue'>> {
  const startingBalance = balanceIn(customer, currency);
  const { amountDue, endingBalance, changes } = meetBalance({ total, startingBalance, currency });
  for (const change of changes) await adjustBalance(context, customer.id, { ...change, currency, invoiceId: id });
  return { startingBalance, endingBalance, amountDue };
}

/** Gives the balance back what a voided invoice took of it, and takes back what it left there. */
export async function returnBalance(context: Context, invoice: Invoice): Promise<void> {
  const amount = invoice.startingBalance - (invoice.endingBalance ?? invoice.startingBalance);
  if (amount === 0n) return;
  const { id, customerId, currency } = invoice;
  await adjustBalance(context, customerId, { type: 'unapplied_from_invoice', amount, currency, invoiceId: id });
}
