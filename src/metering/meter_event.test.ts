import { expect, test } from 'vitest';
import { formatDecimal } from '../money/decimal.ts';
import { identifierHash, readMeterEvent } from './meter_event.ts';
import type { Meter } from './meter.ts';

const now = Temporal.Instant.from('2026-03-10T12:00:00Z');

const meter: Meter = {
  id: 'mtr_1',
  displayName: 'Tokens',
  eventName: 'tokens',
  formula: 'sum',
  eventTimeWindow: null,
  customerKey: 'who',
  valueKey: 'how_much',
  status: 'active',
  createdAt: now,
  updatedAt: now,
  deactivatedAt: null,
};

function read(payload: Record<string, string>, timestamp?: Temporal.Instant, on: Meter = meter) {
  const params = { event_name: 'tokens', payload: new Map(Object.entries(payload)), ...(timestamp && { timestamp }) };
  return readMeterEvent(on, params, now);
}

test('an event is read by the keys of its meter', () => {
  const event = read({ who: 'cus_1', how_much: '-12.50', model: 'x' });
  expect(event).toMatchObject({ customerId: 'cus_1', meterId: 'mtr_1' });
  expect(event.eventAt.toString()).toBe(now.toString());
  expect(formatDecimal(event.value)).toBe('-12.5');
  expect(() => read({ stripe_customer_id: 'cus_1', how_much: '1' })).toThrow('Customer mapping key who not found');
  expect(() => read({ who: 'cus_1', value: '1' })).toThrow('Value key how_much not found');
});

test.each(['abc', '', ' 1', '1e3', '0x1', '1,5', 'NaN', 'Infinity', '--1', '.', '٣'])(
  'the value %o is no number',
  (value) => {
    expect(() => read({ who: 'c', how_much: value })).toThrow('it must be a number');
  },
);

test.each(['999999999999999', '-999999999999999.999999999999', '0.000000000001'])('the value %s fits', (value) => {
  expect(formatDecimal(read({ who: 'c', how_much: value }).value)).toBe(value);
});

test.each(['1000000000000000', '0.0000000000001'])('the value %s has too many digits', (value) => {
  expect(() => read({ who: 'c', how_much: value })).toThrow('Too many digits');
});

test('35 days back and 5 minutes ahead, to the second', () => {
  const at = (change: Temporal.DurationLike) => read({ who: 'c', how_much: '1' }, now.add(change)).eventAt;
  expect(at({ hours: -35 * 24 }).toString()).toBe('2026-02-03T12:00:00Z');
  expect(() => at({ hours: -35 * 24, seconds: -1 })).toThrow(
    'Expected a timestamp greater than or equal to 1770120000.',
  );
  expect(at({ minutes: 5 }).toString()).toBe('2026-03-10T12:05:00Z');
  expect(() => at({ minutes: 5, seconds: 1 })).toThrow('less than or equal to');
});

test('an inactive meter takes nothing', () => {
  expect(() => read({ who: 'c', how_much: '1' }, undefined, { ...meter, status: 'inactive' })).toThrow('is inactive');
});

test('hashes tell accounts and identifiers apart', () => {
  const hashes = [
    identifierHash('acct_1', 'x'),
    identifierHash('acct_2', 'x'),
    identifierHash('acct_1', 'y'),
    identifierHash('acct_', '1x'),
  ];
  expect(new Set(hashes).size).toBe(4);
  expect(hashes[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  expect(identifierHash('acct_1', 'x')).toBe(hashes[0]);
});
