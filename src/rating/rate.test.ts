import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '../money/decimal.ts';
import type { PriceModel, RatedLine, Tier } from './price.ts';
import { rate } from './rate.ts';

type TierText = [upTo: number | 'inf', unitAmount: string | null, flatAmount?: string];

const perUnit = (unitAmount: string): PriceModel => ({
  scheme: 'per_unit',
  unitAmount: decimal(unitAmount),
  transform: null,
});

const packageOf = (divideBy: bigint, unitAmount: string, round: 'up' | 'down'): PriceModel => ({
  scheme: 'per_unit',
  unitAmount: decimal(unitAmount),
  transform: { divideBy, round },
});

const tierOf = ([upTo, unitAmount, flatAmount]: TierText): Tier => ({
  upTo: upTo === 'inf' ? null : BigInt(upTo),
  unitAmount: unitAmount === null ? null : decimal(unitAmount),
  flatAmount: flatAmount === undefined ? null : decimal(flatAmount),
});

const tiered = (mode: 'graduated' | 'volume', ...tiers: TierText[]): PriceModel => ({
  scheme: 'tiered',
  mode,
  tiers: tiers.map(tierOf),
});

const total = (model: PriceModel, quantity: string): bigint =>
  rate(model, decimal(quantity)).reduce((sum, line) => sum + line.amount, 0n);

/** One line as `tier kind: quantity × unit amount = amount`, so that a list of lines is a readable expectation. */
const lineText = ({ tier, kind, quantity, unitAmount, amount }: RatedLine): string =>
  `${tier === null ? '' : `${tier} `}${kind}: ${formatDecimal(quantity)} × ${formatDecimal(unitAmount)} = ${amount}`;

const lines = (model: PriceModel, quantity: string): string[] => rate(model, decimal(quantity)).map(lineText);

// The two tier tables of the documentation, in cents.
const threeTiers: TierText[] = [
  [5, '700'],
  [10, '650'],
  ['inf', '600'],
];
const fiveTiers: TierText[] = [
  [5, '500'],
  [10, '400'],
  [15, '300'],
  [20, '200'],
  ['inf', '100'],
];
const fiveTiersWithFlatFees: TierText[] = [
  [5, '500', '1000'],
  [10, '400', '2000'],
  [15, '300', '3000'],
  [20, '200', '4000'],
  ['inf', '100', '5000'],
];

