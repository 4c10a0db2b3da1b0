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

/** The period of a rhythm in which a time lies, found by counting. */
export function periodAt(anchor: number, every: Every, time: number): Span {
  let steps = 0;
  while (boundary(anchor, every, steps) > time) steps--;
  while (boundary(anchor, every, steps + 1) <= time) steps++;
  return { start: boundary(anchor, every, steps), end: boundary(anchor, every, steps + 1) };
}

/**
 * The whole period of which one that begins then is billed as a share: that of the anchor, or, where it begins between two of
 * these, the one that a subscription of its own would have from there.
 */
export function wholeFrom(anchor: number, every: Every, start: number): Span {
  const whole = periodAt(anchor, every, start);
  return whole.start === start ? whole : { start, end: boundary(start, every, 1) };
}

/** A period that ends at a time, where that is before its own end. */
export function cut({ start, end }: Span, at: number | null): Span {
  return { start, end: at === null ? end : Math.min(end, at) };
}

/** The part of an amount that falls on a part of its period, by seconds; halves are rounded away from zero. */
export function share(amount: bigint, period: Span, part: Span): bigint {
  const seconds = BigInt(Math.max(0, Math.min(part.end, period.end) - Math.max(part.start, period.start)));
  const whole = BigInt(period.end - period.start);
  if (whole === 0n) return 0n;
  const magnitude = (amount < 0n ? -amount : amount) * seconds;
  const rounded = (2n * magnitude + whole) / (2n * whole);
  return amount < 0n ? -rounded : rounded;
}

/** `2040-01-31 00:00:00`. */
export function dateText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19);
}
