import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { spread } from './spread.ts';

test.each([
  ['the example of the documentation', 500n, [1000n, 2000n], [166n, 334n]],
  ['equal weights', 100n, [1n, 1n, 1n].map((weight) => weight * 50n), [33n, 33n, 34n]],
  ['all of it', 3000n, [1000n, 2000n], [1000n, 2000n]],
  ['nothing', 0n, [1000n, 2000n], [0n, 0n]],
  ['no weights', 0n, [], []],
  ['weights of nothing', 0n, [0n, 0n], [0n, 0n]],
  ['a last weight without room, which the one before makes up for', 2000n, [1000n, 1000n, 1n], [999n, 1000n, 1n]],
  ['a last weight of nothing', 7n, [5n, 5n, 0n], [3n, 4n, 0n]],
  ['a single weight', 3n, [10n], [3n]],
])('%s', (_name, total, weights, shares) => {
  expect(spread(total, weights)).toEqual(shares);
});

test.each([
  ['more than there is', 11n, [5n, 5n]],
  ['less than nothing', -1n, [5n, 5n]],
  ['over a negative weight', 1n, [5n, -1n]],
])('%s can not be spread', (_name, total, weights) => {
  expect(() => spread(total, weights)).toThrow(RangeError);
});

const weightLists = fc.array(fc.oneof(fc.bigInt({ min: 0n, max: 9n }), fc.bigInt({ min: 0n, max: 99_999_999n })), {
  maxLength: 12,
});

test('shares add up to the total, and lie between the exact share rounded down and the weight', () => {
  const cases = weightLists.chain((weights) => {
    const whole = weights.reduce((sum, weight) => sum + weight, 0n);
    return fc.tuple(fc.constant(weights), fc.bigInt({ min: 0n, max: whole }));
  });
  fc.assert(
    fc.property(cases, ([weights, total]) => {
      const whole = weights.reduce((sum, weight) => sum + weight, 0n);
      const shares = spread(total, weights);
      expect(shares.reduce((sum, share) => sum + share, 0n)).toBe(total);
      for (const [place, share] of shares.entries()) {
        const weight = weights[place]!;
        expect(share >= 0n && share <= weight).toBe(true);
        expect(whole === 0n || (share + 1n) * whole > total * weight).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});