describe('worked examples, in cents', () => {
  test.each<[example: string, model: PriceModel, quantity: string, cents: bigint]>([
    ['1: 4 cents per 100, rounded up', packageOf(100n, '4', 'up'), '3000', 120n],
    ['2: one unit begins a package', packageOf(100n, '4', 'up'), '3001', 124n],
    ['3: no usage', packageOf(100n, '4', 'up'), '0', 0n],
    ['4: 10 USD an hour of minutes, rounded up', packageOf(60n, '1000', 'up'), '150', 3000n],
    ['5: the same rounded down', packageOf(60n, '1000', 'down'), '150', 2000n],
    ['6: 2 per 3, rounded up', packageOf(3n, '2', 'up'), '100', 68n],
    ['8: 0.05 cents a unit, half a cent up', perUnit('0.05'), '30', 2n],
    ['8: below a half', perUnit('0.05'), '29', 1n],
    ['8: below half a cent in all', perUnit('0.05'), '9', 0n],
    ['9: volume', tiered('volume', ...threeTiers), '1', 700n],
    ['9: volume', tiered('volume', ...threeTiers), '5', 3500n],
    ['9: volume', tiered('volume', ...threeTiers), '6', 3900n],
    ['9: volume', tiered('volume', ...threeTiers), '20', 12_000n],
    ['9: volume', tiered('volume', ...threeTiers), '25', 15_000n],
    ['10: graduated', tiered('graduated', ...threeTiers), '1', 700n],
    ['10: graduated', tiered('graduated', ...threeTiers), '5', 3500n],
    ['10: graduated', tiered('graduated', ...threeTiers), '6', 4150n],
    ['10: graduated', tiered('graduated', ...threeTiers), '20', 12_750n],
    ['10: graduated', tiered('graduated', ...threeTiers), '25', 15_750n],
    ['11: volume of five tiers', tiered('volume', ...fiveTiers), '1', 500n],
    ['11: volume of five tiers', tiered('volume', ...fiveTiers), '5', 2500n],
    ['11: volume of five tiers', tiered('volume', ...fiveTiers), '6', 2400n],
    ['11: volume of five tiers', tiered('volume', ...fiveTiers), '20', 4000n],
    ['11: volume of five tiers', tiered('volume', ...fiveTiers), '25', 2500n],
    ['12: graduated', tiered('graduated', [5, '500'], [10, '400'], ['inf', '100']), '6', 2900n],
    ['12: graduated of five tiers', tiered('graduated', ...fiveTiers), '20', 7000n],
    ['12: graduated of five tiers', tiered('graduated', ...fiveTiers), '25', 7500n],
    ['13: volume with flat fees', tiered('volume', ...fiveTiersWithFlatFees), '12', 6600n],
    ['15: the first flat fee for no usage, volume', tiered('volume', ...fiveTiersWithFlatFees), '0', 1000n],
    ['15: the first flat fee for no usage, graduated', tiered('graduated', ...fiveTiersWithFlatFees), '0', 1000n],
    ['16: 1,000 free, then 4 cents', tiered('graduated', [1000, '0'], ['inf', '4']), '3000', 8000n],
    ['16: the licensed base fee', perUnit('10000'), '1', 10_000n],
    ['17: 200 USD with 100,000', tiered('graduated', [100_000, null, '20000'], ['inf', '0.1']), '250000', 35_000n],
    ['19: 25, 20 and 15 cents', tiered('graduated', [60, '25'], [120, '20'], ['inf', '15']), '130', 2850n],
    ['21: threshold steps of 100 USD, first tier', tiered('graduated', [10_000, '50'], ['inf', '40']), '200', 10_000n],
    ['21: the end of the first tier', tiered('graduated', [10_000, '50'], ['inf', '40']), '10000', 500_000n],
    ['21: one step into the second tier', tiered('graduated', [10_000, '50'], ['inf', '40']), '10250', 510_000n],
    ['24: 10 USD per 10 GB, first month', packageOf(10n, '1000', 'up'), '100', 10_000n],
    ['24: second month', packageOf(10n, '1000', 'up'), '150', 15_000n],
    ['24: both months on one line', packageOf(10n, '1000', 'up'), '250', 25_000n],
    ['the guide: 25 tokens, then 3,000 more', packageOf(100n, '4', 'up'), '3025', 124n],
  ])('%s', (_, model, quantity, cents) => {
    expect(total(model, quantity)).toBe(cents);
  });

  test('15: to bill nothing for no usage, the fee is the unit price of a tier of one', () => {
    const noFeeForNothing = tiered('graduated', [1, '1000'], ['inf', '10']);
    expect(total(noFeeForNothing, '0')).toBe(0n);
    expect(total(noFeeForNothing, '1')).toBe(1000n);
    expect(total(noFeeForNothing, '3')).toBe(1020n);
  });
});

