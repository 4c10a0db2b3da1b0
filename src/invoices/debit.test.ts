import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prorate } from '../rating/proration.ts';
import { type Debit, openParts, shareOf } from './debit.ts';

const START = Temporal.Instant.from('2026-04-01T00:00:00Z');
const END = Temporal.Instant.from('2026-05-01T00:00:00Z');
const SECONDS = 30 * 86_400;
const after = (seconds: number) => START.add({ seconds });

function debitOf(amount: bigint, credited: Debit['credited'] = []): Debit {
  return {
    subscriptionItemId: 'si_1',
    source: { invoiceItem: 'ii_1' },
    priceId: 'price_1',
    productId: 'prod_1',
    quantity: 1n,
    amount,
    discount: 0n,
    period: { start: START, end: END },
    credited,
    taxRateIds: [],
    hasOwnTaxes: true,
  };
}

/** What is left from a second of the period on, up to another. */
function leftOf(debit: Debit, from: number, to = SECONDS): bigint {
  const parts = openParts(debit, { start: after(from), end: after(to) });
  return parts.reduce((sum, part) => sum + shareOf(debit, part), 0n);
}

const DAY = 86_400;

describe('what is left to give back of a debit', () => {
  const lastTen = [{ start: after(20 * DAY), end: END }];
  const between = [{ start: after(10 * DAY), end: after(15 * DAY) }];
  test.each([
    ['half of it in the middle', 1000n, 15 * DAY, [], 500n],
    ['all of it from the start', 1000n, 0, [], 1000n],
    ['nothing at the end', 1000n, SECONDS, [], 0n],
    ['the days up to an earlier credit', 3000n, 10 * DAY, lastTen, 1000n],
    ['the days around an earlier credit', 3000n, 5 * DAY, between, 2000n],
    ['nothing of what was given back', 3000n, 20 * DAY, lastTen, 0n],
    ['nothing after what was given back', 3000n, 25 * DAY, lastTen, 0n],
  ])('is %s', (_name, amount, from, credited, expected) => {
    expect(leftOf(debitOf(amount, credited), from)).toBe(expected);
  });

  test('is no more than is asked for', () => {
    expect(leftOf(debitOf(3000n), 10 * DAY, 16 * DAY)).toBe(600n);
  });

  test('adds up to what one credit would be, however many there were', () => {
    const times = fc.uniqueArray(fc.integer({ min: 0, max: SECONDS }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 99_999_999n }), times, (amount, seconds) => {
        // In whichever order: the parts between these times, one after the other.
        const bounds = seconds.toSorted((a, b) => a - b).map(after);
        const parts = bounds.slice(1).map((end, place) => ({ start: bounds[place] ?? END, end }));
        const whole = prorate(amount, { start: START, end: END }, { start: bounds[0] ?? END, end: END });
        const last = prorate(amount, { start: START, end: END }, { start: bounds.at(-1) ?? END, end: END });
        const debit = debitOf(amount);
        expect(parts.reduce((sum, part) => sum + shareOf(debit, part), 0n)).toBe(whole - last);
      }),
    );
  });
});
