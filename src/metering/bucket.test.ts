import { expect, test } from 'vitest';
import { decimal } from '../money/decimal.ts';
import { addUp, countValues, type PlacedEvent } from './bucket.ts';
import type { Meter } from './meter.ts';
import { amountText } from './meter_event.ts';
import type { Exact } from './total.ts';

const at = Temporal.Instant.from('2026-03-10T12:00:00Z');

const meter: Meter = {
  id: 'mtr_1',
  displayName: 'Tokens',
  eventName: 'tokens',
  formula: 'sum',
  eventTimeWindow: null,
  customerKey: 'who',
  valueKey: 'value',
  dimensionKeys: [],
  status: 'active',
  createdAt: at,
  updatedAt: at,
  deactivatedAt: null,
};

let place = 0;

function placed(amount: Exact, seconds: number, on: Meter = meter, seriesId = 1): PlacedEvent {
  const eventAtMs = at.epochMilliseconds + seconds * 1000;
  const payload = { who: 'c', value: amountText(amount) };
  const event = { meter: on, customerId: 'c', identifier: 'i', hash: 'h', eventAtMs, receivedAtMs: 0, amount, payload };
  return { event: { ...event, dimensions: '{}' }, seriesId, place: place++ };
}

test('sums are exact beyond what a double holds, and with fractions', () => {
  const large = [999_999_999_999_999, 999_999_999_999_999, 999_999_999_999_999, 9_000_000_000_000_000 - 1];
  const [delta] = addUp([...large, decimal('0.000000000001')].map((amount) => placed(amount, 0)));
  expect(amountText(delta!.sum)).toBe('11999999999999996.000000000001');
  expect(delta!.count).toBe(5);
});

test('deltas come by series and minute, in that order', () => {
  const deltas = addUp([placed(1, 60, meter, 2), placed(2, 0, meter, 2), placed(4, 59, meter, 2), placed(8, 0)]);
  expect(
    deltas.map(({ seriesId, minuteMs, sum }) => [seriesId, (minuteMs - at.epochMilliseconds) / 1000, sum]),
  ).toEqual([
    [1, 0, 8],
    [2, 0, 6],
    [2, 60, 1],
  ]);
});

test('last is the latest time and, of one time, the later receipt', () => {
  const last: Meter = { ...meter, formula: 'last' };
  const events = [placed(1, 10, last), placed(2, 20, last), placed(3, 20, last), placed(4, 15, last)];
  const [delta] = addUp(events);
  expect([delta!.last, delta!.lastPlace]).toEqual([3, events[2]!.place]);
});

test('in a window the one received last counts, whatever its time', () => {
  const windowed: Meter = { ...meter, eventTimeWindow: 'hour' };
  const [delta] = addUp([placed(1, 20, windowed), placed(2, 10, windowed)]);
  expect([delta!.last, delta!.lastRankMs]).toEqual([2, at.epochMilliseconds]);
});

test('bounds are kept for the meters that ask for them', () => {
  const max: Meter = { ...meter, formula: 'max' };
  const [delta] = addUp([placed(2, 0, max), placed(decimal('-3.5'), 0, max), placed(7, 0, max)]);
  expect([amountText(delta!.min!), amountText(delta!.max!)]).toEqual(['-3.5', '7']);
  expect(addUp([placed(2, 0)])[0]).toMatchObject({ min: null, max: null, last: null });
});

test('different values are counted by hour', () => {
  const unique: Meter = { ...meter, formula: 'unique_count' };
  const values = countValues([placed(5, 0, unique), placed(5, 3_599, unique), placed(5, 3_600, unique), placed(6, 0)]);
  expect(values.map(({ value, count }) => [value, count])).toEqual([
    ['5', 2],
    ['5', 1],
  ]);
});
