import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUnix, toUnix } from './instant.ts';
import {
  compareRecurrence,
  exceedsMaximum,
  isMultipleOf,
  naturalPeriod,
  periodAfter,
  periodContaining,
  periodsBetween,
} from './period.ts';
import type { Interval, Period, Recurrence } from './period.ts';

const at = (text: string): Temporal.Instant => Temporal.Instant.from(text);
const midnight = (day: string): Temporal.Instant => at(`${day}T00:00:00Z`);
const every = (intervalCount: number, interval: Interval): Recurrence => ({ interval, intervalCount });
const text = (period: Period): string => `${period.start.toString()}/${period.end.toString()}`;
const contains = ({ start, end }: Period, instant: Temporal.Instant): boolean =>
  Temporal.Instant.compare(start, instant) <= 0 && Temporal.Instant.compare(instant, end) < 0;

const MAX_COUNTS: Record<Interval, number> = { day: 1_095, week: 156, month: 36, year: 3 };
const recurrences = fc
  .constantFrom<Interval>('day', 'week', 'month', 'year')
  .chain((interval) => fc.integer({ min: 1, max: MAX_COUNTS[interval] }).map((count) => every(count, interval)));
// 1938 to 2106: both sides of the epoch and of several leap days, and 2100, which is no leap year.
const instants = fc.integer({ min: -1_000_000_000, max: 4_300_000_000 }).map(fromUnix);

describe('boundaries from the anchor', () => {
  test.each<[string, Recurrence, string[]]>([
    ['2025-01-31', every(1, 'month'), ['2025-02-28', '2025-03-31', '2025-04-30', '2025-05-31', '2025-06-30']],
    ['2024-01-31', every(1, 'month'), ['2024-02-29', '2024-03-31', '2024-04-30']],
    ['2024-01-30', every(1, 'month'), ['2024-02-29', '2024-03-30', '2024-04-30']],
    ['2024-10-31', every(1, 'month'), ['2024-11-30', '2024-12-31', '2025-01-31', '2025-02-28', '2025-03-31']],
    ['2024-08-31', every(3, 'month'), ['2024-11-30', '2025-02-28', '2025-05-31', '2025-08-31']],
    ['2024-02-29', every(1, 'year'), ['2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29']],
    ['2024-02-29', every(1, 'month'), ['2024-03-29', '2024-04-29']],
    ['2024-12-30', every(1, 'week'), ['2025-01-06', '2025-01-13']],
    ['2024-12-30', every(2, 'week'), ['2025-01-13', '2025-01-27']],
    ['2024-02-28', every(1, 'day'), ['2024-02-29', '2024-03-01']],
    ['2024-12-31', every(30, 'day'), ['2025-01-30', '2025-03-01']],
  ])('from %s', (anchor, recurrence, ends) => {
    let period = periodContaining(midnight(anchor), recurrence, midnight(anchor));
    expect(period.start.toString()).toBe(midnight(anchor).toString());
    for (const end of ends) {
      expect(period.end.toString()).toBe(midnight(end).toString());
      period = periodAfter(midnight(anchor), recurrence, period);
    }
  });

  test.each<[string, string, Recurrence, string, string]>([
    ['the anchor itself starts a period', '2025-01-31', every(1, 'month'), '2025-01-31', '2025-01-31/2025-02-28'],
    ['an end belongs to the next', '2025-01-31', every(1, 'month'), '2025-02-28', '2025-02-28/2025-03-31'],
    ['a month before', '2025-01-31', every(1, 'month'), '2025-01-30', '2024-12-31/2025-01-31'],
    ['a year before', '2025-01-31', every(1, 'month'), '2024-03-05', '2024-02-29/2024-03-31'],
    ['quarters before', '2025-03-31', every(3, 'month'), '2024-10-01', '2024-09-30/2024-12-31'],
    ['leap years before', '2024-02-29', every(1, 'year'), '2023-02-28', '2023-02-28/2024-02-29'],
    ['weeks before', '2024-12-30', every(1, 'week'), '2024-12-29', '2024-12-23/2024-12-30'],
    ['days before the epoch', '1970-01-01', every(7, 'day'), '1969-12-31', '1969-12-25/1970-01-01'],
  ])('%s', (_, anchor, recurrence, instant, expected) => {
    const [start = '', end = ''] = expected.split('/');
    const period = periodContaining(midnight(anchor), recurrence, midnight(instant));
    expect(text(period)).toBe(text({ start: midnight(start), end: midnight(end) }));
  });

  test('the time of day of the anchor decides, to the second and below', () => {
    const anchor = at('2025-01-31T10:20:30Z');
    const month = every(1, 'month');
    expect(periodContaining(anchor, month, at('2025-02-28T10:20:29.999999999Z')).end.toString()).toBe(
      '2025-02-28T10:20:30Z',
    );
    expect(periodContaining(anchor, month, at('2025-02-28T10:20:30Z')).end.toString()).toBe('2025-03-31T10:20:30Z');
    const week = every(1, 'week');
    expect(periodContaining(anchor, week, at('2025-01-31T10:20:29.999999999Z')).end.toString()).toBe(
      '2025-01-31T10:20:30Z',
    );
  });

  test('a stub is followed from where it ends to the next boundary', () => {
    const stub = { start: midnight('2025-01-10'), end: midnight('2025-01-20') };
    const next = periodAfter(midnight('2025-01-01'), every(1, 'month'), stub);
    expect(text(next)).toBe(text({ start: midnight('2025-01-20'), end: midnight('2025-02-01') }));
  });

  test.each([0, -1, 1.5, Number.NaN])('an interval count of %s throws', (count) => {
    expect(() => periodContaining(midnight('2025-01-01'), every(count, 'month'), midnight('2025-01-01'))).toThrow(
      RangeError,
    );
  });
});

