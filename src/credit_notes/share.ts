import type { InvoiceLine } from '../invoices/invoice.ts';
import type { InvoiceTax } from '../invoices/tax.ts';
import {
  type Decimal,
  decimal,
  divideHalfAwayFromZero,
  isInteger,
  roundHalfAwayFromZero,
  toBigInt,
} from '../money/decimal.ts';
import { spread } from '../money/spread.ts';
import type { CreditNoteLine } from './credit_note.ts';

type Line = Pick<InvoiceLine, 'amount' | 'quantity' | 'unitAmount'>;

/** What a line comes to: of its amount less its discounts, what is left without any tax, and the taxes. */
export type Taxed = Pick<CreditNoteLine, 'amount' | 'discounts' | 'taxes' | 'amountExcludingTax'>;

/** What of a line was credited so far. */
export type Credited = Taxed & { readonly quantity: bigint };

export const NOTHING_CREDITED: Credited = {
  quantity: 0n,
  amount: 0n,
  discounts: [],
  taxes: [],
  amountExcludingTax: 0n,
};

/** How many units of a line there are to credit; null where they are not whole, or none. */
export function unitsOf({ quantity }: Pick<Line, 'quantity'>): bigint | null {
  return isInteger(quantity) && quantity.gt('0') ? toBigInt(quantity) : null;
}

/** The price of a unit of a line; null where the price that it shows is that of a package, or flat. */
export function unitPriceOf({ amount, quantity, unitAmount }: Line): Decimal | null {
  return roundHalfAwayFromZero(quantity.times(unitAmount)) === amount ? unitAmount : null;
}

/**
 * What so many units of a line come to, beside what was credited: at its unit price, or else in proportion. Counted from the
 * first unit credited, so that rounding never adds up, and the last units are what is left.
 */
export function amountOfUnits(line: Line, credited: Pick<Credited, 'quantity' | 'amount'>, quantity: bigint): bigint {
  const left = line.amount - credited.amount;
  const through = credited.quantity + quantity;
  const all = unitsOf(line);
  if (all === null || through === all) return left;
  const price = unitPriceOf(line);
  const wanted =
    price === null
      ? divideHalfAwayFromZero(line.amount * through, all)
      : roundHalfAwayFromZero(price.times(decimal(through)));
  return between(wanted - credited.amount, left);
}

/** No more than what is left, and of no other sign. */
function between(wanted: bigint, left: bigint): bigint {
  return left < 0n ? clamp(wanted, left, 0n) : clamp(wanted, 0n, left);
}

/** Names what an exempt customer does not pay of a price that contains taxes: no rate has it. */
const REDUCTION = '';

/**
 * What of a line's discounts and taxes is credited with an amount of it, beside what was: each in proportion, rounded from
 * the first part credited on. Crediting all of a line credits all of them. First the discounts, then of what they leave the
 * taxes that it contains, then those that are added to it.
 */
export function shareOf(line: Taxed, credited: Credited, amount: bigint): Omit<Taxed, 'amount'> {
  const discounts = splitOff(
    partsOf(line.amount, line.discounts),
    partsOf(credited.amount, credited.discounts),
    amount,
  );
  const [net, before, after] = [netOf(line), netOf(credited), amount - sumOf(discounts)];
  const contained = splitOff(partsOf(net, containedIn(line)), partsOf(before, containedIn(credited)), after);
  const amountExcludingTax = after - sumOf(contained);
  const taxes = line.taxes.map((tax) => {
    const part = tax.inclusive ? amountOf(contained, tax.id) : addedTo(net, tax, credited, after);
    // Where no tax is due, none was computed of anything.
    return { ...tax, amount: part, taxableAmount: tax.reason === 'not_available' ? amountExcludingTax : 0n };
  });
  return { discounts, taxes, amountExcludingTax };
}

/** What discounts leave of a line. */
function netOf({ amount, discounts }: Pick<Taxed, 'amount' | 'discounts'>): bigint {
  return amount - sumOf(discounts);
}

/** What a line contains beside its amount without taxes. */
function containedIn(line: Taxed): Part[] {
  const inclusive = line.taxes.filter((tax: InvoiceTax) => tax.inclusive);
  const reduction = netOf(line) - line.amountExcludingTax - sumOf(inclusive);
  return [...inclusive, { id: REDUCTION, amount: reduction }];
}

function addedTo(net: bigint, tax: InvoiceTax, credited: Credited, after: bigint): bigint {
  const before = amountOf(credited.taxes, tax.id);
  const through = netOf(credited) + after;
  if (through === net) return tax.amount - before;
  return between(divideHalfAwayFromZero(tax.amount * through, net) - before, tax.amount - before);
}

type Part = { readonly id: string; readonly amount: bigint };

/** An amount and what is taken out of it. */
type Whole = { readonly amount: bigint; readonly parts: readonly Part[] };

function partsOf(amount: bigint, parts: readonly Part[]): Whole {
  return { amount, parts };
}

/**
 * What of the parts of a whole goes with an amount of it, beside what went before: in proportion, rounded once for all of
 * them, and never so that more would be left of them than of the whole. With all of the whole go all of them.
 */
function splitOff(whole: Whole, before: Whole, amount: bigint): Part[] {
  const sign = whole.amount < 0n ? -1n : 1n;
  const left = whole.parts.map(({ id, amount: all }) => sign * (all - amountOf(before.parts, id)));
  const [all, gone, part] = [sign * whole.amount, sign * before.amount, sign * amount];
  const told = (amounts: readonly bigint[]) =>
    whole.parts.map(({ id }, place) => ({ id, amount: sign * (amounts[place] ?? 0n) }));
  if (gone + part === all) return told(left);
  const leftOff = left.reduce((sum, each) => sum + each, 0n);
  const leftKept = all - gone - leftOff;
  const kept = all - sign * sumOf(whole.parts);
  const wanted = divideHalfAwayFromZero(kept * (gone + part), all) - (gone - sign * sumOf(before.parts));
  const keeps = clamp(wanted, part > leftOff ? part - leftOff : 0n, part < leftKept ? part : leftKept);
  return told(spread(part - keeps, left));
}

function amountOf(parts: readonly Part[], id: string): bigint {
  return sumOf(parts.filter((part) => part.id === id));
}

export function sumOf(parts: readonly { readonly amount: bigint }[]): bigint {
  return parts.reduce((sum, { amount }) => sum + amount, 0n);
}

function clamp(value: bigint, least: bigint, most: bigint): bigint {
  if (value < least) return least;
  return value > most ? most : value;
}
