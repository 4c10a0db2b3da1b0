import { ZERO } from '../money/decimal.ts';
import type { Decimal } from '../money/decimal.ts';
import type { PriceModel, RatedLine } from './price.ts';
import { rate } from './rate.ts';

/**
 * The lines of usage of which a part is billed already: each line of the whole period as it is now, less what it was when
 * `billed` was, so that tiers and packages are those of the period and all its invoices add up to its price. Lines that
 * bill nothing more are left out, but for one where none does. Usage below what is billed gives nothing back ("usage
 * already on a finalized invoice is never re-billed or credited"); where more units fall into a cheaper volume tier the
 * amount may be negative.
 */
export function rateBeyond(model: PriceModel, usage: Decimal, billed: Decimal): RatedLine[] {
  const before = rate(model, billed);
  const now = rate(model, usage.lt(billed) ? billed : usage);
  // Tiers of volume take the place of each other, those of graduated prices stand side by side.
  const isSame = (a: RatedLine, b: RatedLine) => a.kind === b.kind && (a.tier === b.tier || isVolume(model));
  const rest = now.map((line) => {
    const earlier = before.find((other) => isSame(line, other));
    if (earlier === undefined) return line;
    return { ...line, quantity: line.quantity.minus(earlier.quantity), amount: line.amount - earlier.amount };
  });
  const charged = rest.filter(({ quantity, amount }) => !quantity.eq(ZERO) || amount !== 0n);
  return charged.length > 0 ? charged : rest.filter(({ kind }) => kind === 'usage').slice(-1);
}

function isVolume(model: PriceModel): boolean {
  return model.scheme === 'tiered' && model.mode === 'volume';
}
