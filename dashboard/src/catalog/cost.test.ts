import { describe, expect, test } from 'vitest';
import { exact } from '../ui/exact.ts';
import { costOf, type PriceModel } from './cost.ts';

const total = (model: PriceModel, quantity: string | number) => costOf(model, exact(String(quantity))).total;

/** Tiers of [last unit, unit price, flat fee]. */
const tiered = (
  mode: 'volume' | 'graduated',
  ...rows: readonly (readonly [number | null, string | null, (string | null)?])[]
): PriceModel => ({
  kind: 'tiers',
  mode,
  tiers: rows.map(([upTo, unit, flat = null]) => ({
    upTo: upTo === null ? null : BigInt(upTo),
    unit: unit === null ? null : exact(unit),
    flat: flat === null ? null : exact(flat),
  })),
});

describe('what a quantity costs', () => {
  const tokens: PriceModel = { kind: 'package', unit: exact('4'), size: 100n, round: 'up' };

  test.each([
    [3000, 120n],
    [3001, 124n],
    [0, 0n],
    ['0.5', 4n],
  ])('%s units of 4 cents per 100', (quantity, cents) => {
    expect(total(tokens, quantity)).toBe(cents);
  });

  test('packages that are begun may be free', () => {
    expect(total({ ...tokens, unit: exact('1000'), size: 60n, round: 'down' }, 150)).toBe(2000n);
  });

  test('units cost fractions of cents, and the line is rounded half up', () => {
    const model: PriceModel = { kind: 'per_unit', unit: exact('0.05') };
    expect(total(model, 30)).toBe(2n);
    expect(costOf(model, exact('30')).isRounded).toBe(true);
    expect(total(model, 29)).toBe(1n);
    expect(costOf(model, exact('40'))).toMatchObject({ total: 2n, isRounded: false });
    expect(total({ kind: 'per_unit', unit: exact('0.000000000001') }, '1000000000000')).toBe(1n);
  });

  const rows = [
    [5, '700'],
    [10, '650'],
    [null, '600'],
  ] as const;

  test.each([
    [1, 700n, 700n],
    [5, 3500n, 3500n],
    [6, 3900n, 4150n],
    [20, 12000n, 12750n],
    [25, 15000n, 15750n],
  ])('%s units in tiers of 7, 6.50 and 6 dollars', (quantity, volume, graduated) => {
    expect(total(tiered('volume', ...rows), quantity)).toBe(volume);
    expect(total(tiered('graduated', ...rows), quantity)).toBe(graduated);
  });

  test('flat fees: of the tier in volume, of all that are entered in graduated, and the first even for nothing', () => {
    const fees = [
      [5, '500', '1000'],
      [10, '400', '2000'],
      [null, null, '3000'],
    ] as const;
    expect(total(tiered('volume', ...fees), 0)).toBe(1000n);
    expect(total(tiered('graduated', ...fees), 0)).toBe(1000n);
    expect(total(tiered('volume', ...fees), 6)).toBe(4400n);
    expect(total(tiered('graduated', ...fees), 6)).toBe(2500n + 1000n + 400n + 2000n);
    expect(total(tiered('volume', ...fees), 12)).toBe(3000n);
    expect(total(tiered('graduated', ...fees), 12)).toBe(2500n + 2000n + 1000n + 2000n + 3000n);
  });

  test('a tier is entered by the smallest part of a unit, and each is rounded by itself', () => {
    const model = tiered('graduated', [1000, '3.6'], [null, '4.5']);
    expect(costOf(model, exact('1000.2')).lines.map(({ amount }) => amount)).toEqual([3600n, 1n]);
    expect(total(tiered('graduated', [31, '3.6'], [null, '3.6']), 62)).toBe(112n + 112n);
  });
});
