import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareRationals, naiveRate, naiveTotal, rational } from '../../test/support/naive-rating.ts';
import type { NaivePrice, NaiveTier } from '../../test/support/naive-rating.ts';
import { decimal, formatDecimal, ZERO } from '../money/decimal.ts';
import type { PriceModel, RatedLine, Tier } from './price.ts';
import { rate } from './rate.ts';

/** Plain text of digits / 10^places, built without the decimals under test. */
function plain(digits: bigint, places: number): string {
  const magnitude = String(digits < 0n ? -digits : digits).padStart(places + 1, '0');
  const cut = magnitude.length - places;
  return `${digits < 0n ? '-' : ''}${magnitude.slice(0, cut)}${places === 0 ? '' : `.${magnitude.slice(cut)}`}`;
}

const decimalText = (min: bigint, max: bigint) =>
  fc.tuple(fc.bigInt({ min, max }), fc.integer({ min: 0, max: 12 })).map(([digits, places]) => plain(digits, places));

// Prices of a few round digits meet ties (x.5) often; the wide ones have all twelve decimals.
const amounts = fc.oneof(
  fc.tuple(fc.bigInt({ min: 0n, max: 2_000n }), fc.integer({ min: 0, max: 3 })).map(([d, places]) => plain(d, places)),
  decimalText(0n, 10n ** 18n),
);
const nullable = (texts: fc.Arbitrary<string>) => fc.option(texts, { nil: null, freq: 3 });

const bounds = fc
  .uniqueArray(fc.oneof(fc.bigInt({ min: 1n, max: 20n }), fc.bigInt({ min: 1n, max: 10n ** 12n })), { maxLength: 5 })
  .map((distinct) => distinct.toSorted((a, b) => (a < b ? -1 : 1)));

const tierLists: fc.Arbitrary<NaiveTier[]> = bounds.chain((upTos) =>
  fc.tuple(
    ...[...upTos.map(String), null].map((upTo) =>
      fc.record({ upTo: fc.constant(upTo), unitAmount: nullable(amounts), flatAmount: nullable(amounts) }),
    ),
  ),
);

const perUnitPrices = fc.record({
  scheme: fc.constant('per_unit' as const),
  unitAmount: amounts,
  transform: fc.constant(null),
});
const packagePrices = fc.record({
  scheme: fc.constant('per_unit' as const),
  unitAmount: amounts,
  transform: fc.record({
    divideBy: fc.oneof(fc.bigInt({ min: 1n, max: 100n }), fc.bigInt({ min: 1n, max: 10n ** 12n })).map(String),
    round: fc.constantFrom('up' as const, 'down' as const),
  }),
});
const tieredPrices = (...modes: Array<'graduated' | 'volume'>) =>
  fc.record({ scheme: fc.constant('tiered' as const), mode: fc.constantFrom(...modes), tiers: tierLists });
const prices: fc.Arbitrary<NaivePrice> = fc.oneof(
  perUnitPrices,
  packagePrices,
  tieredPrices('graduated'),
  tieredPrices('volume'),
);

/** Where a price changes its mind: the bounds of its tiers, or some multiples of its package. */
function turningPoints(price: NaivePrice): bigint[] {
  if (price.scheme === 'tiered') return price.tiers.flatMap(({ upTo }) => (upTo === null ? [] : [BigInt(upTo)]));
  const size = BigInt(price.transform?.divideBy ?? '1');
  return [size, 2n * size, 7n * size];
}

const TRILLION = 10n ** 12n;
const offsets = fc.constantFrom(0n, 1n, -1n, TRILLION / 2n, -TRILLION / 2n, TRILLION, -TRILLION);

/** Quantities of every size, negative ones, and those around the turning points of the price. */
const quantitiesFor = (price: NaivePrice): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constantFrom('0', '-1', '0.000000000001'),
    fc.integer({ min: 0, max: 60 }).map(String),
    decimalText(-(10n ** 6n), 10n ** 6n),
    decimalText(-(10n ** 14n), 10n ** 30n),
    fc
      .tuple(fc.constantFrom(0n, ...turningPoints(price)), offsets)
      .map(([point, offset]) => plain(point * TRILLION + offset, 12)),
  );

const pricedQuantities = (models: fc.Arbitrary<NaivePrice>) =>
  models.chain((price) => fc.tuple(fc.constant(price), quantitiesFor(price)));
const pricedPairs = (models: fc.Arbitrary<NaivePrice>) =>
  models.chain((price) => fc.tuple(fc.constant(price), quantitiesFor(price), quantitiesFor(price)));

const decimalOrNull = (text: string | null) => (text === null ? null : decimal(text));

function modelOf(price: NaivePrice): PriceModel {
  if (price.scheme === 'tiered') {
    const tiers = price.tiers.map(({ upTo, unitAmount, flatAmount }): Tier => ({
      upTo: upTo === null ? null : BigInt(upTo),
      unitAmount: decimalOrNull(unitAmount),
      flatAmount: decimalOrNull(flatAmount),
    }));
    return { scheme: 'tiered', mode: price.mode, tiers };
  }
  const { unitAmount, transform } = price;
  return {
    scheme: 'per_unit',
    unitAmount: decimal(unitAmount),
    transform: transform === null ? null : { divideBy: BigInt(transform.divideBy), round: transform.round },
  };
}

