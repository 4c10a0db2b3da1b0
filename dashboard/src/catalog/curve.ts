import { compare, type Exact, exact, textOf } from '../ui/exact.ts';
import { formatNumber } from '../ui/format.ts';
import { costOf, type PriceModel } from './cost.ts';
import { sayMoney } from './words.ts';

/** A place on a curve: where it is drawn, which floats are good enough for, and what it says, which is exact. */
export type CurvePoint = {
  readonly units: number;
  readonly cost: number;
  readonly unitsText: string;
  readonly costText: string;
};

const STEPS = 40n;
/** More corners than that can't be told apart. */
const MAX_CORNERS = 120n;

/** What 0 to so many units cost that all tiers, some packages and the example are seen. */
export function curveOf(model: PriceModel, example: Exact | undefined, currency: string): CurvePoint[] {
  const end = endOf(model, example);
  const places = new Set([0n, end, ...cornersOf(model, end)]);
  for (let step = 1n; step < STEPS; step++) places.add((end * step) / STEPS);
  return [...places]
    .filter((place) => place <= end)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((place) => {
      const { total } = costOf(model, exact(place));
      return {
        units: Number(place),
        cost: Number(total),
        unitsText: formatNumber(String(place)),
        costText: sayMoney(total, currency),
      };
    });
}

function endOf(model: PriceModel, example: Exact | undefined): bigint {
  const own = model.kind === 'per_unit' ? 100n : model.kind === 'package' ? 10n * model.size : endOfTiers(model.tiers);
  if (example === undefined || compare(example, exact(own)) <= 0) return own;
  return BigInt(textOf(example).split('.')[0] ?? '0') + 1n;
}

/** Half as far again as the last tier that ends. */
function endOfTiers(tiers: readonly { readonly upTo: bigint | null }[]): bigint {
  const last = tiers.at(-2)?.upTo ?? 100n;
  return last + (last > 1n ? last / 2n : 2n);
}

/** Where the cost leaps: on both sides of each end. */
function cornersOf(model: PriceModel, end: bigint): bigint[] {
  if (model.kind === 'per_unit') return [];
  if (model.kind === 'tiers') return model.tiers.flatMap(({ upTo }) => (upTo === null ? [] : [upTo, upTo + 1n]));
  const count = end / model.size;
  if (count > MAX_CORNERS || model.size === 1n) return [];
  const ends = Array.from({ length: Number(count) + 1 }, (_, place) => BigInt(place) * model.size);
  return ends.flatMap((last) => (model.round === 'up' ? [last, last + 1n] : [last, last > 0n ? last - 1n : last]));
}
