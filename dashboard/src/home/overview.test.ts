import { expect, test } from 'vitest';
import { stepsOf } from './overview.ts';

const unix = (text: string) => Date.parse(text) / 1000;

test('months begin with their first day, also across a year', () => {
  const { starts, end } = stepsOf('12m', unix('2026-03-31T23:59:59Z'));
  expect([starts.length, starts[0], starts.at(-1), end]).toEqual([
    12,
    unix('2025-04-01T00:00:00Z'),
    unix('2026-03-01T00:00:00Z'),
    unix('2026-04-01T00:00:00Z'),
  ]);
});

test('days end with the one in which it is now', () => {
  const { starts, end } = stepsOf('30d', unix('2026-03-01T00:00:00Z'));
  expect([starts.length, starts[0], end]).toEqual([30, unix('2026-01-31T00:00:00Z'), unix('2026-03-02T00:00:00Z')]);
});