const ratedLines = (price: NaivePrice, quantity: string): RatedLine[] => rate(modelOf(price), decimal(quantity));
const total = (price: NaivePrice, quantity: string): bigint =>
  ratedLines(price, quantity).reduce((sum, line) => sum + line.amount, 0n);

describe('against the naive computation in exact fractions', () => {
  test('every line agrees in kind, tier, quantity, unit amount and amount', () => {
    fc.assert(
      fc.property(pricedQuantities(prices), ([price, quantity]) => {
        const lines = ratedLines(price, quantity);
        const expected = naiveRate(price, quantity);
        expect(lines.map(({ kind, tier, amount }) => ({ kind, tier, amount }))).toEqual(
          expected.map(({ kind, tier, amount }) => ({ kind, tier, amount })),
        );
        for (const [index, line] of lines.entries()) {
          const naive = expected[index];
          if (naive === undefined) throw new Error('the lists have the same length');
          expect(compareRationals(rational(formatDecimal(line.quantity)), naive.quantity)).toBe(0);
          expect(compareRationals(rational(formatDecimal(line.unitAmount)), naive.unitAmount)).toBe(0);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  test('negative prices agree too', () => {
    const refund = fc.record({
      scheme: fc.constant('per_unit' as const),
      unitAmount: decimalText(-2_000n, 0n),
      transform: fc.constant(null),
    });
    fc.assert(
      fc.property(pricedQuantities(refund), ([price, quantity]) => {
        expect(total(price, quantity)).toBe(naiveTotal(price, quantity));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what holds for every price', () => {
  test('more usage never costs less, except under volume tiers', () => {
    fc.assert(
      fc.property(
        pricedPairs(fc.oneof(perUnitPrices, packagePrices, tieredPrices('graduated'))),
        ([price, one, other]) => {
          const [less, more] = compareRationals(rational(one), rational(other)) < 0 ? [one, other] : [other, one];
          expect(total(price, less) <= total(price, more)).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('the quantities of the usage lines add up to the usage, flat fees have none', () => {
    fc.assert(
      fc.property(pricedQuantities(prices), ([price, quantity]) => {
        const lines = ratedLines(price, quantity);
        const sum = lines.reduce((units, line) => units.plus(line.quantity), ZERO);
        const used = decimal(quantity).lt(ZERO) ? ZERO : decimal(quantity);
        expect(formatDecimal(sum)).toBe(formatDecimal(used));
        expect(lines.every((line) => line.kind === 'usage' || line.quantity.eq(ZERO))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('whole amounts and whole usage lose nothing to rounding: graduated is the sum of its units', () => {
    const wholeTiers = bounds.chain((upTos) =>
      fc.tuple(
        ...[...upTos.filter((upTo) => upTo <= 20n), null].map((upTo) =>
          fc.record({
            upTo: fc.constant(upTo === null ? null : String(upTo)),
            unitAmount: fc.integer({ min: 0, max: 500 }).map(String),
            flatAmount: fc.constant(null),
          }),
        ),
      ),
    );
    fc.assert(
      fc.property(wholeTiers, fc.integer({ min: 0, max: 60 }), (tiers, units) => {
        let expected = 0n;
        for (let unit = 1; unit <= units; unit += 1) {
          const tier = tiers.find(({ upTo }) => upTo === null || unit <= Number(upTo));
          expected += BigInt(tier?.unitAmount ?? 0);
        }
        expect(total({ scheme: 'tiered', mode: 'graduated', tiers }, String(units))).toBe(expected);
      }),
    );
  });

  test('with one tier, graduated and volume are per unit plus the flat fee', () => {
    const oneTier = fc.record({ upTo: fc.constant(null), unitAmount: amounts, flatAmount: nullable(amounts) });
    fc.assert(
      fc.property(oneTier, decimalText(0n, 10n ** 15n), (tier, quantity) => {
        const graduated = total({ scheme: 'tiered', mode: 'graduated', tiers: [tier] }, quantity);
        expect(graduated).toBe(total({ scheme: 'tiered', mode: 'volume', tiers: [tier] }, quantity));
        const usage = total({ scheme: 'per_unit', unitAmount: tier.unitAmount, transform: null }, quantity);
        const fee = total({ scheme: 'per_unit', unitAmount: tier.flatAmount ?? '0', transform: null }, '1');
        expect(graduated).toBe(usage + fee);
      }),
    );
  });

  test('rounding up bills at most one package more than rounding down, and the same for full packages', () => {
    fc.assert(
      fc.property(
        pricedQuantities(packagePrices),
        fc.bigInt({ min: 0n, max: 10n ** 9n }),
        ([price, quantity], full) => {
          if (price.scheme !== 'per_unit' || price.transform === null) throw new Error('package prices only');
          const { divideBy } = price.transform;
          const one: NaivePrice = { ...price, unitAmount: '1', transform: { divideBy, round: 'up' } };
          const down: NaivePrice = { ...one, transform: { divideBy, round: 'down' } };
          const difference = total(one, quantity) - total(down, quantity);
          expect(difference === 0n || difference === 1n).toBe(true);
          const exact = String(full * BigInt(divideBy));
          expect([total(one, exact), total(down, exact)]).toEqual([full, full]);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
