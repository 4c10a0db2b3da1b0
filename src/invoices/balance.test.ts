import fc from 'fast-check';
import { expect, test } from 'vitest';
import { meetBalance } from './balance.ts';

type Change = readonly [type: string, amount: bigint];

test.each<[total: bigint, starting: bigint, currency: string, due: bigint, ending: bigint, changes: Change[]]>([
  [1000n, 0n, 'usd', 1000n, 0n, []],
  [1000n, -300n, 'usd', 700n, 0n, [['applied_to_invoice', 300n]]],
  [1000n, -1500n, 'usd', 0n, -500n, [['applied_to_invoice', 1000n]]],
  [1000n, 250n, 'usd', 1250n, 0n, [['applied_to_invoice', -250n]]],
  [-1000n, 0n, 'usd', 0n, -1000n, [['applied_to_invoice', -1000n]]],
  [-1000n, 1600n, 'usd', 600n, 0n, [['applied_to_invoice', -1600n]]],
  [0n, -700n, 'usd', 0n, -700n, []],
  // Below the minimum charge, and at it.
  [49n, 0n, 'usd', 0n, 49n, [['invoice_too_small', 49n]]],
  [50n, 0n, 'usd', 50n, 0n, []],
  [29n, 0n, 'gbp', 0n, 29n, [['invoice_too_small', 29n]]],
  [30n, 0n, 'gbp', 30n, 0n, []],
  [49n, 0n, 'jpy', 0n, 49n, [['invoice_too_small', 49n]]],
  [49n, 1n, 'eur', 50n, 0n, [['applied_to_invoice', -1n]]],
  [0n, 49n, 'usd', 0n, 49n, []],
  [
    100n,
    -60n,
    'usd',
    0n,
    40n,
    [
      ['applied_to_invoice', 60n],
      ['invoice_too_small', 40n],
    ],
  ],
  // A currency whose least charge is not known has none.
  [1n, 0n, 'krw', 1n, 0n, []],
  // Beyond the maximum.
  [99_999_999n, 0n, 'usd', 99_999_999n, 0n, []],
  [100_000_005n, 0n, 'usd', 99_999_999n, 6n, [['invoice_too_large', 6n]]],
  [100_000_005n, 0n, 'idr', 100_000_005n, 0n, []],
  [100_000_005n, 0n, 'kwd', 99_999_990n, 15n, [['invoice_too_large', 15n]]],
  // Three decimals, of which the last is 0, and two that must be.
  [12_345n, 0n, 'kwd', 12_340n, 5n, [['adjustment', 5n]]],
  [12_345n, -5n, 'kwd', 12_340n, 0n, [['applied_to_invoice', 5n]]],
  [9n, 0n, 'kwd', 0n, 9n, [['invoice_too_small', 9n]]],
  [12_345n, 0n, 'ugx', 12_300n, 45n, [['adjustment', 45n]]],
])(
  'a total of %s and a balance of %s %s: %s is due, %s stays',
  (total, startingBalance, currency, due, ending, told) => {
    const outcome = meetBalance({ total, startingBalance, currency });
    expect([outcome.amountDue, outcome.endingBalance]).toEqual([due, ending]);
    expect(outcome.changes.map(({ type, amount }) => [type, amount])).toEqual(told);
  },
);

test('nothing is lost between a total, a balance, what is due and what stays', () => {
  const amount = fc.bigInt({ min: -200_000_000n, max: 200_000_000n });
  const currency = fc.constantFrom('usd', 'jpy', 'kwd', 'ugx', 'krw', 'idr');
  fc.assert(
    fc.property(amount, amount, currency, (total, startingBalance, code) => {
      const { amountDue, endingBalance, changes } = meetBalance({ total, startingBalance, currency: code });
      expect(amountDue + endingBalance).toBe(total + startingBalance);
      expect(changes.reduce((sum, change) => sum + change.amount, startingBalance)).toBe(endingBalance);
      expect(amountDue).toBeGreaterThanOrEqual(0n);
      if (endingBalance < 0n) expect(amountDue).toBe(0n);
    }),
  );
});
