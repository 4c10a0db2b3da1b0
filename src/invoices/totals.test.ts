import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkAmount, totalsOf } from './totals.ts';

const NO_BALANCE = { startingBalance: 0n, discounts: [] };

const lines = (...amounts: bigint[]) => amounts.map((amount) => ({ amount, discounts: [] }));

test.each([
  [[], 0n, 0n],
  [[100n], 100n, 100n],
  [[100n, -30n], 70n, 70n],
  [[100n, -100n], 0n, 0n],
  [[100n, -130n], -30n, 0n],
])('lines of %s total %s, of which %s is due', (amounts, total, amountDue) => {
  expect(totalsOf(lines(...amounts), NO_BALANCE)).toEqual({
    subtotal: total,
    discounts: [],
    total,
    startingBalance: 0n,
    amountDue,
  });
});

test('the total is the sum of the parts, in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n })), (amounts) => {
      const totals = totalsOf(lines(...amounts), NO_BALANCE);
      const sum = amounts.reduce((a, b) => a + b, 0n);
      expect([totals.subtotal, totals.total]).toEqual([sum, sum]);
      expect(totalsOf(lines(...amounts.toReversed()), NO_BALANCE)).toEqual(totals);
    }),
  );
});

test.each([
  [99_999_999n, 'usd', true],
  [100_000_000n, 'usd', false],
  [-99_999_999n, 'jpy', true],
  [-100_000_000n, 'kwd', false],
  [999_999_999_999n, 'idr', true],
  [1_000_000_000_000n, 'idr', false],
])('an amount of %s %s is allowed: %s', (amount, currency, isAllowed) => {
  const check = () => checkAmount(amount, currency, 'amount');
  if (isAllowed) expect(check).not.toThrow();
  else expect(check).toThrow('must be no more than');
});
