import { minorUnitDigits } from './currency.ts';
import { decimal, decimalPlaces, formatDecimal } from './decimal.ts';
import type { Decimal } from './decimal.ts';

// Building a formatter costs far more than using it, and an invoice needs few; currencies × digits bound the cache.
const formatters = new Map<string, Intl.NumberFormat>();

/**
 * An amount in minor units as it reads in the description of an invoice line: `$1,000.00`, `$0.036`, `¥500`, `-$5.00`.
 * Shows as many decimals as the amount needs and at least those of the currency; never rounds.
 * Symbols are those of American English whatever the customer's language, as on the recorded invoices.
 * Throws RangeError for an unknown currency and beyond 100 decimals.
 */
export function formatUnitAmount(minorUnits: Decimal, currency: string): string {
  const minorDigits = minorUnitDigits(currency);
  const majorUnits = minorUnits.times(minorUnit(minorDigits));
  const shownDigits = Math.max(minorDigits, decimalPlaces(majorUnits));
  // Intl reads a decimal string exactly; a number would pass through a double.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- plain notation is a numeric literal
  const exact = formatDecimal(majorUnits) as Intl.StringNumericLiteral;
  const text = formatter(currency, minorDigits, shownDigits).format(exact);
  // Intl sets off symbols made of letters, such as CHF, by a no-break space; programs compare plain text.
  return text.replaceAll('\u00a0', ' ');
}

/** One minor unit in major units: 1, 0.01 or 0.001. A product with it is exact, unlike a division. */
function minorUnit(digits: number): Decimal {
  return decimal(digits === 0 ? '1' : `0.${'1'.padStart(digits, '0')}`);
}

function formatter(currency: string, minDigits: number, maxDigits: number): Intl.NumberFormat {
  const key = `${currency}:${maxDigits}`;
  let found = formatters.get(key);
  if (found === undefined) {
    found = new Intl.NumberFormat('en-US', {
      style: 'currency',
      currency,
      minimumFractionDigits: minDigits,
      maximumFractionDigits: maxDigits,
    });
    formatters.set(key, found);
  }
  return found;
}
