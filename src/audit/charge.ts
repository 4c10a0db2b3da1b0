import {
  ceiling,
  compare,
  dividedBy,
  floor,
  inDecimals,
  minus,
  NOUGHT,
  plus,
  type Rational,
  rational,
  rounded,
  times,
  whole,
} from './rational.ts';
import type { StoredPrice, StoredTier } from './stored.sql.ts';

/** A line as it must be: what it counts, what a unit costs, what it comes to, and how. Amounts are minor units. */
export type ExpectedLine = {
  readonly quantity: Rational;
  readonly unitAmount: Rational;
  readonly amount: bigint;
  /** A flat amount of a tier, which counts nothing. */
  readonly isFlat?: true;
  /** The arithmetic, a step a text. */
  readonly steps: readonly string[];
};

/** What a price charges for a quantity in a currency, line by line. Usage below zero is billed as zero. */
export function expectedLines(price: StoredPrice, currency: string, used: Rational): ExpectedLine[] {
  const isBelow = compare(used, NOUGHT) < 0;
  const quantity = isBelow ? NOUGHT : used;
  const lines = linesOf(price, amountsIn(price, currency), quantity);
  if (!isBelow) return lines;
  const note = `usage of ${inDecimals(used)} is below zero and is billed as 0`;
  return lines.map((line) => ({ ...line, steps: [note, ...line.steps] }));
}

/** What an amount of a unit comes to without a price: an invoice item's own. */
export function ownLine(quantity: Rational, unitAmount: Rational): ExpectedLine {
  return lineOf(quantity, unitAmount, quantity, []);
}

/**
 * What a price charges for so much more after it has charged for `before`: the difference of both, tier by tier. Lines that
 * charge nothing more are not there, but the last of usage where there would be none.
 */
export function restOf(price: StoredPrice, currency: string, more: Rational, before: Rational): ExpectedLine[] {
  const paid = linesOf(price, amountsIn(price, currency), before);
  const all = linesOf(price, amountsIn(price, currency), plus(before, more));
  const isFlat = (line: ExpectedLine) => line.isFlat === true;
  const rest = all.map((line, place) => {
    // Tiers of a volume price take the place of each other; all others are in the same place as before.
    const old = price.tiers_mode === 'volume' ? paid.find((other) => isFlat(other) === isFlat(line)) : paid[place];
    if (old === undefined) return line;
    const amount = line.amount - old.amount;
    const step = `less what was billed in this period before: ${line.amount} − ${old.amount} = ${amount}`;
    return { ...line, quantity: minus(line.quantity, old.quantity), amount, steps: [...line.steps, step] };
  });
  const charged = rest.filter(({ quantity, amount }) => amount !== 0n || compare(quantity, NOUGHT) !== 0);
  return charged.length > 0 ? charged : rest.filter((line) => !isFlat(line)).slice(-1);
}

/** What a line of a free trial must be: it counts, and costs nothing. */
export function trialLine(quantity: Rational): ExpectedLine {
  return { quantity, unitAmount: NOUGHT, amount: 0n, steps: [`free trial: ${inDecimals(quantity)} × 0 = 0`] };
}

/** The share of a line that falls on so many of the seconds of a period, rounded once more. */
export function partOf(line: ExpectedLine, seconds: bigint, of: bigint): ExpectedLine {
  const exact = dividedBy(times(whole(line.amount), whole(seconds)), of);
  const amount = rounded(exact);
  const share = `of which ${seconds} of ${of} seconds: ${line.amount} × ${seconds} ÷ ${of}`;
  const steps = compare(exact, whole(amount)) === 0 ? [`${share} = ${amount}`] : [`${share}, rounded: ${amount}`];
  return { ...line, amount, steps: [...line.steps, ...steps] };
}

type Amounts = { readonly unit_amount: string | null; readonly tiers: readonly StoredTier[] | null };

function amountsIn(price: StoredPrice, currency: string): Amounts {
  const amounts = currency === price.currency ? price : price.currency_options[currency];
  if (amounts === undefined) throw new Error(`the price ${price.id} is not offered in ${currency}`);
  return amounts;
}

