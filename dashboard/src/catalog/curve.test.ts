import { describe, expect, test } from 'vitest';
import { exact } from '../ui/exact.ts';
import type { PriceModel } from './cost.ts';
import { curveOf } from './curve.ts';

const at = (model: PriceModel, example: string | undefined, ...units: number[]) => {
  const points = curveOf(model, example === undefined ? undefined : exact(example), 'usd');
  return units.map((unit) => points.find((point) => point.units === unit)?.costText);
};

describe('price curves', () => {
  const packages: PriceModel = { kind: 'package', unit: exact('4'), size: 100n, round: 'up' };

  test('leap where a package begins', () => {
    expect(at(packages, undefined, 0, 1, 100, 101, 1000)).toEqual(['$0.00', '$0.04', '$0.04', '$0.08', '$0.40']);
    expect(at({ ...packages, round: 'down' }, undefined, 99, 100)).toEqual(['$0.00', '$0.04']);
  });

  test('show all tiers on both sides of their ends, and reach an example beyond them', () => {
    const tiers = [
      { upTo: 10n, unit: exact('100'), flat: null },
      { upTo: 20n, unit: exact('50'), flat: exact('1') },
      { upTo: null, unit: null, flat: exact('300') },
    ];
    const model: PriceModel = { kind: 'tiers', mode: 'volume', tiers };
    expect(at(model, undefined, 10, 11, 20, 21, 30)).toEqual(['$10.00', '$5.51', '$10.01', '$3.00', '$3.00']);
    expect(at(model, '99.5', 100)).toEqual(['$3.00']);
  });

  test('stay small however far they go', () => {
    expect(curveOf(packages, exact('999999999999999'), 'usd').length).toBeLessThan(60);
    expect(curveOf({ kind: 'per_unit', unit: exact('1') }, undefined, 'usd').length).toBeLessThan(60);
  });

  test('are in order and begin with nothing', () => {
    const units = curveOf(packages, exact('5'), 'usd').map((point) => point.units);
    expect(units).toEqual(units.toSorted((a, b) => a - b));
    expect(units[0]).toBe(0);
  });
});
