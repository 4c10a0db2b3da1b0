import { describe, expect, test } from 'vitest';
import { type CalendarPoint, nextOccurrence } from './calendar_point.ts';

const at = (text: string) => Temporal.Instant.from(text);
const point = (dayOfMonth: number, rest: Partial<CalendarPoint> = {}): CalendarPoint => ({
  month: null,
  dayOfMonth,
  hour: 0,
  minute: 0,
  second: 0,
  ...rest,
});

describe('the next time at which a point of the calendar comes', () => {
  test.each<[string, CalendarPoint, string]>([
    ['2026-01-15T10:00:00Z', point(20), '2026-01-20T00:00:00Z'],
    ['2026-01-15T10:00:00Z', point(15, { hour: 10 }), '2026-01-15T10:00:00Z'],
    ['2026-01-15T10:00:01Z', point(15, { hour: 10 }), '2026-02-15T10:00:00Z'],
    ['2026-01-15T10:00:00Z', point(15, { hour: 10, minute: 30, second: 5 }), '2026-01-15T10:30:05Z'],
    ['2026-12-31T23:59:59Z', point(1), '2027-01-01T00:00:00Z'],
    // A month without the day is passed over.
    ['2026-02-10T00:00:00Z', point(31), '2026-03-31T00:00:00Z'],
    ['2026-03-31T00:00:01Z', point(31), '2026-05-31T00:00:00Z'],
    ['2026-02-01T00:00:00Z', point(29), '2026-03-29T00:00:00Z'],
    ['2028-02-01T00:00:00Z', point(29), '2028-02-29T00:00:00Z'],
    // Of one month of the year.
    ['2026-01-15T00:00:00Z', point(1, { month: 4 }), '2026-04-01T00:00:00Z'],
    ['2026-04-01T00:00:01Z', point(1, { month: 4 }), '2027-04-01T00:00:00Z'],
    ['2026-01-15T00:00:00Z', point(29, { month: 2 }), '2028-02-29T00:00:00Z'],
    // 2100 is no leap year.
    ['2096-03-01T00:00:00Z', point(29, { month: 2 }), '2104-02-29T00:00:00Z'],
  ])('from %s', (from, wanted, expected) => {
    expect(nextOccurrence(wanted, at(from))?.toString()).toBe(expected);
  });

  test.each([point(30, { month: 2 }), point(31, { month: 4 })])('never comes for a day that no year has', (wanted) => {
    expect(nextOccurrence(wanted, at('2026-01-01T00:00:00Z'))).toBeUndefined();
  });
});
