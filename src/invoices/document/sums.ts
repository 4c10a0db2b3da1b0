import type { TaxRate } from '../../catalog/tax_rate.ts';
import { formatDecimal } from '../../money/decimal.ts';
import { type Invoice, remainingOf } from '../invoice.ts';
import type { InvoiceTax } from '../tax.ts';
import type { Sum } from './document.ts';
import { money, moneyWithCode } from './words.ts';

/** The tax rates of a document, by id. */
export type Rates = ReadonlyMap<string, TaxRate>;

/** From the subtotal down to what is due: each sum is what the one before it and those between make. Pure. */
export function sumsOf(invoice: Invoice, rates: Rates): Sum[] {
  const { currency, subtotal, total, amountDue, amountPaid, prePaymentCredit, discounts } = invoice;
  const sum = (label: string, amount: bigint) => ({ label, amount: money(amount, currency), strong: false });
  const others = (sums: readonly (readonly [label: string, amount: bigint])[]) =>
    sums.filter(([, amount]) => amount !== 0n).map(([label, amount]) => sum(label, amount));
  const discounted = discounts.reduce((off, { amount }) => off - amount, 0n);
  return [
    sum('Subtotal', subtotal),
    ...others([['Discount', discounted], ...taxSums(invoice.taxes, rates), ['Tax exemption', exemptionOf(invoice)]]),
    sum('Total', total),
    // What was on the customer's balance, or is left there.
    ...others([
      ['Applied balance', amountDue + prePaymentCredit - total],
      ['Credit notes', -prePaymentCredit],
      ['Amount paid', -amountPaid],
    ]),
    { label: 'Amount due', amount: moneyWithCode(leftOf(invoice), currency), strong: true },
  ];
}

/** Each tax by its rate: `VAT (19%)`, or `VAT (19% included)`. */
export function taxSums(taxes: readonly InvoiceTax[], rates: Rates): [label: string, amount: bigint][] {
  return taxes.map(({ id, inclusive, amount }) => {
    const rate = rates.get(id);
    if (rate === undefined) return ['Tax', amount];
    return [`${rate.displayName} (${formatDecimal(rate.percentage)}%${inclusive ? ' included' : ''})`, amount];
  });
}

/** What an exempt customer pays less, because its prices contained taxes. */
function exemptionOf({ taxes, discounts, subtotal, total }: Invoice): bigint {
  if (taxes.every(({ reason }) => reason === 'not_available')) return 0n;
  return discounts.reduce((rest, { amount }) => rest + amount, total - subtotal);
}

/** Nothing is to be paid any more of a void invoice, whatever it says was due. */
export function leftOf(invoice: Invoice): bigint {
  return invoice.status === 'void' ? 0n : remainingOf(invoice);
}
