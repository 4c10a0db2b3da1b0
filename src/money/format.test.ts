import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CURRENCIES, minorUnitDigits } from './currency.ts';
import { decimal } from './decimal.ts';
import { formatUnitAmount } from './format.ts';

describe('formatUnitAmount', () => {
  test.each([
    ['2000', 'usd', '$20.00'],
    ['3.6', 'usd', '$0.036'],
    ['4', 'usd', '$0.04'],
    ['0.05', 'usd', '$0.0005'],
    ['0', 'usd', '$0.00'],
    ['-0', 'usd', '$0.00'],
    ['-500', 'usd', '-$5.00'],
    ['100000', 'usd', '$1,000.00'],
    ['123456789.123456789012', 'usd', '$1,234,567.89123456789012'],
    ['900719925474099301', 'usd', '$9,007,199,254,740,993.01'],
    ['150', 'eur', '€1.50'],
    ['900', 'gbp', '£9.00'],
    ['500', 'jpy', '¥500'],
    ['0.5', 'jpy', '¥0.5'],
    ['1234567', 'jpy', '¥1,234,567'],
    ['1000', 'mga', 'MGA 1,000'],
    ['5120', 'kwd', 'KWD 5.120'],
    ['0.000000000001', 'kwd', 'KWD 0.000000000000001'],
    ['500', 'isk', 'ISK 5.00'],
    ['1050', 'chf', 'CHF 10.50'],
    ['1050', 'cad', 'CA$10.50'],
  ])('%s minor units of %s read %s', (minorUnits, currency, text) => {
    expect(formatUnitAmount(decimal(minorUnits), currency)).toBe(text);
  });

  test('an unknown currency throws', () => {
    expect(() => formatUnitAmount(decimal('1'), 'USD')).toThrow(RangeError);
  });

  test('no digit is lost or invented, in any currency', () => {
    const amounts = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    fc.assert(
      fc.property(
        amounts,
        fc.integer({ min: 0, max: 12 }),
        fc.constantFrom(...CURRENCIES),
        (digits, places, currency) => {
          const minorUnits = decimal(digits).times(decimal(places === 0 ? '1' : `0.${'1'.padStart(places, '0')}`));
          const text = formatUnitAmount(minorUnits, currency);
          const [, whole = '', fraction = ''] = /([0-9,]+)(?:\.([0-9]+))?$/.exec(text) ?? [];
          const shownDigits = fraction.length;
          expect(shownDigits).toBeGreaterThanOrEqual(minorUnitDigits(currency));
          expect(whole).toMatch(/^[0-9]{1,3}(,[0-9]{3})*$/);
          const shown = BigInt(whole.replaceAll(',', '') + fraction) * (text.startsWith('-') ? -1n : 1n);
          // shown × 10^-shownDigits major units = digits × 10^-(places + currency digits)
          expect(shown * 10n ** BigInt(places + minorUnitDigits(currency))).toBe(digits * 10n ** BigInt(shownDigits));
        },
      ),
    );
  });
});
