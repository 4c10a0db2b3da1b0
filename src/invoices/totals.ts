import { decimal } from '../money/decimal.ts';
import { maximumAmount } from '../payments/amount.ts';
import { applyDiscounts } from '../rating/discount.ts';
import { invalidRequest, type StripeError } from '../stripe/errors.ts';
import { expectedDue } from './balance.ts';
import type { InvoiceDiscount } from './discount.ts';
import type { Invoice, InvoiceLine } from './invoice.ts';

/** What an invoice comes to, from its lines. */
export type Totals = Pick<Invoice, 'subtotal' | 'discounts' | 'total' | 'startingBalance' | 'amountDue'>;

/**
 * The one place where lines become totals; pure. Discounts, which `discountLines` has put on the lines, make the total of the
 * subtotal; billing credits and taxes are to follow them, in this order.
 * The customer's balance makes the amount due of the total, within the limits of a charge only at
 * finalization, see `meetBalance`.
 */
export function totalsOf(
  lines: readonly Pick<InvoiceLine, 'amount' | 'discounts'>[],
  { startingBalance, discounts: before }: Pick<Invoice, 'startingBalance' | 'discounts'>,
): Totals {
  const subtotal = lines.reduce((sum, line) => sum + line.amount, 0n);
  const taken = lines.flatMap((line) => line.discounts);
  const discounts = before.map((discount) => {
    const parts = taken.filter(({ id }) => id === discount.id);
    return { ...discount, amount: parts.reduce((sum, { amount }) => sum + amount, 0n) };
  });
  const total = discounts.reduce((rest, { amount }) => rest - amount, subtotal);
  const amountDue = expectedDue({ total, startingBalance });
  return { subtotal, discounts, total, startingBalance, amountDue };
}

/** The lines of an invoice with what its discounts take off each of them; pure. */
export function discountLines<L extends Omit<InvoiceLine, 'id'>>(
  lines: readonly L[],
  discounts: readonly InvoiceDiscount[],
): readonly L[] {
  const applied = applyDiscounts(lines, discounts.map(asApplied));
  return lines.map((line, place) => ({
    ...line,
    discounts: (applied[place]?.discounts ?? []).map(({ discount: { id }, amount }) => ({ id, amount })),
  }));
}

function asApplied({ id, percentOff, amountOff, productIds }: InvoiceDiscount) {
  return {
    id,
    off: percentOff === null ? { amount: amountOff ?? 0n } : { percent: decimal(percentOff) },
    products: productIds === null ? null : new Set(productIds),
    lines: null,
  };
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
