import { expect, test } from 'vitest';
import { checkChargeable, minimumCharge } from './amount.ts';

test.each<[string, bigint]>([
  ['usd', 50n],
  ['gbp', 30n],
  ['jpy', 50n],
  ['huf', 17_500n],
  ['kwd', 1n],
])('the smallest charge in %s is %d minor units', (currency, minimum) => {
  expect(minimumCharge(currency)).toBe(minimum);
});

test.each<[string, bigint, string | undefined]>([
  ['usd', 50n, undefined],
  ['usd', 49n, 'amount_too_small'],
  ['usd', 0n, 'amount_too_small'],
  ['kwd', 5000n, undefined],
  ['isk', 500n, undefined],
])('in %s %d minor units are refused as %s', (currency, amount, code) => {
  const check = () => checkChargeable(amount, currency);
  if (code === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ fields: expect.objectContaining({ code }) }));
});

test.each([
  ['kwd', 5001n, 'a multiple of 10'],
  ['isk', 550n, 'a multiple of 100'],
  ['ugx', 101n, 'a multiple of 100'],
])('no bank moves %s %d', (currency, amount, rule) => {
  expect(() => checkChargeable(amount, currency)).toThrow(rule);
});
