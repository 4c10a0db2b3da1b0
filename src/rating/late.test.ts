import { expect, test } from 'vitest';
import { decimal, formatDecimal } from '../money/decimal.ts';
import { isCharged, rateLate } from './late.ts';
import type { PriceModel, Tier } from './price.ts';

const perUnit = (unitAmount: string): PriceModel => ({
  scheme: 'per_unit',
  unitAmount: decimal(unitAmount),
  transform: null,
});
const inPackages = (round: 'up' | 'down'): PriceModel => ({
  scheme: 'per_unit',
  unitAmount: decimal(4),
  transform: { divideBy: 100n, round },
});
const tier = (upTo: number | null, unit: number, flat: number | null = null): Tier => ({
  upTo: upTo === null ? null : BigInt(upTo),
  unitAmount: decimal(unit),
  flatAmount: flat === null ? null : decimal(flat),
});
const tiered = (mode: 'graduated' | 'volume', tiers: Tier[]): PriceModel => ({ scheme: 'tiered', mode, tiers });

const CASES: readonly [what: string, PriceModel, usage: string, billed: string, expected: [string, bigint, boolean]][] =
  [
    ['units', perUnit('4'), '130', '110', ['20', 80n, true]],
    // 103 × 0.1 = 10.3 → 10, and 10 was billed; of 106 × 0.1 = 10.6 → 11.
    ['units that do not make a cent yet', perUnit('0.1'), '103', '100', ['3', 0n, false]],
    ['units that make one', perUnit('0.1'), '106', '100', ['6', 1n, true]],
    ['units of a package that is paid for', inPackages('up'), '180', '150', ['30', 0n, false]],
    ['units that begin a package', inPackages('up'), '201', '150', ['51', 4n, true]],
    ['units that fill a package', inPackages('down'), '201', '150', ['51', 4n, true]],
    // 100 × 10 + 50 × 5 = 1250, of which 90 × 10 = 900 were billed.
    ['graduated tiers', tiered('graduated', [tier(100, 10), tier(null, 5)]), '150', '90', ['60', 350n, true]],
    // The second tier costs 300 once it is entered.
    [
      'the flat fee of a tier',
      tiered('graduated', [tier(100, 0, 200), tier(null, 0, 300)]),
      '101',
      '100',
      ['1', 300n, true],
    ],
    [
      'a flat fee that is paid',
      tiered('graduated', [tier(100, 0, 200), tier(null, 0, 300)]),
      '200',
      '101',
      ['99', 0n, false],
    ],
    // 150 × 8 = 1200, of which 90 × 10 = 900 were billed.
    ['volume tiers', tiered('volume', [tier(100, 10), tier(null, 8)]), '150', '90', ['60', 300n, true]],
    // 101 × 5 = 505, and 100 × 10 = 1000 were billed.
    ['a cheaper volume tier', tiered('volume', [tier(100, 10), tier(null, 5)]), '101', '100', ['1', -495n, false]],
    // 100 × 10 = 1000, and 101 × 5 = 505 were billed: less usage that costs more.
    ['a dearer volume tier', tiered('volume', [tier(100, 10), tier(null, 5)]), '100', '101', ['-1', 495n, false]],
    ['corrections', perUnit('4'), '90', '110', ['-20', -80n, false]],
    ['usage below zero', perUnit('4'), '-5', '110', ['-110', -440n, false]],
    ['usage that stayed', perUnit('4'), '110', '110', ['0', 0n, false]],
  ];

test.each(CASES)('late %s', (_, model, usage, billed, expected) => {
  const late = rateLate(model, decimal(usage), decimal(billed));
  expect([formatDecimal(late.quantity), late.amount, isCharged(late)]).toEqual(expected);
});
