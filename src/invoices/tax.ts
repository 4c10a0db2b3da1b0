import type { TaxRate } from '../catalog/tax_rate.ts';
import type { TaxId } from '../customers/tax_id.ts';
import { formatDecimal } from '../money/decimal.ts';

/** A tax rate as a line has it: the terms, which never change. */
export type LineTaxRate = {
  readonly id: string;
  /** Of 100, in plain notation. */
  readonly percentage: string;
  readonly inclusive: boolean;
};

/** What one rate makes of a line, or of a whole invoice. */
export type InvoiceTax = {
  /** The rate's. */
  readonly id: string;
  readonly inclusive: boolean;
  readonly amount: bigint;
  /** What it was computed of; 0 where no tax is due. */
  readonly taxableAmount: bigint;
  readonly reason: 'not_available' | 'customer_exempt' | 'reverse_charge';
};

export type TaxRounding = 'line' | 'invoice';

/** A customer's tax id as an invoice shows it. */
export type ShownTaxId = Pick<TaxId, 'type' | 'value'>;

export function termsOfRates(rates: readonly TaxRate[]): LineTaxRate[] {
  return rates.map(({ id, percentage, inclusive }) => ({ id, percentage: formatDecimal(percentage), inclusive }));
}

/** A line, as far as it says which rates it has. */
export type Taxed = {
  readonly taxRates: readonly LineTaxRate[];
  readonly proratedOf: { readonly hasOwnTaxes: boolean } | null;
};

/**
 * The rates that apply to a line: its own, or else the default ones of its invoice. What gives back a debit that was not
 * taxed is not taxed either.
 */
export function ratesOn(
  { taxRates, proratedOf }: Taxed,
  { defaultTaxRates }: { readonly defaultTaxRates: readonly TaxRate[] },
): readonly LineTaxRate[] {
  if (taxRates.length > 0 || proratedOf?.hasOwnTaxes === true) return taxRates;
  return termsOfRates(defaultTaxRates);
}

/** As jsonb holds them: amounts are text, so that none passes through a float. */
type KeptTax = Omit<InvoiceTax, 'amount' | 'taxableAmount'> & {
  readonly amount: string;
  readonly taxableAmount: string;
};

export function toTaxes(kept: unknown): InvoiceTax[] {
  return (kept as readonly KeptTax[]).map((tax) => ({
    ...tax,
    amount: BigInt(tax.amount),
    taxableAmount: BigInt(tax.taxableAmount),
  }));
}

/** The text that jsonb holds. */
export function keptTaxes(taxes: readonly InvoiceTax[]): string {
  return JSON.stringify(
    taxes.map((tax): KeptTax => ({ ...tax, amount: String(tax.amount), taxableAmount: String(tax.taxableAmount) })),
  );
}
