import { invalidRequest, type StripeError } from '../stripe/errors.ts';
import { meetBalance } from './balance.ts';
import { maximumAmount } from './charge_limits.ts';
import type { Invoice, InvoiceLine } from './invoice.ts';

/** What an invoice comes to, from its lines. */
export type Totals = Pick<Invoice, 'subtotal' | 'total' | 'startingBalance' | 'amountDue'>;

/**
 * The one place where lines become totals; pure. What is to come in between has its place here, in the order of the
 * reference: discounts of lines, then of the invoice, then billing credits, then taxes make the total of the subtotal.
 * The customer's balance and the limits of a charge make the amount due of the total, see `meetBalance`.
 */
export function totalsOf(
  lines: readonly Pick<InvoiceLine, 'amount'>[],
  { currency, startingBalance }: Pick<Invoice, 'currency' | 'startingBalance'>,
): Totals {
  const subtotal = lines.reduce((sum, line) => sum + line.amount, 0n);
  const total = subtotal;
  const { amountDue } = meetBalance({ total, startingBalance, currency });
  return { subtotal, total, startingBalance, amountDue };
}

/** Throws amount_too_large for an amount beyond the largest. `param` names the parameter that it comes from. */
export function checkAmount(amount: bigint, currency: string, param: string): void {
  const maximum = maximumAmount(currency);
  if (amount <= maximum && amount >= -maximum) return;
  throw tooLarge(
    `Invalid amount: ${amount}. The amount of an item must be no more than ${maximum} minor units.`,
    param,
  );
}

function tooLarge(message: string, param: string): StripeError {
  return invalidRequest(message, param, 'amount_too_large');
}
