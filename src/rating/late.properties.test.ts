import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type NaivePrice, type NaiveTier, naiveTotal } from '../../test/support/naive-rating.ts';
import { decimal } from '../money/decimal.ts';
import { isCharged, rateLate } from './late.ts';
import type { PriceModel } from './price.ts';

/** Cents with up to one decimal, so that rounding matters. */
const amounts = fc.integer({ min: 0, max: 300 }).map((tenths) => `${Math.floor(tenths / 10)}.${tenths % 10}`);
const nullable = fc.option(amounts, { nil: null });

const tiers: fc.Arbitrary<NaiveTier[]> = fc
  .uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 3 })
  .map((bounds) => [...bounds.toSorted((a, b) => a - b).map(String), null])
  .chain((bounds) =>
    fc.tuple(
      ...bounds.map((upTo) => fc.record({ upTo: fc.constant(upTo), unitAmount: nullable, flatAmount: nullable })),
    ),
  );

const packages = fc.record({
  divideBy: fc.integer({ min: 1, max: 20 }).map(String),
  round: fc.constantFrom('up' as const, 'down' as const),
});

const perUnit: fc.Arbitrary<NaivePrice> = fc.record({
  scheme: fc.constant('per_unit' as const),
  unitAmount: amounts,
  transform: fc.option(packages, { nil: null }),
});

const tiered = (mode: 'graduated' | 'volume'): fc.Arbitrary<NaivePrice> =>
  fc.record({ scheme: fc.constant('tiered' as const), mode: fc.constant(mode), tiers });

/** The usage of a period each time somebody looks, which corrections make less. */
const looks = fc.array(fc.integer({ min: -5, max: 80 }).map(String), { minLength: 1, maxLength: 8 });

function toModel(price: NaivePrice): PriceModel {
  if (price.scheme === 'per_unit') {
    const { transform } = price;
    return {
      scheme: 'per_unit',
      unitAmount: decimal(price.unitAmount),
      transform: transform && { divideBy: BigInt(transform.divideBy), round: transform.round },
    };
  }
  const amount = (text: string | null) => (text === null ? null : decimal(text));
  const all = price.tiers.map(({ upTo, unitAmount, flatAmount }) => ({
    upTo: upTo === null ? null : BigInt(upTo),
    unitAmount: amount(unitAmount),
    flatAmount: amount(flatAmount),
  }));
  return { scheme: 'tiered', mode: price.mode, tiers: all };
}

/** Bills a period by its first look, and late by all others: what the bills come to, and of how many units. */
function billAll(price: NaivePrice, [first = '0', ...others]: readonly string[]) {
  const model = toModel(price);
  let billed = decimal(first).lt(decimal(0)) ? '0' : first;
  const totals = [naiveTotal(price, billed)];
  for (const usage of others) {
    const late = rateLate(model, decimal(usage), decimal(billed));
    if (isCharged(late)) {
      expect(late.quantity.plus(decimal(billed)).toFixed()).toBe(usage);
      billed = usage;
      totals.push((totals.at(-1) ?? 0n) + late.amount);
    }
  }
  return { billed, totals };
}

test('all bills of a period add up to its price by what they billed, and none gives anything back', () => {
  fc.assert(
    fc.property(fc.oneof(perUnit, tiered('graduated'), tiered('volume')), looks, (price, usages) => {
      const { billed, totals } = billAll(price, usages);
      expect(totals.at(-1)).toBe(naiveTotal(price, billed));
      expect(totals).toEqual(totals.toSorted((a, b) => (a < b ? -1 : 1)));
    }),
  );
});

test('where more never costs less, the bills come to the price of the most that was used', () => {
  fc.assert(
    fc.property(fc.oneof(perUnit, tiered('graduated')), looks, (price, usages) => {
      const most = Math.max(0, ...usages.map(Number));
      expect(billAll(price, usages).totals.at(-1)).toBe(naiveTotal(price, String(most)));
    }),
  );
});
