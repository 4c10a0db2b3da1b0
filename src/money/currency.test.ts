import { describe, expect, test } from 'vitest';
import { CURRENCIES, isCurrency, minorUnitDigits } from './currency.ts';

describe('currencies', () => {
  test('the zero-decimal ones are those of Stripe', () => {
    const withoutMinorUnit = CURRENCIES.filter((code) => minorUnitDigits(code) === 0);
    expect(withoutMinorUnit.join(' ')).toBe('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf');
  });

  test('the three-decimal ones are those of Stripe', () => {
    expect(CURRENCIES.filter((code) => minorUnitDigits(code) === 3)).toEqual(['bhd', 'jod', 'kwd', 'omr', 'tnd']);
  });

  test.each(['usd', 'eur', 'gbp', 'isk', 'ugx', 'huf', 'twd'])('%s counts hundredths', (code) => {
    expect(minorUnitDigits(code)).toBe(2);
  });

  test('codes are distinct, lower-case, sorted and known to Intl', () => {
    expect(new Set(CURRENCIES).size).toBe(CURRENCIES.length);
    expect(CURRENCIES.length).toBeGreaterThan(130);
    expect(CURRENCIES.every((code) => /^[a-z]{3}$/.test(code))).toBe(true);
    expect([...CURRENCIES].sort()).toEqual(CURRENCIES);
    const names = new Intl.DisplayNames('en', { type: 'currency', fallback: 'none' });
    expect(CURRENCIES.filter((code) => names.of(code) === undefined)).toEqual([]);
  });

  test.each(['USD', 'xxx', 'us', 'usdc', '', ' usd', 'constructor', 'toString'])('%j is no currency', (code) => {
    expect(isCurrency(code)).toBe(false);
    expect(() => minorUnitDigits(code)).toThrow(RangeError);
  });

  test('isCurrency knows each of them', () => {
    expect(CURRENCIES.every(isCurrency)).toBe(true);
  });
});
