import { describe, expect, test } from 'vitest';
import { prorate } from './proration.ts';

const at = (text: string) => Temporal.Instant.from(text);
const JANUARY = { start: at('2026-01-01T00:00:00Z'), end: at('2026-02-01T00:00:00Z') };
/** 30 days. */
const APRIL = { start: at('2026-04-01T00:00:00Z'), end: at('2026-05-01T00:00:00Z') };
const rest = (period: typeof APRIL, start: string) => ({ start: at(start), end: period.end });

describe('a share of an amount by the second', () => {
  test.each([
    ['the half that is left of 30 days', 1000n, APRIL, rest(APRIL, '2026-04-16T00:00:00Z'), 500n],
    ['a credit', -1000n, APRIL, rest(APRIL, '2026-04-16T00:00:00Z'), -500n],
    ['all of it', 1000n, APRIL, APRIL, 1000n],
    ['nothing at the end', 1000n, APRIL, rest(APRIL, '2026-05-01T00:00:00Z'), 0n],
    ['one second of 2,592,000', 2_592_000n, APRIL, rest(APRIL, '2026-04-30T23:59:59Z'), 1n],
    ['half a unit, away from zero', 1n, APRIL, rest(APRIL, '2026-04-16T00:00:00Z'), 1n],
    ['half a credit, away from zero', -1n, APRIL, rest(APRIL, '2026-04-16T00:00:00Z'), -1n],
    // 16 of 31 days: 516.129…
    ['a long month', 1000n, JANUARY, rest(JANUARY, '2026-01-16T00:00:00Z'), 516n],
    [
      'fractions of a second count as the second they are in',
      2_592_000n,
      APRIL,
      rest(APRIL, '2026-04-30T23:59:59.9Z'),
      1n,
    ],
    ['what lies outside of the period', 1000n, APRIL, { start: JANUARY.start, end: at('2026-04-16T00:00:00Z') }, 500n],
    ['an empty period', 1000n, { start: APRIL.start, end: APRIL.start }, APRIL, 0n],
  ])('%s', (_name, amount, period, part, expected) => {
    expect(prorate(amount, period, part)).toBe(expected);
  });
});
