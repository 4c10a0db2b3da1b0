import type { Decimal } from '../money/decimal.ts';

/**
 * A range of quantities and what it costs. `upTo` is inclusive and null for the last, open tier; the range starts above
 * the tier before. Amounts are in minor units; null means that the tier has no such amount.
 */
export type Tier = { upTo: bigint | null; unitAmount: Decimal | null; flatAmount: Decimal | null };

/** Bills packages of `divideBy` units instead of units; `round` says what a package begun counts for. */
export type TransformQuantity = { divideBy: bigint; round: 'up' | 'down' };

/** How a price turns a quantity into money. Amounts are in minor units, with up to 12 decimals. */
export type PriceModel =
  | { scheme: 'per_unit'; unitAmount: Decimal; transform: TransformQuantity | null }
  | { scheme: 'tiered'; mode: 'graduated' | 'volume'; tiers: Tier[] };

/**
 * One future invoice line. `tier` counts from 1 and is null for prices without tiers. `quantity` is the raw usage, 0 on
 * a flat fee. `unitAmount` is the price shown: of a unit, of a package, or the flat fee. `amount` is final: integer
 * minor units.
 */
export type RatedLine = {
  kind: 'usage' | 'flat_fee';
  tier: number | null;
  quantity: Decimal;
  unitAmount: Decimal;
  amount: bigint;
};
