import { MAX_AMOUNT, MAX_AMOUNT_IDR } from '../limits.ts';
import { invalidRequest, type StripeError } from '../stripe/errors.ts';
import type { Invoice, InvoiceLine } from './invoice.ts';

/** What an invoice comes to, from its lines. */
export type Totals = Pick<Invoice, 'subtotal' | 'total' | 'amountDue'>;

/**
 * The one place where lines become totals; pure. What is to come in between has its place here, in the order of the
 * reference: discounts of lines, then of the invoice, then billing credits, then taxes make the total of the subtotal;
 * the customer's balance, the minimum charge and the maximum charge make the amount due of the total.
 */
export function totalsOf(lines: readonly Pick<InvoiceLine, 'amount'>[]): Totals {
  const subtotal = lines.reduce((sum, line) => sum + line.amount, 0n);
  const total = subtotal;
  return { subtotal, total, amountDue: total > 0n ? total : 0n };
}

/** The largest amount, either way, that one item may have: 8 digits, and 12 in rupiah. */
function maximumAmount(currency: string): bigint {
  return currency === 'idr' ? MAX_AMOUNT_IDR : MAX_AMOUNT;
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
