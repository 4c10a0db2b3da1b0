import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prorate } from '../rating/proration.ts';
import { creditOf, type Debit } from './debit.ts';

const START = Temporal.Instant.from('2026-04-01T00:00:00Z');
const END = Temporal.Instant.from('2026-05-01T00:00:00Z');
const SECONDS = 30 * 86_400;
const after = (seconds: number) => START.add({ seconds });

function debitOf(amount: bigint, creditedFrom = END): Debit {
  return {
    subscriptionItemId: 'si_1',
    source: { invoiceItem: 'ii_1' },
    priceId: 'price_1',
    productId: 'prod_1',
    quantity: 1n,
    amount,
    discount: 0n,
    period: { start: START, end: END },
    creditedFrom,
    taxRateIds: [],
  };
}

describe('what is left to give back of a debit', () => {
  test.each([
    ['half of it in the middle', 1000n, 15 * 86_400, END, 500n],
    ['all of it from the start', 1000n, 0, END, 1000n],
    ['nothing at the end', 1000n, SECONDS, END, 0n],
    ['the days up to an earlier credit', 3000n, 10 * 86_400, after(20 * 86_400), 1000n],
    ['nothing of what was given back', 3000n, 20 * 86_400, after(20 * 86_400), 0n],
    ['nothing after what was given back', 3000n, 25 * 86_400, after(20 * 86_400), 0n],
  ])('is %s', (_name, amount, from, creditedFrom, expected) => {
    expect(creditOf(debitOf(amount, creditedFrom), after(from))).toBe(expected);
  });

  test('adds up to what one credit would be, however many there were', () => {
    const times = fc.uniqueArray(fc.integer({ min: 0, max: SECONDS }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 99_999_999n }), times, (amount, seconds) => {
        // Each goes further back than those before it, as a proration date can.
        const steps = seconds.toSorted((a, b) => b - a).map(after);
        const credits = steps.map((from, place) => creditOf(debitOf(amount, steps[place - 1] ?? END), from));
        const earliest = steps.at(-1) ?? END;
        const whole = prorate(amount, { start: START, end: END }, { start: earliest, end: END });
        expect(credits.reduce((sum, credit) => sum + credit, 0n)).toBe(whole);
      }),
    );
  });
});
