import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromRfc3339, fromUnix, startOfDay, startOfHour, startOfMinute, toRfc3339, toUnix } from './instant.ts';

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

describe('RFC 3339', () => {
  test.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-11-22T10:00:00.000Z', 1_795_341_600_000],
    ['2026-11-22T12:30:00+02:30', 1_795_341_600_000],
    ['2026-11-22T00:00:00-10:00', 1_795_341_600_000],
    ['2026-11-22t10:00:00z', 1_795_341_600_000],
    ['2026-11-22T10:00:00-00:00', 1_795_341_600_000],
    ['1970-01-01T00:00:00.1Z', 100],
    ['1970-01-01T00:00:00.12+00:00', 120],
    ['1970-01-01T00:00:00.1239999999999999Z', 123],
    ['1969-12-31T23:59:59.999Z', -1],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000],
  ])('%s is %i ms', (text, unixMs) => {
    expect(fromRfc3339(text)).toBe(unixMs);
  });

  test.each([
    ['a day that the month does not have', '2026-02-30T00:00:00Z'],
    ['February 29 of a common year', '2026-02-29T00:00:00Z'],
    ['February 29 of a century', '2100-02-29T00:00:00Z'],
    ['June 31', '2026-06-31T00:00:00Z'],
    ['month 0', '2026-00-01T00:00:00Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['hour 24', '2026-01-01T24:00:00Z'],
    ['minute 60', '2026-01-01T00:60:00Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['an offset of 24 hours', '2026-01-01T00:00:00+24:00'],
    ['an offset without a colon', '2026-01-01T00:00:00+0100'],
    ['no offset', '2026-01-01T00:00:00'],
    ['no seconds', '2026-01-01T00:00Z'],
    ['no time', '2026-01-01'],
    ['a space for the T', '2026-01-01 00:00:00Z'],
    ['a point without digits', '2026-01-01T00:00:00.Z'],
    ['a comma', '2026-01-01T00:00:00,5Z'],
    ['five digits of year', '12026-01-01T00:00:00Z'],
    ['a sign', '-002026-01-01T00:00:00Z'],
    ['an annotation', '2026-01-01T00:00:00Z[UTC]'],
    ['space around', ' 2026-01-01T00:00:00Z'],
    ['a line after it', '2026-01-01T00:00:00Z\n'],
    ['digits of another script', '２０２６-01-01T00:00:00Z'],
    ['unix seconds', '1795341600'],
    ['nothing', ''],
  ])('%s is refused', (_, text) => {
    expect(fromRfc3339(text)).toBeUndefined();
  });

  // From the second day of the year 0 to the last but one of 9999, so that no offset leaves four digits of year.
  const moments = fc.integer({ min: -62_167_132_800_000, max: 253_402_127_999_999 });
  const utc = (unixMs: number) =>
    Temporal.Instant.fromEpochMilliseconds(unixMs).toString({ smallestUnit: 'millisecond' });

  test('is read as Temporal reads it, with any offset and any number of decimals', () => {
    const minutes = fc.integer({ min: -1439, max: 1439 });
    fc.assert(
      fc.property(moments, minutes, fc.integer({ min: 1, max: 9 }), (unixMs, ahead, decimals) => {
        const local = utc(unixMs + ahead * 60_000);
        const fraction = local.slice(20, 23).padEnd(decimals, '7').slice(0, decimals);
        const clock = Temporal.PlainTime.from('00:00').add({ minutes: Math.abs(ahead) });
        const offset = `${ahead < 0 ? '-' : '+'}${clock.toString({ smallestUnit: 'minute' })}`;
        const text = `${local.slice(0, 20)}${fraction}${offset}`;
        expect(fromRfc3339(text)).toBe(at(text).epochMilliseconds);
      }),
    );
  });

  test('is written with three decimals, and read again as what it was', () => {
    expect(toRfc3339(1_795_341_600_000)).toBe('2026-11-22T10:00:00.000Z');
    expect(toRfc3339(-1)).toBe('1969-12-31T23:59:59.999Z');
    fc.assert(
      fc.property(moments, (unixMs) => {
        expect(toRfc3339(unixMs)).toHaveLength(24);
        expect(fromRfc3339(toRfc3339(unixMs))).toBe(unixMs);
      }),
    );
  });
});
