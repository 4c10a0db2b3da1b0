import { type ExpectedLine, expectedLines } from './charge.ts';
import { inDecimals, plus, type Rational } from './rational.ts';
import type { StoredPrice } from './stored.sql.ts';

/**
 * The one line of usage that came after its period was billed: what the whole period comes to, less what it came to when
 * `before` of it was billed. `late` is what the line counts.
 */
export function lateLine(price: StoredPrice, currency: string, before: Rational, late: Rational): ExpectedLine {
  const used = plus(before, late);
  const [all, billed] = [expectedLines(price, currency, used), expectedLines(price, currency, before)];
  const [whole, paid] = [sumOf(all), sumOf(billed)];
  return {
    quantity: late,
    unitAmount: lastUnit(price, all),
    amount: whole - paid,
    steps: [
      `${inDecimals(used)} were used in the period, of which ${inDecimals(before)} were billed before`,
      ...all.flatMap(({ steps }) => steps.map((step) => `all: ${step}`)),
      ...billed.flatMap(({ steps }) => steps.map((step) => `billed before: ${step}`)),
      `${whole} - ${paid} = ${whole - paid}`,
    ],
  };
}

/** What a unit costs where the usage ends; where tiers have flat amounts, the line of each of them follows that of its usage. */
function lastUnit({ tiers }: StoredPrice, lines: readonly ExpectedLine[]): Rational {
  const hasFlat = tiers?.some(({ flat_amount: flat }) => flat !== null) === true;
  const last = lines.at(hasFlat ? -2 : -1);
  if (last === undefined) throw new Error('a price charges at least one line');
  return last.unitAmount;
}

function sumOf(lines: readonly ExpectedLine[]): bigint {
  return lines.reduce((sum, { amount }) => sum + amount, 0n);
}
