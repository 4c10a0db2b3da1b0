/*
 * A second opinion on usage: what a meter measured, computed by looking at every event again, in exact bigints. Slow and
 * plain on purpose. It shares no code with `src/metering` or `src/money`, so that a mistake there shows as a difference
 * here.
 */

export type NaiveMeter = {
  formula: 'sum' | 'count' | 'last' | 'max' | 'min' | 'average' | 'unique_count';
  window: 'hour' | 'day' | null;
};

export type NaiveEvent = {
  identifier: string;
  /** Unix milliseconds of the event's own time. */
  atMs: number;
  /** A plain decimal of at most 12 places; any text for `unique_count`. */
  value: string;
  dimensions: Record<string, string>;
};

/** Everything in units of the twelfth decimal. */
const ONE = 10n ** 12n;

const LENGTH_MS = { hour: 3_600_000, day: 86_400_000 };

/** The events that count of those received, in that order: of each identifier the first, unless it was cancelled. */
export function naiveCounted(received: readonly NaiveEvent[], cancelled: ReadonlySet<string>): NaiveEvent[] {
  const seen = new Set<string>();
  const counted: NaiveEvent[] = [];
  for (const event of received) {
    if (!seen.has(event.identifier) && !cancelled.has(event.identifier)) counted.push(event);
    seen.add(event.identifier);
  }
  return counted;
}

/** Usage in `[fromMs, toMs)` of counted events in their order of receipt, as a plain decimal. */
export function naiveUsage(meter: NaiveMeter, counted: readonly NaiveEvent[], fromMs: number, toMs: number): string {
  const inside = counted.filter((event) => event.atMs >= fromMs && event.atMs < toMs);
  const kept = meter.window === null ? inside : lastReceivedOfEach(meter.window, inside);
  if (kept.length === 0) return '0';
  const values = kept.map(({ value }) => value);
  switch (meter.formula) {
    case 'count':
      return String(kept.length);
    case 'unique_count':
      return String(new Set(values).size);
    case 'sum':
      return text(total(values));
    case 'max':
      return text(values.map(units).reduce((a, b) => (a > b ? a : b)));
    case 'min':
      return text(values.map(units).reduce((a, b) => (a < b ? a : b)));
    case 'average':
      return text(quotient(total(values), BigInt(kept.length)));
    case 'last':
      return text(units(latest(kept, meter.window).value));
  }
}

/** Of each window and combination of dimensions the event received last. */
function lastReceivedOfEach(window: 'hour' | 'day', events: readonly NaiveEvent[]): NaiveEvent[] {
  const last = new Map<string, NaiveEvent>();
  for (const event of events) {
    const keys = Object.keys(event.dimensions).toSorted((a, b) => (a < b ? -1 : 1));
    const name = JSON.stringify([windowOf(window, event), ...keys.map((key) => event.dimensions[key])]);
    last.set(name, event);
  }
  return events.filter((event) => [...last.values()].includes(event));
}

function windowOf(window: 'hour' | 'day', { atMs }: NaiveEvent): number {
  return Math.floor(atMs / LENGTH_MS[window]);
}

/** The latest by its own time, which for windows is no finer than they are; of several the one received last. */
function latest(events: readonly NaiveEvent[], window: 'hour' | 'day' | null): NaiveEvent {
  const time = (event: NaiveEvent) => (window === null ? event.atMs : windowOf(window, event));
  return events.reduce((best, event) => (time(event) >= time(best) ? event : best));
}

function units(plain: string): bigint {
  const [whole = '', fraction = ''] = plain.replace('-', '').split('.');
  const magnitude = BigInt(whole) * ONE + BigInt(fraction.padEnd(12, '0'));
  return plain.startsWith('-') ? -magnitude : magnitude;
}

function total(values: readonly string[]): bigint {
  return values.map(units).reduce((sum, value) => sum + value, 0n);
}

/** The nearest integer, halves away from zero. */
function quotient(dividend: bigint, divisor: bigint): bigint {
  const magnitude = (2n * (dividend < 0n ? -dividend : dividend) + divisor) / (2n * divisor);
  return dividend < 0n ? -magnitude : magnitude;
}

function text(value: bigint): string {
  const magnitude = String(value < 0n ? -value : value).padStart(13, '0');
  const fraction = magnitude.slice(-12).replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${magnitude.slice(0, -12)}${fraction === '' ? '' : `.${fraction}`}`;
}
