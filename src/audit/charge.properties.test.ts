import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '../money/decimal.ts';
import { type PriceModel, type Tier } from '../rating/price.ts';
import { rate } from '../rating/rate.ts';
import { expectedLines } from './charge.ts';
import { inDecimals, rational } from './rational.ts';
import type { StoredPrice } from './stored.sql.ts';

/** The audit shares no code with rating: here the two are compared. */

const decimalText = (max: number, places: number) =>
  fc
    .tuple(
      fc.integer({ min: 0, max }),
      fc.integer({ min: 0, max: 10 ** places - 1 }),
      fc.integer({ min: 0, max: places }),
    )
    .map(([whole, fraction, digits]) =>
      digits === 0 ? `${whole}` : `${whole}.${String(fraction).padStart(places, '0').slice(0, digits)}`,
    );

const amountText = decimalText(99_999_999, 12);
const quantityText = fc.tuple(fc.constantFrom('', '-'), decimalText(1_000_000, 6)).map(([sign, text]) => sign + text);

const blank: StoredPrice = {
  id: 'price_1',
  currency: 'usd',
  unit_amount: null,
  tiers_mode: null,
  tiers: null,
  transform_divide_by: null,
  transform_round: null,
  currency_options: {},
  meter_id: null,
  dimension_filter: {},
};

const perUnit = amountText.map((unit_amount): StoredPrice => ({ ...blank, unit_amount }));
const packages = fc
  .tuple(amountText, fc.bigInt({ min: 1n, max: 5_000n }), fc.constantFrom('up' as const, 'down' as const))
  .map(([unit_amount, divideBy, round]): StoredPrice => ({
    ...blank,
    unit_amount,
    transform_divide_by: divideBy,
    transform_round: round,
  }));
const tierAmounts = fc.record({
  unit_amount: fc.option(amountText),
  flat_amount: fc.option(amountText),
  width: fc.integer({ min: 1, max: 400_000 }),
});
const tiered = fc
  .tuple(
    fc.array(tierAmounts, { minLength: 1, maxLength: 6 }),
    fc.constantFrom('graduated' as const, 'volume' as const),
  )
  .map(([amounts, tiers_mode]): StoredPrice => {
    let end = 0;
    const tiers = amounts.map(({ width, ...tier }, index) => {
      end += width;
      return { ...tier, up_to: index === amounts.length - 1 ? null : String(end) };
    });
    return { ...blank, tiers_mode, tiers };
  });

function modelOf(price: StoredPrice): PriceModel {
  if (price.tiers !== null) {
    const toDecimal = (text: string | null) => (text === null ? null : decimal(text));
    const tiers: Tier[] = price.tiers.map((tier) => ({
      upTo: tier.up_to === null ? null : BigInt(tier.up_to),
      unitAmount: toDecimal(tier.unit_amount),
      flatAmount: toDecimal(tier.flat_amount),
    }));
    return { scheme: 'tiered', mode: price.tiers_mode!, tiers };
  }
  const { transform_divide_by: divideBy, transform_round: round } = price;
  const transform = divideBy === null || round === null ? null : { divideBy, round };
  return { scheme: 'per_unit', unitAmount: decimal(price.unit_amount!), transform };
}

describe('what the audit expects is what rating bills', () => {
  test.each([
    ['per unit', perUnit],
    ['in packages', packages],
    ['in tiers', tiered],
  ])('%s', (_, prices) => {
    fc.assert(
      fc.property(prices, quantityText, (price, quantity) => {
        const expected = expectedLines(price, 'usd', rational(quantity));
        const billed = rate(modelOf(price), decimal(quantity));
        expect(expected.map((line) => [inDecimals(line.quantity), inDecimals(line.unitAmount), line.amount])).toEqual(
          billed.map((line) => [formatDecimal(line.quantity), formatDecimal(line.unitAmount), line.amount]),
        );
      }),
      { numRuns: 500 },
    );
  });
});

test.each([
  ['0', '0'],
  ['-12.500', '-12.5'],
  ['0.000000000001', '0.000000000001'],
  ['1000', '1000'],
])('the fraction %s reads %s', (text, shown) => {
  expect(inDecimals(rational(text))).toBe(shown);
});

test('a fraction without an end is marked', () => {
  expect(inDecimals({ numerator: 1n, denominator: 3n })).toBe('0.333333333333…');
  expect(inDecimals({ numerator: -2n, denominator: 3n })).toBe('-0.666666666667…');
});