describe('periods, for any anchor, recurrence and instant', () => {
  test('the period contains the instant', () => {
    fc.assert(
      fc.property(instants, recurrences, instants, (anchor, recurrence, instant) => {
        expect(contains(periodContaining(anchor, recurrence, instant), instant)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('periods tile: neighbours touch, and every instant of a period leads to that period', () => {
    const parts = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
    fc.assert(
      fc.property(instants, recurrences, instants, parts, (anchor, recurrence, instant, part) => {
        const period = periodContaining(anchor, recurrence, instant);
        const next = periodAfter(anchor, recurrence, period);
        const before = periodContaining(anchor, recurrence, period.start.subtract({ nanoseconds: 1 }));
        expect(next.start.equals(period.end)).toBe(true);
        expect(before.end.equals(period.start)).toBe(true);
        const length = toUnix(period.end) - toUnix(period.start);
        const inside = period.start.add({ seconds: Math.floor(length * part) });
        expect(text(periodContaining(anchor, recurrence, inside))).toBe(text(period));
        expect(text(periodContaining(anchor, recurrence, next.start))).toBe(text(next));
      }),
      { numRuns: 1_000 },
    );
  });

  test('the anchor starts a period', () => {
    fc.assert(
      fc.property(instants, recurrences, (anchor, recurrence) => {
        expect(periodContaining(anchor, recurrence, anchor).start.equals(anchor)).toBe(true);
      }),
    );
  });

  test('months and years keep the day and time of the anchor, or the last day of a shorter month', () => {
    const monthly = recurrences.filter(({ interval }) => interval === 'month' || interval === 'year');
    fc.assert(
      fc.property(instants, monthly, instants, (anchor, recurrence, instant) => {
        const origin = anchor.toZonedDateTimeISO('UTC');
        const start = periodContaining(anchor, recurrence, instant).start.toZonedDateTimeISO('UTC');
        expect(start.day).toBe(Math.min(origin.day, start.daysInMonth));
        expect(start.toPlainTime().equals(origin.toPlainTime())).toBe(true);
        const months = (start.year - origin.year) * 12 + start.month - origin.month;
        const step = recurrence.interval === 'year' ? recurrence.intervalCount * 12 : recurrence.intervalCount;
        expect(Math.abs(months % step)).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  test('days and weeks have their exact length', () => {
    const fixed = recurrences.filter(({ interval }) => interval === 'day' || interval === 'week');
    fc.assert(
      fc.property(instants, fixed, instants, (anchor, recurrence, instant) => {
        const { start, end } = periodContaining(anchor, recurrence, instant);
        const days = recurrence.interval === 'week' ? recurrence.intervalCount * 7 : recurrence.intervalCount;
        expect(toUnix(end) - toUnix(start)).toBe(days * 86_400);
        expect(Math.abs((toUnix(start) - toUnix(anchor)) % (days * 86_400))).toBe(0);
      }),
    );
  });
});

describe('isMultipleOf', () => {
  test.each<[Recurrence, Recurrence, boolean]>([
    [every(1, 'year'), every(1, 'month'), true],
    [every(1, 'year'), every(3, 'month'), true],
    [every(1, 'year'), every(5, 'month'), false],
    [every(2, 'year'), every(24, 'month'), true],
    [every(24, 'month'), every(1, 'year'), true],
    [every(3, 'month'), every(2, 'month'), false],
    [every(6, 'month'), every(2, 'month'), true],
    [every(1, 'month'), every(1, 'month'), true],
    [every(1, 'month'), every(1, 'week'), false],
    [every(1, 'year'), every(1, 'week'), false],
    [every(1, 'month'), every(30, 'day'), false],
    [every(1, 'month'), every(1, 'day'), true],
    [every(1, 'year'), every(1, 'day'), true],
    [every(2, 'week'), every(1, 'week'), true],
    [every(3, 'week'), every(2, 'week'), false],
    [every(1, 'week'), every(7, 'day'), true],
    [every(1, 'week'), every(2, 'day'), false],
    [every(14, 'day'), every(1, 'week'), true],
    [every(1, 'month'), every(1, 'year'), false],
    [every(1, 'week'), every(1, 'month'), false],
  ])('%o of %o: %s', (longer, shorter, expected) => {
    expect(isMultipleOf(longer, shorter)).toBe(expected);
  });

  test('holds exactly when the boundaries of the longer are boundaries of the shorter', () => {
    // At most three years: four are 1,461 days, a multiple of three, except around a 2100 that is no leap year.
    const short = recurrences.filter(({ interval, intervalCount }) => intervalCount <= (interval === 'year' ? 3 : 6));
    fc.assert(
      fc.property(instants, short, short, (anchor, longer, shorter) => {
        // So many boundaries see every length of month and of year: none is shared throughout by chance.
        let period = periodContaining(anchor, longer, anchor);
        let areAllShared = true;
        for (let step = 0; step < 24; step += 1) {
          const boundary = period.end;
          areAllShared &&= periodContaining(anchor, shorter, boundary).start.equals(boundary);
          period = periodAfter(anchor, longer, period);
        }
        expect(isMultipleOf(longer, shorter)).toBe(areAllShared);
      }),
    );
  });
});

describe('compareRecurrence', () => {
  test('sorts by length', () => {
    const inOrder = [
      every(1, 'day'),
      every(6, 'day'),
      every(1, 'week'),
      every(4, 'week'),
      every(30, 'day'),
      every(1, 'month'),
      every(31, 'day'),
      every(5, 'week'),
      every(2, 'month'),
      every(365, 'day'),
      every(1, 'year'),
      every(366, 'day'),
      every(13, 'month'),
      every(3, 'year'),
    ];
    expect(inOrder.toReversed().sort(compareRecurrence)).toEqual(inOrder);
  });

  test.each<[Recurrence, Recurrence]>([
    [every(1, 'week'), every(7, 'day')],
    [every(1, 'year'), every(12, 'month')],
  ])('%o is as long as %o', (a, b) => {
    expect(compareRecurrence(a, b)).toBe(0);
    expect(compareRecurrence(b, a)).toBe(0);
  });
});

describe('exceedsMaximum', () => {
  test.each<[Interval, number]>([
    ['year', 3],
    ['month', 36],
    ['week', 156],
    ['day', 1_095],
  ])('%s: at most %i', (interval, maximum) => {
    expect(exceedsMaximum(every(maximum, interval))).toBe(false);
    expect(exceedsMaximum(every(maximum + 1, interval))).toBe(true);
    expect(exceedsMaximum(every(1, interval))).toBe(false);
  });
});

describe('periodsBetween', () => {
  const between = (anchor: string, recurrence: Recurrence, start: string, last: string) =>
    periodsBetween(midnight(anchor), recurrence, midnight(start), midnight(last)).map(({ start: from, end }) => [
      from.toString().slice(0, 10),
      end.toString().slice(0, 10),
    ]);

  test.each<[string, Recurrence, string, string, string[][]]>([
    ['2026-03-01', every(1, 'month'), '2026-03-01', '2026-03-01', [['2026-03-01', '2026-04-01']]],
    [
      '2026-03-01',
      every(1, 'month'),
      '2026-01-15',
      '2026-02-28',
      [
        ['2026-01-15', '2026-02-01'],
        ['2026-02-01', '2026-03-01'],
      ],
    ],
    // Counted from the 31st, also across February.
    [
      '2026-05-31',
      every(1, 'month'),
      '2026-01-31',
      '2026-03-31',
      [
        ['2026-01-31', '2026-02-28'],
        ['2026-02-28', '2026-03-31'],
        ['2026-03-31', '2026-04-30'],
      ],
    ],
    [
      '2026-02-01',
      every(1, 'week'),
      '2026-01-20',
      '2026-01-25',
      [
        ['2026-01-20', '2026-01-25'],
        ['2026-01-25', '2026-02-01'],
      ],
    ],
  ])('of %s, %o, from %s to %s', (anchor, recurrence, start, last, expected) => {
    expect(between(anchor, recurrence, start, last)).toEqual(expected);
  });

  test('the natural period of a part starts where the part does', () => {
    const { start, end } = naturalPeriod(every(1, 'month'), midnight('2026-01-31'));
    expect([start.toString(), end.toString()]).toEqual(['2026-01-31T00:00:00Z', '2026-02-28T00:00:00Z']);
  });
});