describe('the lines of a price', () => {
  test.each<[rule: string, model: PriceModel, quantity: string, expected: string[]]>([
    ['per unit: one line', perUnit('4'), '2.5', ['usage: 2.5 × 4 = 10']],
    ['per unit: one line for no usage too', perUnit('4'), '0', ['usage: 0 × 4 = 0']],
    [
      'a package line keeps the raw usage and shows the package price',
      packageOf(3n, '2', 'up'),
      '100',
      ['usage: 100 × 2 = 68'],
    ],
    ['a decimal begins a package', packageOf(100n, '4', 'up'), '100.000000000001', ['usage: 100.000000000001 × 4 = 8']],
    ['a package price is rounded after multiplying', packageOf(3n, '0.5', 'down'), '10', ['usage: 10 × 0.5 = 2']],
    [
      'graduated rounds each tier (31 × 3.6 = 111.6)',
      tiered('graduated', [10, '3.65'], ['inf', '3.6']),
      '41',
      ['1 usage: 10 × 3.65 = 37', '2 usage: 31 × 3.6 = 112'],
    ],
    [
      'graduated: usage and flat fee of each entered tier, in order',
      tiered('graduated', ...fiveTiersWithFlatFees),
      '6',
      [
        '1 usage: 5 × 500 = 2500',
        '1 flat_fee: 0 × 1000 = 1000',
        '2 usage: 1 × 400 = 400',
        '2 flat_fee: 0 × 2000 = 2000',
      ],
    ],
    [
      'graduated: the bound is in the tier, which does not enter the next',
      tiered('graduated', ...threeTiers),
      '5',
      ['1 usage: 5 × 700 = 3500'],
    ],
    [
      'graduated: a little over the bound enters the next',
      tiered('graduated', ...threeTiers),
      '5.000000000001',
      ['1 usage: 5 × 700 = 3500', '2 usage: 0.000000000001 × 650 = 0'],
    ],
    [
      'graduated: decimals split at the integer bound',
      tiered('graduated', ...threeTiers),
      '10.5',
      ['1 usage: 5 × 700 = 3500', '2 usage: 5 × 650 = 3250', '3 usage: 0.5 × 600 = 300'],
    ],
    ['graduated: tier 1 for no usage', tiered('graduated', ...threeTiers), '0', ['1 usage: 0 × 700 = 0']],
    [
      'volume: one tier for all',
      tiered('volume', ...fiveTiersWithFlatFees),
      '6',
      ['2 usage: 6 × 400 = 2400', '2 flat_fee: 0 × 2000 = 2000'],
    ],
    ['volume: the bound is in the tier', tiered('volume', ...threeTiers), '5', ['1 usage: 5 × 700 = 3500']],
    ['volume: 5.5 is past a bound of 5', tiered('volume', ...threeTiers), '5.5', ['2 usage: 5.5 × 650 = 3575']],
    ['volume: tier 1 for no usage', tiered('volume', ...threeTiers), '0', ['1 usage: 0 × 700 = 0']],
    [
      'a flat fee in a later tier gives every entered tier a flat line',
      tiered('graduated', [5, '7'], ['inf', '6', '9']),
      '2',
      ['1 usage: 2 × 7 = 14', '1 flat_fee: 0 × 0 = 0'],
    ],
    [
      '… in volume tiers too',
      tiered('volume', [5, '7', '9'], ['inf', '6']),
      '8',
      ['2 usage: 8 × 6 = 48', '2 flat_fee: 0 × 0 = 0'],
    ],
    [
      'a flat fee of zero is a flat fee',
      tiered('graduated', ['inf', '7', '0']),
      '2',
      ['1 usage: 2 × 7 = 14', '1 flat_fee: 0 × 0 = 0'],
    ],
    [
      'a tier with only a flat fee shows its usage at zero',
      tiered('graduated', [5, null, '900'], ['inf', '3']),
      '7',
      ['1 usage: 5 × 0 = 0', '1 flat_fee: 0 × 900 = 900', '2 usage: 2 × 3 = 6', '2 flat_fee: 0 × 0 = 0'],
    ],
    [
      'a decimal flat fee is rounded on its own line',
      tiered('graduated', ['inf', '0.5', '0.5']),
      '1',
      ['1 usage: 1 × 0.5 = 1', '1 flat_fee: 0 × 0.5 = 1'],
    ],
    ['halves go away from zero below zero as well', perUnit('-0.5'), '5', ['usage: 5 × -0.5 = -3']],
  ])('%s', (_, model, quantity, expected) => {
    expect(lines(model, quantity)).toEqual(expected);
  });
});

describe('negative usage', () => {
  test.each<[string, PriceModel]>([
    ['per unit', perUnit('4')],
    ['package up', packageOf(100n, '4', 'up')],
    ['package down', packageOf(100n, '4', 'down')],
    ['graduated with flat fees', tiered('graduated', ...fiveTiersWithFlatFees)],
    ['volume with flat fees', tiered('volume', ...fiveTiersWithFlatFees)],
  ])('%s: rates as no usage', (_, model) => {
    for (const quantity of ['-1', '-0.000000000001', '-100000000000000000000']) {
      expect(lines(model, quantity)).toEqual(lines(model, '0'));
    }
  });
});

describe('prices that the catalog never stores', () => {
  test.each<[string, PriceModel]>([
    ['no tiers', tiered('graduated')],
    ['no open tier', tiered('graduated', [5, '1'])],
    ['no open tier, volume', tiered('volume', [5, '1'])],
    ['an open tier before the last', tiered('volume', ['inf', '1'], ['inf', '2'])],
    ['descending tiers', tiered('graduated', [5, '1'], [4, '1'], ['inf', '2'])],
    ['an empty tier', tiered('graduated', [5, '1'], [5, '1'], ['inf', '2'])],
    ['a bound of zero', tiered('graduated', [0, '1'], ['inf', '2'])],
    ['packages of no units', packageOf(0n, '4', 'up')],
    ['packages of a negative size', packageOf(-5n, '4', 'down')],
  ])('%s: throws rather than billing too little', (_, model) => {
    expect(() => rate(model, decimal('3'))).toThrow(RangeError);
  });
});
