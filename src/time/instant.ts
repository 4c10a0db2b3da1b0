/** Whole seconds since 1970, as on the wire; a fraction of a second is cut off towards the past. */
export function toUnix(instant: Temporal.Instant): number {
  return Math.floor(instant.epochMilliseconds / 1000);
}

/** The instant of a unix time in whole seconds. Throws RangeError for a fraction or outside Temporal's range. */
export function fromUnix(seconds: number): Temporal.Instant {
  if (!Number.isSafeInteger(seconds)) throw new RangeError(`not a unix time in whole seconds: ${seconds}`);
  return Temporal.Instant.fromEpochMilliseconds(seconds * 1000);
}

/** The start of the minute that contains `instant`. */
export function startOfMinute(instant: Temporal.Instant): Temporal.Instant {
  return instant.round({ smallestUnit: 'minute', roundingMode: 'floor' });
}

/** The start of the UTC hour that contains `instant`. */
export function startOfHour(instant: Temporal.Instant): Temporal.Instant {
  return instant.round({ smallestUnit: 'hour', roundingMode: 'floor' });
}

/** 00:00 UTC of the day that contains `instant`. */
export function startOfDay(instant: Temporal.Instant): Temporal.Instant {
  // Instants have no calendar and so no days, but every UTC day is the same 24 hours counted from the epoch.
  return instant.round({ smallestUnit: 'hour', roundingIncrement: 24, roundingMode: 'floor' });
}

const DAYS_OF_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** The Gregorian calendar repeats after 400 years; `Date.UTC` takes the years 0 to 99 for those of the last century. */
const CYCLE_YEARS = 400;
const CYCLE_MILLISECONDS = 146_097 * 86_400_000;

/**
 * Unix milliseconds of a time as RFC 3339 writes it, `2026-11-22T10:00:00.000Z` or with an offset; digits beyond
 * milliseconds are cut off. Undefined for anything else, also for days that no calendar has and for leap seconds, which
 * have no unix time. Written for streams of events: Temporal takes many times as long.
 */
export function fromRfc3339(text: string): number | undefined {
  if (!hasSeparators(text)) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  // Text that is no number has become NaN, which is in no range.
  const isDate = year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth(year, month);
  if (!isDate || !(hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  const fractionEnd = text[19] === '.' ? endOfDigits(text, 20) : 19;
  const offset = fractionEnd === 20 ? Number.NaN : offsetAt(text, fractionEnd);
  if (Number.isNaN(offset)) return undefined;
  const local = Date.UTC(year + CYCLE_YEARS, month - 1, day, hour, minute, second) - CYCLE_MILLISECONDS;
  return local + milliseconds(text, fractionEnd) - offset;
}

/** Unix milliseconds as API v2 writes times: UTC with three decimals of a second. */
export function toRfc3339(unixMs: number): string {
  return Temporal.Instant.fromEpochMilliseconds(unixMs).toString({ fractionalSecondDigits: 3 });
}

const HYPHEN = 45;
const COLON = 58;
const LOWER_T = 116;
const LOWER_Z = 122;
/** Makes capitals of ASCII small. */
const LOWER = 32;

function hasSeparators(text: string): boolean {
  const day = text.charCodeAt(4) === HYPHEN && text.charCodeAt(7) === HYPHEN;
  return (
    day && (text.charCodeAt(10) | LOWER) === LOWER_T && text.charCodeAt(13) === COLON && text.charCodeAt(16) === COLON
  );
}

/** The whole number that `count` digits tell; NaN when one of them is none. */
function digits(text: string, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Where the digits end that begin at `start`. */
function endOfDigits(text: string, start: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(at)) at++;
  return at;
}

function daysOfMonth(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeap ? 29 : (DAYS_OF_MONTH[month - 1] ?? 0);
}

/** The first three digits of a fraction that begins after the point; fewer are tenths and hundredths. */
function milliseconds(text: string, end: number): number {
  if (end <= 20) return 0;
  const count = Math.min(3, end - 20);
  return digits(text, 20, count) * 10 ** (3 - count);
}

/** How far `Z` or `+hh:mm`, which must be the rest of the text, lies ahead of UTC, in milliseconds; else NaN. */
function offsetAt(text: string, start: number): number {
  if ((text.charCodeAt(start) | LOWER) === LOWER_Z) return text.length === start + 1 ? 0 : Number.NaN;
  const sign = { '+': 1, '-': -1 }[text.charAt(start)] ?? Number.NaN;
  const hours = digits(text, start + 1, 2);
  const minutes = digits(text, start + 4, 2);
  const isOffset = text.length === start + 6 && text.charCodeAt(start + 3) === COLON && hours <= 23 && minutes <= 59;
  return isOffset ? sign * (hours * 60 + minutes) * 60_000 : Number.NaN;
}
