import type { TaxRate } from '../../catalog/tax_rate.ts';
import { formatDecimal } from '../../money/decimal.ts';
import type { InvoiceDiscount } from '../discount.ts';
import type { Invoice } from '../invoice.ts';
import type { InvoiceTax } from '../tax.ts';
import type { Sum } from './document.ts';
import { money } from './words.ts';

/** Names of coupons that have one, by the ids of the discounts. */
export type CouponNames = ReadonlyMap<string, string>;

/** From the subtotal by discounts and taxes to the total. `rates` are those of the taxes; names are shown as they are now. */
export function sumsToTotal(invoice: Invoice, rates: readonly TaxRate[], coupons: CouponNames): Sum[] {
  const { currency, subtotal, discounts, taxes, totalExcludingTax, total } = invoice;
  const sum = (label: string, amount: bigint): Sum => ({ label, amount: money(amount, currency), strong: false });
  return [
    sum('Subtotal', subtotal),
    ...discounts.map((discount) => sum(discountText(discount, coupons, currency), -discount.amount)),
    ...(taxes.length === 0 ? [] : [sum('Total excluding tax', totalExcludingTax)]),
    ...taxes.map((tax) => sum(taxText(tax, rates, currency), tax.amount)),
    sum('Total', total),
  ];
}

/** `Launch (10% off)`, `Launch ($5.00 off)`. */
function discountText({ id, percentOff, amountOff }: InvoiceDiscount, coupons: CouponNames, currency: string): string {
  const off = percentOff === null ? money(amountOff ?? 0n, currency) : `${percentOff}%`;
  return `${coupons.get(id) ?? 'Discount'} (${off} off)`;
}

/** `VAT – Germany (19% on $13.50)`, `VAT (5% inclusive)`, or why there is none. */
export function taxText(tax: InvoiceTax, rates: readonly TaxRate[], currency: string): string {
  const rate = rates.find(({ id }) => id === tax.id);
  if (rate === undefined) throw new Error(`the tax rate ${tax.id} was not looked up`);
  const name = rate.jurisdiction === null ? rate.displayName : `${rate.displayName} – ${rate.jurisdiction}`;
  if (tax.reason === 'customer_exempt') return `${name} (exempt)`;
  if (tax.reason === 'reverse_charge') return `${name} (reverse charge)`;
  const percentage = `${formatDecimal(rate.percentage)}%`;
  return tax.inclusive
    ? `${name} (${percentage} inclusive)`
    : `${name} (${percentage} on ${money(tax.taxableAmount, currency)})`;
}
