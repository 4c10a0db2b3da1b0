/** Eleven digits reach the year 5138; thirteen would be milliseconds taken for seconds. */
const UNIX_SECONDS = /^\d{1,11}$/;
const RFC_3339 = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** The last minute that was read. Rows of a file lie close together, and reading a date costs more than the row. */
let known = { minute: '', startMs: 0 };

/** Unix milliseconds of whole unix seconds or an RFC 3339 time; NaN for any other text. */
export function readTimestamp(text: string): number {
  if (UNIX_SECONDS.test(text)) return Number(text) * 1000;
  const [, minute = '', second = '', fraction = '', zone = ''] = RFC_3339.exec(text) ?? [];
  if (minute === '' || Number(second) > 60) return Number.NaN;
  const startMs = minuteStart(`${minute}:00${zone}`);
  // A leap second is the second before it, as everywhere where days have 86,400 seconds.
  return startMs + Math.min(Number(second), 59) * 1000 + Number(fraction.slice(1, 4).padEnd(3, '0'));
}

function minuteStart(minute: string): number {
  if (known.minute === minute) return known.startMs;
  try {
    known = { minute, startMs: Temporal.Instant.from(minute).epochMilliseconds };
    return known.startMs;
  } catch {
    return Number.NaN;
  }
}
