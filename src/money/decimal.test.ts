import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ceilDivide,
  decimal,
  decimalPlaces,
  divideDecimal,
  divideHalfAwayFromZero,
  floorDivide,
  formatDecimal,
  isInteger,
  parseDecimal,
  roundHalfAwayFromZero,
  toBigInt,
  ZERO,
} from './decimal.ts';

/** An integer and a number of decimal places, with the text of the decimal that they make. */
const scaled = fc
  .record({ digits: fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), places: fc.integer({ min: 0, max: 30 }) })
  .map(({ digits, places }) => {
    const magnitude = String(digits < 0n ? -digits : digits).padStart(places + 1, '0');
    const cut = magnitude.length - places;
    const fraction = places === 0 ? '' : `.${magnitude.slice(cut)}`;
    return { digits, places, text: `${digits < 0n ? '-' : ''}${magnitude.slice(0, cut)}${fraction}` };
  });

describe('parsing and formatting', () => {
  test.each([
    ['0', '0'],
    ['-0', '0'],
    ['-0.00', '0'],
    ['+5', '5'],
    ['007', '7'],
    ['1.50', '1.5'],
    ['-12.340', '-12.34'],
    ['0.000000000001', '0.000000000001'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['9007199254740993.000000000001', '9007199254740993.000000000001'],
  ])('%s reads as %s', (text, formatted) => {
    expect(formatDecimal(decimal(text))).toBe(formatted);
  });

  test.each(['', ' ', '.5', '5.', '.', '-', '+', '--1', '+-1', '1e3', '1E-7', '0x10', ' 1', '1 ', '1\n', '1,000'])(
    '%j is not a decimal',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );

  test.each(['NaN', 'Infinity', '1_000', '１', '1.2.3', '1n', 'five'])('%j is not a decimal either', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
    expect(() => decimal(text)).toThrow(RangeError);
  });

  test('numbers must be whole and exact', () => {
    expect(formatDecimal(decimal(25))).toBe('25');
    expect(formatDecimal(decimal(-0))).toBe('0');
    expect(formatDecimal(decimal(10n ** 30n))).toBe(`1${'0'.repeat(30)}`);
    for (const value of [0.1, 1e21, Number.NaN, Infinity, 2 ** 53]) expect(() => decimal(value)).toThrow(RangeError);
  });

  test('what is formatted is plain, minimal, and parses back to the same', () => {
    fc.assert(
      fc.property(scaled, ({ text }) => {
        const formatted = formatDecimal(decimal(text));
        expect(formatted).toMatch(/^(0|-?[1-9]\d*|-?\d+\.\d*[1-9])$/);
        expect(formatted).not.toMatch(/^-?0\d/);
        expect(decimal(formatted).eq(decimal(text))).toBe(true);
      }),
    );
  });

  test('a zero reached by arithmetic has no sign', () => {
    expect(formatDecimal(decimal('-3').times(ZERO))).toBe('0');
    expect(formatDecimal(ZERO.neg())).toBe('0');
  });
});

describe('never a float', () => {
  test('operators and numbers throw', () => {
    const one = decimal('1');
    // @ts-expect-error TypeScript refuses the operator too.
    expect(() => one + one).toThrow();
    expect(() => one < decimal('2')).toThrow();
    expect(() => one.times(0.1)).toThrow();
    expect(() => decimal('0.1000000000000000055').toNumber()).toThrow();
  });
});

describe('integers and places', () => {
  test.each([
    ['0', 0],
    ['-0', 0],
    ['100', 0],
    ['1.00', 0],
    ['1.5', 1],
    ['-0.036', 3],
    ['1000000.000000000001', 12],
  ])('%s has %i decimal places', (text, places) => {
    expect(decimalPlaces(decimal(text))).toBe(places);
    expect(isInteger(decimal(text))).toBe(places === 0);
  });

  test('toBigInt takes integers only', () => {
    expect(toBigInt(decimal('-12300000000000000000000000'))).toBe(-12_300_000_000_000_000_000_000_000n);
    expect(toBigInt(decimal('7.000'))).toBe(7n);
    expect(() => toBigInt(decimal('0.5'))).toThrow(RangeError);
  });
});

