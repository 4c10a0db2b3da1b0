/** Unix seconds throughout: what the wire tells. */
export type Every = { readonly interval: 'day' | 'week' | 'month' | 'year'; readonly count: number };

/** Half-open, unix seconds. */
export type Span = { readonly start: number; readonly end: number };

export const HOUR = 3_600;
export const DAY = 86_400;

/**
 * The boundary of a rhythm so many steps after its anchor: the anchor's time of day, on its day of the month or the last
 * day of a month that has no such day. By the calendar of JavaScript's `Date`, which the product does not use.
 */
export function boundary(anchor: number, { interval, count }: Every, steps: number): number {
  if (interval === 'day') return anchor + steps * count * DAY;
  if (interval === 'week') return anchor + steps * count * 7 * DAY;
  const months = steps * count * (interval === 'year' ? 12 : 1);
  const date = new Date(anchor * 1000);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + months, date.getUTCDate()];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(day, lastDay)) / 1000 + (anchor % DAY);
}

/** The first boundary after a time, found by counting; the anchor may lie before or after it. */
export function boundaryAfter(anchor: number, every: Every, time: number): number {
  let steps = 0;
  while (boundary(anchor, every, steps) > time) steps--;
  while (boundary(anchor, every, steps) <= time) steps++;
  return boundary(anchor, every, steps);
}

/** `2040-01-31 00:00:00`. */
export function dateText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19);
}
