import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUnix, startOfDay, startOfHour, startOfMinute, toUnix } from './instant.ts';

const at = (text: string): Temporal.Instant => Temporal.Instant.from(text);
const unixSeconds = fc.integer({ min: -10_000_000_000, max: 10_000_000_000 });

describe('unix seconds', () => {
  test.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2024-02-29T12:34:56Z', 1_709_210_096],
    ['2024-02-29T12:34:56.999999999Z', 1_709_210_096],
    ['1969-12-31T23:59:59Z', -1],
    ['1969-12-31T23:59:58.5Z', -2],
    ['1969-12-31T23:59:59.000000001Z', -1],
  ])('%s is %i', (text, seconds) => {
    expect(toUnix(at(text))).toBe(seconds);
  });

  test('fromUnix is the inverse', () => {
    fc.assert(
      fc.property(unixSeconds, (seconds) => {
        expect(toUnix(fromUnix(seconds))).toBe(seconds);
      }),
    );
    expect(fromUnix(1_709_210_096).toString()).toBe('2024-02-29T12:34:56Z');
  });

  test.each([0.5, 1.001, Number.NaN, Infinity, 8_640_000_000_001])('%s is no unix time', (seconds) => {
    expect(() => fromUnix(seconds)).toThrow(RangeError);
  });
});

describe('start of minute, hour and day', () => {
  test.each([
    ['2024-02-29T12:34:56.789Z', '2024-02-29T12:34:00Z', '2024-02-29T12:00:00Z', '2024-02-29T00:00:00Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['2024-12-31T23:59:59.999999999Z', '2024-12-31T23:59:00Z', '2024-12-31T23:00:00Z', '2024-12-31T00:00:00Z'],
    ['1969-12-31T23:59:30.5Z', '1969-12-31T23:59:00Z', '1969-12-31T23:00:00Z', '1969-12-31T00:00:00Z'],
  ])('of %s', (text, minute, hour, day) => {
    expect(startOfMinute(at(text)).toString()).toBe(minute);
    expect(startOfHour(at(text)).toString()).toBe(hour);
    expect(startOfDay(at(text)).toString()).toBe(day);
  });

  test.each([
    ['minute', startOfMinute, 60],
    ['hour', startOfHour, 3_600],
    ['day', startOfDay, 86_400],
  ] as const)('the start of a %s is a multiple of its length, at most one length back', (_, startOf, length) => {
    fc.assert(
      fc.property(unixSeconds, (seconds) => {
        const start = toUnix(startOf(fromUnix(seconds)));
        expect(Math.abs(start % length)).toBe(0);
        expect(seconds - start).toBeGreaterThanOrEqual(0);
        expect(seconds - start).toBeLessThan(length);
      }),
    );
  });
});
