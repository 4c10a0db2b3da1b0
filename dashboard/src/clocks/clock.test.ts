import { expect, test } from 'vitest';
import { keepClock } from '../session/space.ts';
import { addMonths, fromPicked, toPicked } from './clock.ts';

const unix = (text: string) => Date.parse(text) / 1000;

test.each([
  ['2026-01-31T12:00:00Z', 1, '2026-02-28T12:00:00Z'],
  ['2028-01-31T00:00:00Z', 1, '2028-02-29T00:00:00Z'],
  ['2026-12-15T23:59:59Z', 1, '2027-01-15T23:59:59Z'],
])('%s and %i month is %s', (from, count, to) => {
  expect(addMonths(unix(from), count)).toBe(unix(to));
});

test('what is picked is UTC, there and back', () => {
  expect(toPicked(unix('2026-01-31T01:02:03Z'))).toBe('2026-01-31 01:02:03');
  expect(fromPicked('2026-01-31 01:02:03')).toBe(unix('2026-01-31T01:02:03Z'));
  expect(fromPicked('')).toBeUndefined();
  expect(fromPicked(null)).toBeUndefined();
});

test.each([
  ['/test/customers', null, '/test/customers'],
  ['/test/customers', 'clock_1', '/test/customers?clock=clock_1'],
  ['/test/customers?status=all#top', 'clock_1', '/test/customers?status=all&clock=clock_1#top'],
  ['/test/clocks/clock_2?clock=clock_2', 'clock_1', '/test/clocks/clock_2?clock=clock_2'],
])('%s on the clock %s is %s', (to, clock, kept) => {
  expect(keepClock(to, clock)).toBe(kept);
});
