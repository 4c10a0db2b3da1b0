import { describe, expect, test } from 'vitest';
import { CURRENCIES as SERVED, minorUnitDigits } from '../../../src/money/currency.ts';
import { CURRENCIES } from './currencies.ts';
import { formatUnitAmount, parseMoney } from './format.ts';

describe('money as people write it', () => {
  test('the currencies are those of the server, and have its digits', () => {
    expect(CURRENCIES).toEqual(SERVED);
    const digits = (code: string) => (parseMoney('1', code)?.length ?? 0) - 1;
    expect(CURRENCIES.map((code) => [code, digits(code)])).toEqual(SERVED.map((code) => [code, minorUnitDigits(code)]));
  });

  test.each([
    ['0.04', 'usd', '4'],
    ['0.0004', 'usd', '0.04'],
    ['1,234.5', 'usd', '123450'],
    ['.5', 'usd', '50'],
    ['5', 'jpy', '5'],
    ['0.5', 'jpy', '0.5'],
    ['1.5', 'kwd', '1500'],
    ['0', 'usd', '0'],
  ])('%s in %s is %s smallest units', (text, currency, amount) => {
    expect(parseMoney(text, currency)).toBe(amount);
  });

  test.each(['', '.', '-1', '1e3', '1.2.3', 'ten', '$5'])('%j is no amount', (text) => {
    expect(parseMoney(text, 'usd')).toBeUndefined();
  });

  test.each([
    ['4', 'usd', '$0.04'],
    ['0.04', 'usd', '$0.0004'],
    ['123450', 'usd', '$1,234.50'],
    ['6000', 'usd', '$60.00'],
    ['5', 'jpy', '¥5'],
    ['1500', 'kwd', 'KWD\u00A01.500'],
    ['99999999999999999999', 'eur', '€999,999,999,999,999,999.99'],
  ])('%s smallest units of %s are %s', (amount, currency, text) => {
    expect(formatUnitAmount(amount, currency)).toBe(text);
  });
});
