import { describe, expect, test } from 'vitest';
import { compare, divide, exact, minus, parseExact, roundHalfAway, textOf, times } from './exact.ts';

describe('exact numbers', () => {
  test.each([
    ['0', '0'],
    ['-0', '0'],
    ['007', '7'],
    ['1.50', '1.5'],
    ['-12.340', '-12.34'],
    ['0.000000000001', '0.000000000001'],
    ['9007199254740993.000000000001', '9007199254740993.000000000001'],
  ])('%s reads as %s', (text, shortest) => {
    expect(textOf(exact(text))).toBe(shortest);
  });

  test.each(['', '.5', '5.', '1e3', '1,000', '--1', ' 1', 'x', '٣'])('%j is no number', (text) => {
    expect(parseExact(text)).toBeUndefined();
    expect(() => exact(text)).toThrow(RangeError);
  });

  test('what floats get wrong is right', () => {
    expect(textOf(times(exact('0.1'), exact('3')))).toBe('0.3');
    expect(textOf(minus(exact('0.3'), exact('0.1')))).toBe('0.2');
    expect(textOf(times(exact('99999999.999999999999'), exact(10n ** 15n)))).toBe('99999999999999999999000');
    expect(compare(exact('0.30'), exact('0.3'))).toBe(0);
    expect(compare(exact('2.5'), exact(3n))).toBe(-1);
    expect(compare(exact('-1'), exact('-1.1'))).toBe(1);
  });

  test.each([
    ['111.6', 112n],
    ['22.5', 23n],
    ['22.499999999999', 22n],
    ['0.5', 1n],
    ['-0.5', -1n],
    ['-22.4', -22n],
    ['7', 7n],
  ])('%s rounds to %s', (text, rounded) => {
    expect(roundHalfAway(exact(text))).toBe(rounded);
  });

  test.each([
    ['3000', 100n, 30n, 30n],
    ['3001', 100n, 31n, 30n],
    ['0', 100n, 0n, 0n],
    ['0.001', 100n, 1n, 0n],
    ['99.5', 1n, 100n, 99n],
  ])('%s holds parcels of %s %s times up and %s times down', (quantity, by, up, down) => {
    expect(divide(exact(quantity), by, 'up')).toBe(up);
    expect(divide(exact(quantity), by, 'down')).toBe(down);
  });
});