function linesOf(price: StoredPrice, { unit_amount: unit, tiers }: Amounts, quantity: Rational): ExpectedLine[] {
  if (tiers !== null) {
    return price.tiers_mode === 'graduated' ? graduated(tiers, quantity) : volume(tiers, quantity);
  }
  if (unit === null) throw new Error(`the price ${price.id} has no amount`);
  if (price.transform_divide_by === null) return [lineOf(quantity, rational(unit), quantity, [])];
  const divided = dividedBy(quantity, price.transform_divide_by);
  const packages = price.transform_round === 'up' ? ceiling(divided) : floor(divided);
  const steps = [
    `${inDecimals(quantity)} ÷ ${price.transform_divide_by} = ${inDecimals(divided)}`,
    `rounded ${price.transform_round ?? ''}: ${packages} packages`,
  ];
  return [lineOf(quantity, rational(unit), whole(packages), steps)];
}

/** One line: `billed` units of `unitAmount`, rounded once. */
function lineOf(quantity: Rational, unitAmount: Rational, billed: Rational, before: readonly string[]): ExpectedLine {
  const exact = times(billed, unitAmount);
  const amount = rounded(exact);
  const product = `${inDecimals(billed)} × ${inDecimals(unitAmount)} = ${inDecimals(exact)}`;
  const rounding = compare(exact, whole(amount)) === 0 ? [] : [`rounded half away from zero: ${amount}`];
  return { quantity, unitAmount, amount, steps: [...before, product, ...rounding] };
}

/** Each tier bills what lies in it, from the first that nothing passes over. */
function graduated(tiers: readonly StoredTier[], quantity: Rational): ExpectedLine[] {
  const entered = tiers.filter((_, index) => index === 0 || compare(quantity, boundOf(tiers, index)) > 0);
  return entered.flatMap((tier, index) => {
    const below = boundOf(tiers, index);
    const top = tier.up_to === null || compare(quantity, rational(tier.up_to)) < 0 ? quantity : rational(tier.up_to);
    const part = minus(top, below);
    const where = tier.up_to === null ? `above ${inDecimals(below)}` : `above ${inDecimals(below)} up to ${tier.up_to}`;
    return ofTier(
      tiers,
      index,
      part,
      `${inDecimals(part)} of ${inDecimals(quantity)} lie in tier ${index + 1}, ${where}`,
    );
  });
}

/** Where a tier begins: at the end of the one before. */
function boundOf(tiers: readonly StoredTier[], index: number): Rational {
  return index === 0 ? NOUGHT : rational(tiers[index - 1]?.up_to ?? '0');
}

/** All of it is billed in the tier that it falls into. */
function volume(tiers: readonly StoredTier[], quantity: Rational): ExpectedLine[] {
  const index = tiers.findIndex(({ up_to: end }) => end === null || compare(quantity, rational(end)) <= 0);
  return ofTier(tiers, index, quantity, `all ${inDecimals(quantity)} fall into tier ${index + 1}`);
}

/** The usage of a tier and, where any tier of the price has one, its flat amount. */
function ofTier(tiers: readonly StoredTier[], index: number, quantity: Rational, step: string): ExpectedLine[] {
  const tier = tiers[index];
  if (tier === undefined) throw new Error('tiers end with an open one');
  const usage = lineOf(quantity, rational(tier.unit_amount ?? '0'), quantity, [step]);
  if (tiers.every((any) => any.flat_amount === null)) return [usage];
  const flat = rational(tier.flat_amount ?? '0');
  const amount = rounded(flat);
  const rounding = compare(flat, whole(amount)) === 0 ? [] : [`rounded half away from zero: ${amount}`];
  const steps = [`the flat amount of tier ${index + 1}, which was entered: ${inDecimals(flat)}`, ...rounding];
  return [usage, { quantity: NOUGHT, unitAmount: flat, amount, isFlat: true, steps }];
}
