/** A point of the calendar in UTC that comes again: on a day of every month, or of one month of every year. */
export type CalendarPoint = {
  /** 1 to 12; null: of every month. */
  readonly month: number | null;
  /** 1 to 31. */
  readonly dayOfMonth: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
};

/** In eight years every date of the calendar has come, also February 29 across a year that is no leap year at a century's turn. */
const MONTHS_AHEAD = 8 * 12 + 1;

/**
 * The first time at or after `from` at which a point comes. A month that is too short for its day is passed over, so that
 * periods can be counted from what is found: from March 31 the one before begins on February 28 or 29. Undefined for a day
 * that no year has.
 */
export function nextOccurrence(point: CalendarPoint, from: Temporal.Instant): Temporal.Instant | undefined {
  const firstOfMonth = from.toZonedDateTimeISO('UTC').toPlainDate().with({ day: 1 });
  const time = new Temporal.PlainTime(point.hour, point.minute, point.second);
  for (let months = 0; months < MONTHS_AHEAD; months++) {
    const month = firstOfMonth.add({ months });
    if (point.month !== null && point.month !== month.month) continue;
    if (point.dayOfMonth > month.daysInMonth) continue;
    const at = month.with({ day: point.dayOfMonth }).toZonedDateTime({ timeZone: 'UTC', plainTime: time }).toInstant();
    if (Temporal.Instant.compare(at, from) >= 0) return at;
  }
  return undefined;
}
