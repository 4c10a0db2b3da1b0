import { decimal, formatDecimal, type Decimal } from '../../money/decimal.ts';
import { formatUnitAmount } from '../../money/format.ts';
import type { Address } from '../../customers/customer.ts';
import type { ShownTaxId } from '../tax.ts';
import type { Period } from '../../time/period.ts';

// Documents are in American English and in UTC, like the descriptions of the lines that they show.

const LONG = new Intl.DateTimeFormat('en-US', { dateStyle: 'long', timeZone: 'UTC' });
const MEDIUM = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'UTC' });
const COUNTRIES = new Intl.DisplayNames('en-US', { type: 'region' });
const QUANTITY = new Intl.NumberFormat('en-US', { maximumFractionDigits: 100 });

/** `December 9, 2026`. */
export function longDate(at: Temporal.Instant): string {
  return LONG.format(at.epochMilliseconds);
}

/** `Nov 25, 2026 – Dec 25, 2026`; a single date where a period has no length. */
export function periodText({ start, end }: Period): string {
  const [first, last] = [start, end].map((at) => MEDIUM.format(at.epochMilliseconds));
  return first === last ? first! : `${first} – ${last}`;
}

/** `$60.00`, `¥500`, `KWD 1.234`. */
export function money(amount: bigint, currency: string): string {
  return formatUnitAmount(decimal(amount), currency);
}

/** `$60.00 USD`: a sign alone may be that of several currencies. Where the code is the sign, it stands once. */
export function moneyWithCode(amount: bigint, currency: string): string {
  const text = money(amount, currency);
  const code = currency.toUpperCase();
  return text.includes(code) ? text : `${text} ${code}`;
}

/** `9,892` or `0.125`, with every digit. */
export function quantityText(quantity: Decimal): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- plain notation is a numeric literal, read exactly
  return QUANTITY.format(formatDecimal(quantity) as Intl.StringNumericLiteral);
}

/** An address as on an envelope, without empty lines. */
export function addressLines({ line1, line2, city, state, postal_code: code, country }: Address): string[] {
  const region = [state, code].filter(Boolean).join(' ');
  const town = [city, region].filter(Boolean).join(', ');
  return [line1, line2, town, country && countryName(country)].filter((line): line is string => Boolean(line));
}

/** `EU VAT DE123456789`. */
export function taxIdText({ type, value }: ShownTaxId): string {
  return `${type.replaceAll('_', ' ').toUpperCase()} ${value}`;
}

/** The English name of a country, or what was given where it is no code. */
export function countryName(code: string): string {
  return /^[A-Za-z]{2}$/.test(code) ? (COUNTRIES.of(code.toUpperCase()) ?? code) : code;
}
