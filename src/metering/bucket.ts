import { keepsLast } from './meter.ts';
import type { MeterEvent } from './meter_event.ts';
import { add, type Exact, isLess } from './total.ts';

/** An event with its series and its place in the batch: 0 for the one received first. */
export type PlacedEvent = { readonly event: MeterEvent; readonly seriesId: number; readonly place: number };

/** What a batch adds to one minute of one series. Columns that the meter does not need stay null. */
export type MinuteDelta = {
  readonly seriesId: number;
  readonly minuteMs: number;
  count: number;
  sum: Exact;
  min: Exact | null;
  max: Exact | null;
  last: Exact | null;
  lastRankMs: number | null;
  lastPlace: number | null;
};

const MINUTE_MILLISECONDS = 60_000;
const HOUR_MILLISECONDS = 3_600_000;

/**
 * Adds events up by series and minute, ordered by both, so that all writers lock rows in one order. Events must come in
 * the order of their places.
 */
export function addUp(events: readonly PlacedEvent[]): MinuteDelta[] {
  const bySeries = new Map<number, Map<number, MinuteDelta>>();
  for (const placed of events) {
    const minuteMs = floorTo(placed.event.eventAtMs, MINUTE_MILLISECONDS);
    const minutes = bySeries.get(placed.seriesId) ?? new Map<number, MinuteDelta>();
    if (minutes.size === 0) bySeries.set(placed.seriesId, minutes);
    const delta = minutes.get(minuteMs);
    if (delta === undefined) minutes.set(minuteMs, firstOf(placed, minuteMs));
    else addTo(delta, placed);
  }
  const deltas = [...bySeries.values()].flatMap((minutes) => [...minutes.values()]);
  return deltas.sort((a, b) => a.seriesId - b.seriesId || a.minuteMs - b.minuteMs);
}

function firstOf({ event, seriesId, place }: PlacedEvent, minuteMs: number): MinuteDelta {
  const { meter, amount, eventAtMs } = event;
  const bounded = meter.formula === 'min' || meter.formula === 'max' ? amount : null;
  const last = keepsLast(meter);
  return {
    seriesId,
    minuteMs,
    count: 1,
    sum: amount,
    min: bounded,
    max: bounded,
    last: last ? amount : null,
    // In a window the one received last counts, so all times rank alike there.
    lastRankMs: last ? (meter.eventTimeWindow === null ? eventAtMs : minuteMs) : null,
    lastPlace: last ? place : null,
  };
}

function addTo(delta: MinuteDelta, { event, place }: PlacedEvent): void {
  const { amount, eventAtMs, meter } = event;
  delta.count++;
  delta.sum = add(delta.sum, amount);
  if (delta.min !== null && isLess(amount, delta.min)) delta.min = amount;
  if (delta.max !== null && isLess(delta.max, amount)) delta.max = amount;
  if (delta.lastRankMs === null) return;
  const rankMs = meter.eventTimeWindow === null ? eventAtMs : delta.minuteMs;
  if (rankMs < delta.lastRankMs) return;
  delta.last = amount;
  delta.lastRankMs = rankMs;
  delta.lastPlace = place;
}

/** How often a value occurred in an hour, for `unique_count`. */
export type ValueDelta = { readonly seriesId: number; readonly hourMs: number; readonly value: string; count: number };

/** The values of the events whose meters count different ones, in the order of their keys. */
export function countValues(events: readonly PlacedEvent[]): ValueDelta[] {
  const deltas = new Map<string, ValueDelta>();
  for (const { event, seriesId } of events) {
    if (event.meter.formula !== 'unique_count') continue;
    const value = event.payload[event.meter.valueKey] ?? '';
    const hourMs = floorTo(event.eventAtMs, HOUR_MILLISECONDS);
    const key = `${seriesId} ${hourMs} ${value}`;
    const delta = deltas.get(key);
    if (delta === undefined) deltas.set(key, { seriesId, hourMs, value, count: 1 });
    else delta.count++;
  }
  return [...deltas.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, delta]) => delta);
}

function floorTo(milliseconds: number, unit: number): number {
  return Math.floor(milliseconds / unit) * unit;
}
