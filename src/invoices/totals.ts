import { isDeepStrictEqual } from 'node:util';
import { decimal } from '../money/decimal.ts';
import { maximumAmount } from '../payments/amount.ts';
import { applyDiscounts } from '../rating/discount.ts';
import { applyTaxes, type TaxableLine, type TaxTerms } from '../rating/tax.ts';
import { invalidRequest, type StripeError } from '../stripe/errors.ts';
import { expectedDue } from './balance.ts';
import { type InvoiceDiscount, isOn } from './discount.ts';
import type { CustomerSnapshot, Invoice, InvoiceLine } from './invoice.ts';
import { type InvoiceTax, type LineTaxRate, ratesOn, type Taxed } from './tax.ts';

/** What an invoice comes to, from its lines. */
export type Totals = Pick<
  Invoice,
  | 'subtotal'
  | 'subtotalExcludingTax'
  | 'discounts'
  | 'taxes'
  | 'totalExcludingTax'
  | 'total'
  | 'startingBalance'
  | 'amountDue'
>;

/** How the lines of an invoice are taxed. */
export type Taxing = Pick<Invoice, 'defaultTaxRates' | 'taxRounding'> & {
  readonly customer: Pick<CustomerSnapshot, 'taxExempt'>;
};

/**
 * The one place where lines become totals; pure. `discountLines` and then `taxLines` have put discounts and taxes on the
 * lines; billing credits are to come between the two. What discounts leave without any tax, and all taxes, make the total.
 * The customer's balance makes the amount due of the total, within the limits of a charge only at
 * finalization, see `meetBalance`.
 */
export function totalsOf(
  lines: readonly (Pick<InvoiceLine, 'amount' | 'discounts' | 'taxes' | 'amountExcludingTax'> & Taxed)[],
  invoice: Pick<Invoice, 'startingBalance' | 'discounts'> & Taxing,
): Totals {
  const { startingBalance, discounts: before } = invoice;
  const subtotal = lines.reduce((sum, line) => sum + line.amount, 0n);
  const taken = lines.flatMap((line) => line.discounts);
  const discounts = before.map((discount) => {
    const parts = taken.filter(({ id }) => id === discount.id);
    return { ...discount, amount: parts.reduce((sum, { amount }) => sum + amount, 0n) };
  });
  const taxes = sumTaxes(lines.flatMap((line) => line.taxes));
  const totalExcludingTax = lines.reduce((sum, line) => sum + line.amountExcludingTax, 0n);
  const total = taxes.reduce((sum, { amount }) => sum + amount, totalExcludingTax);
  const amountDue = expectedDue({ total, startingBalance });
  const subtotalExcludingTax = withoutTax(lines, invoice);
  return { subtotal, subtotalExcludingTax, discounts, taxes, totalExcludingTax, total, startingBalance, amountDue };
}

/** What each rate comes to, in the order in which they are met. */
export function sumTaxes(taxes: readonly InvoiceTax[]): InvoiceTax[] {
  const sums = new Map<string, InvoiceTax>();
  for (const tax of taxes) {
    const { amount, taxableAmount } = sums.get(tax.id) ?? { amount: 0n, taxableAmount: 0n };
    sums.set(tax.id, { ...tax, amount: amount + tax.amount, taxableAmount: taxableAmount + tax.taxableAmount });
  }
  return [...sums.values()];
}

/** The lines as if there were no discounts, without the taxes that they contain. */
function withoutTax(lines: readonly (Pick<InvoiceLine, 'amount'> & Taxed)[], invoice: Taxing): bigint {
  const taxed = applyTaxes(
    taxable(lines, invoice, ({ amount }) => amount),
    termsOf(invoice),
  );
  return taxed.reduce((sum, { net }) => sum + net, 0n);
}

/** The lines of an invoice with what its discounts take off each of them; pure. */
export function discountLines<L extends Omit<InvoiceLine, 'id'>>(
  lines: readonly L[],
  discounts: readonly InvoiceDiscount[],
): readonly L[] {
  const applied = applyDiscounts(
    lines,
    discounts.map((discount) => asApplied(discount, lines)),
  );
  return lines.map((line, place) => ({
    ...line,
    discounts: (applied[place]?.discounts ?? []).map(({ discount: { id }, amount }) => ({ id, amount })),
  }));
}

/**
 * The lines of an invoice, which `discountLines` has seen, with what tax rates make of each of them: their own ones, or else the
 * invoice's. Pure; lines that stay as they are, and a list in which all do, are the very ones that were given.
 */
export function taxLines<L extends Omit<InvoiceLine, 'id'>>(lines: readonly L[], invoice: Taxing): readonly L[] {
  const left = ({ amount, discounts }: L) => discounts.reduce((rest, discount) => rest - discount.amount, amount);
  const taxed = applyTaxes(taxable(lines, invoice, left), termsOf(invoice)).map(({ taxes, net }, place) => {
    const line = lines[place];
    if (line === undefined) throw new Error('each line is taxed');
    const put = taxes.map(({ rate: { id, inclusive }, ...tax }) => ({ id, inclusive, ...tax }));
    const isSame = line.amountExcludingTax === net && isEqual(line.taxes, put);
    return isSame ? line : { ...line, taxes: put, amountExcludingTax: net };
  });
  return taxed.every((line, place) => line === lines[place]) ? lines : taxed;
}

function taxable<L extends Taxed>(
  lines: readonly L[],
  invoice: Taxing,
  amountOf: (line: L) => bigint,
): TaxableLine<ReturnType<typeof asRate>>[] {
  return lines.map((line) => ({ amount: amountOf(line), rates: ratesOn(line, invoice).map(asRate) }));
}

function asRate({ id, percentage, inclusive }: LineTaxRate) {
  return { id, percentage: decimal(percentage), inclusive };
}

function termsOf({ customer, taxRounding }: Taxing): TaxTerms {
  return { taxExempt: customer.taxExempt, rounding: taxRounding };
}

function isEqual(some: readonly InvoiceTax[], others: readonly InvoiceTax[]): boolean {
  return some.length === others.length && some.every((tax, place) => isDeepStrictEqual(tax, others[place]));
}

function asApplied(
  discount: InvoiceDiscount,
  lines: readonly Pick<InvoiceLine, 'subscriptionItemId' | 'invoiceItemId'>[],
) {
  const { id, itemId, percentOff, amountOff, productIds } = discount;
  const places = [...lines.entries()].flatMap(([place, line]) => (isOn(discount, line) ? [place] : []));
  return {
    id,
    off: percentOff === null ? { amount: amountOff ?? 0n } : { percent: decimal(percentOff) },
    products: productIds === null ? null : new Set(productIds),
    lines: itemId === null ? null : new Set(places),
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