describe('rounding', () => {
  test.each([
    ['0', 0n],
    ['0.4999999999999999999999999999', 0n],
    ['0.5', 1n],
    ['-0.5', -1n],
    ['-0.4', 0n],
    ['1.5', 2n],
    ['2.5', 3n],
    ['-2.5', -3n],
    ['22.5', 23n],
    ['111.6', 112n],
    ['9.5', 10n],
    ['999999999999999999999999.5', 1_000_000_000_000_000_000_000_000n],
  ])('%s rounds to %s', (text, rounded) => {
    expect(roundHalfAwayFromZero(decimal(text))).toBe(rounded);
  });

  test('the result is within a half, and a tie goes away from zero', () => {
    fc.assert(
      fc.property(scaled, ({ digits, places, text }) => {
        const scale = 10n ** BigInt(places);
        const twiceTheError = 2n * (roundHalfAwayFromZero(decimal(text)) * scale - digits);
        const magnitude = twiceTheError < 0n ? -twiceTheError : twiceTheError;
        expect(magnitude <= scale).toBe(true);
        if (magnitude === scale) expect(twiceTheError > 0n).toBe(digits > 0n);
      }),
    );
  });
});

describe('rounding of fractions', () => {
  test.each([
    [0n, 3n, 0n],
    [1n, 3n, 0n],
    [1n, 2n, 1n],
    [-1n, 2n, -1n],
    [5n, -2n, -3n],
    [-5n, -2n, 3n],
    [100_000n, 11n, 9_091n],
    [2n * 10n ** 40n + 1n, 2n, 10n ** 40n + 1n],
  ])('%s / %s rounds to %s', (numerator, denominator, rounded) => {
    expect(divideHalfAwayFromZero(numerator, denominator)).toBe(rounded);
  });

  test('the result is within a half, and a tie goes away from zero', () => {
    const wide = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    fc.assert(
      fc.property(
        wide,
        fc.oneof(fc.bigInt({ min: 1n, max: 20n }), fc.bigInt({ min: 1n, max: 10n ** 25n })),
        (top, bottom) => {
          const twiceTheError = 2n * (divideHalfAwayFromZero(top, bottom) * bottom - top);
          expect(twiceTheError >= -bottom && twiceTheError <= bottom).toBe(true);
          if (twiceTheError === bottom) expect(top > 0n).toBe(true);
          if (twiceTheError === -bottom) expect(top < 0n).toBe(true);
        },
      ),
    );
  });

  test('nothing is divided by zero', () => {
    expect(() => divideHalfAwayFromZero(1n, 0n)).toThrow(RangeError);
  });
});

describe('integer division', () => {
  test.each([
    ['3000', 100n, 30n, 30n],
    ['3001', 100n, 30n, 31n],
    ['0', 100n, 0n, 0n],
    ['150', 60n, 2n, 3n],
    ['100.000000000001', 100n, 1n, 2n],
    ['99.999999999999', 100n, 0n, 1n],
    ['-1', 100n, -1n, 0n],
    ['-100', 100n, -1n, -1n],
    ['-100.5', 100n, -2n, -1n],
    ['1', -3n, -1n, 0n],
    ['-7', -2n, 3n, 4n],
    [`${'9'.repeat(40)}.${'9'.repeat(30)}`, 10n ** 40n, 0n, 1n],
  ])('%s / %s is between %s and %s', (text, divisor, floor, ceiling) => {
    expect(floorDivide(decimal(text), divisor)).toBe(floor);
    expect(ceilDivide(decimal(text), divisor)).toBe(ceiling);
  });

  test('a zero divisor throws', () => {
    expect(() => floorDivide(decimal('1'), 0n)).toThrow(RangeError);
    expect(() => ceilDivide(ZERO, 0n)).toThrow(RangeError);
  });

  test('floor and ceiling enclose the quotient, whatever the digits and the signs', () => {
    const divisors = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).filter((divisor) => divisor !== 0n);
    fc.assert(
      fc.property(scaled, divisors, ({ digits, places, text }, divisor) => {
        const denominator = 10n ** BigInt(places) * divisor;
        // floor ≤ digits / denominator ≤ ceiling; multiplying by a negative denominator turns the signs around.
        const sign = denominator < 0n ? -1n : 1n;
        const floor = floorDivide(decimal(text), divisor);
        const ceiling = ceilDivide(decimal(text), divisor);
        expect(sign * (digits - floor * denominator) >= 0n).toBe(true);
        expect(sign * (ceiling * denominator - digits) >= 0n).toBe(true);
        expect(ceiling - floor).toBe(digits % denominator === 0n ? 0n : 1n);
      }),
    );
  });
});

describe('divideDecimal', () => {
  test.each([
    ['-1500', 3n, '-500'],
    ['1', 3n, '0.333333333333'],
    ['-2', 3n, '-0.666666666667'],
    ['0.000000000001', 2n, '0.000000000001'],
    ['-0.000000000001', 2n, '-0.000000000001'],
    ['0', 7n, '0'],
    ['10', -4n, '-2.5'],
    ['99999999', 999_999_999n, '0.0999999991'],
  ])('%s / %s is %s', (dividend, divisor, expected) => {
    expect(formatDecimal(divideDecimal(decimal(dividend), divisor))).toBe(expected);
  });
});
