import { expect, test } from 'vitest';
import { StripeError } from '../stripe/errors.ts';
import { amountText, checkEvent, identify, identifierHash, keptPayload, type MeterEvent } from './meter_event.ts';
import type { Meter } from './meter.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

const now = Temporal.Instant.from('2026-03-10T12:00:00Z');

const meter: Meter = {
  id: 'mtr_1',
  displayName: 'Tokens',
  eventName: 'tokens',
  formula: 'sum',
  eventTimeWindow: null,
  customerKey: 'who',
  valueKey: 'how_much',
  dimensionKeys: [],
  status: 'active',
  createdAt: now,
  updatedAt: now,
  deactivatedAt: null,
};

/** The event, or what is wrong with it thrown. */
function read(
  payload: Record<string, string>,
  timestamp?: Temporal.Instant,
  on: Meter = meter,
  clockTimes?: ReadonlyMap<string, number>,
): MeterEvent {
  const input = { eventName: 'tokens', payload, identifier: 'id', timestampMs: timestamp?.epochMilliseconds };
  const by = {
    meter: on,
    settings: DEFAULT_SETTINGS,
    clockTimes,
    nowMs: now.epochMilliseconds,
    receivedAtMs: now.epochMilliseconds,
  };
  const checked = checkEvent(identify('acct_1', input), by);
  if (checked instanceof StripeError) throw checked;
  return checked;
}

test('an event is read by the keys of its meter', () => {
  const event = read({ who: 'cus_1', how_much: '-12.50', model: 'x' });
  expect([event.customerId, event.meter.id, event.eventAtMs]).toEqual(['cus_1', 'mtr_1', now.epochMilliseconds]);
  expect(amountText(event.amount)).toBe('-12.5');
  expect(() => read({ stripe_customer_id: 'cus_1', how_much: '1' })).toThrow('Customer mapping key who not found');
  expect(() => read({ who: 'cus_1', value: '1' })).toThrow('Value key how_much not found');
});

test('a payload is kept only where the row does not tell it', () => {
  const kept = (payload: Record<string, string>, on = meter) => keptPayload(read(payload, undefined, on));
  expect(kept({ who: 'c', how_much: '7' })).toBeNull();
  expect(kept({ who: 'c', how_much: '-0.5' })).toBeNull();
  for (const odd of ['007', '-0', '+7', '7.0']) {
    expect(kept({ who: 'c', how_much: odd })).toBe(`{"who":"c","how_much":"${odd}"}`);
  }
  expect(kept({ who: 'c', how_much: '7', model: 'x' })).toBe('{"who":"c","how_much":"7","model":"x"}');
  const count: Meter = { ...meter, formula: 'count' };
  expect(kept({ who: 'c' }, count)).toBeNull();
  expect(kept({ who: 'c', how_much: '7' }, count)).toBe('{"who":"c","how_much":"7"}');
});

test('names of the language are payload keys as any other', () => {
  expect(() => read({ who: 'c' }, undefined, { ...meter, valueKey: 'toString' })).toThrow('not found');
  expect(() => read({ how_much: '1' }, undefined, { ...meter, customerKey: 'constructor' })).toThrow('not found');
});

test('dimensions are told in the order of the meter, and all must be there', () => {
  const by: Meter = { ...meter, dimensionKeys: ['region', 'model'] };
  expect(read({ who: 'c', how_much: '1', model: 'm', region: 'eu' }, undefined, by).dimensions).toBe(
    '{"region":"eu","model":"m"}',
  );
  expect(() => read({ who: 'c', how_much: '1', model: 'm' }, undefined, by)).toThrow('region');
});

test.each(['abc', '', ' 1', '1e3', '0x1', '1,5', 'NaN', 'Infinity', '--1', '.', '٣'])(
  'the value %o is no number',
  (value) => {
    expect(() => read({ who: 'c', how_much: value })).toThrow('it must be a number');
  },
);

test.each(['999999999999999', '-999999999999999.999999999999', '0.000000000001'])('the value %s fits', (value) => {
  expect(amountText(read({ who: 'c', how_much: value }).amount)).toBe(value);
});

test.each(['1000000000000000', '0.0000000000001'])('the value %s has too many digits', (value) => {
  expect(() => read({ who: 'c', how_much: value })).toThrow('Too many digits');
});

test('35 days back and 5 minutes ahead, to the second', () => {
  const at = (change: Temporal.DurationLike) =>
    Temporal.Instant.fromEpochMilliseconds(read({ who: 'c', how_much: '1' }, now.add(change)).eventAtMs);
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
  expect(hashes[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(identifierHash('acct_1', 'x')).toBe(hashes[0]);
});

test('dimension values that no index could hold are refused, and messages are never cut inside a surrogate pair', () => {
  const by: Meter = { ...meter, dimensionKeys: ['region', 'model', 'zone', 'team'] };
  const long = 'x'.repeat(400);
  const payload = { who: 'c', how_much: '1', region: long, model: long, zone: long, team: long };
  expect(() => read(payload, undefined, by)).toThrow('too long');
  expect(() => read({ who: 'c', how_much: `${'x'.repeat(39)}😀` })).toThrow(/^[^\ud83d]*$/);
});

test('events of a customer on a clock are judged by its time, without tolerance, all others by the wall', () => {
  const then = Temporal.Instant.from('2030-06-01T00:00:00Z');
  const clockTimes = new Map([['cus_clock', then.epochMilliseconds]]);
  const on = (who: string, at?: Temporal.Instant) => read({ who, how_much: '1' }, at, meter, clockTimes);
  expect(on('cus_clock').eventAtMs).toBe(then.epochMilliseconds);
  expect(on('cus_clock').receivedAtMs).toBe(now.epochMilliseconds);
  expect(on('cus_clock', then).eventAtMs).toBe(then.epochMilliseconds);
  expect(() => on('cus_clock', then.add({ seconds: 1 }))).toThrow('less than or equal to 1906502400.');
  const oldest = then.subtract({ hours: 35 * 24 });
  expect(on('cus_clock', oldest).eventAtMs).toBe(oldest.epochMilliseconds);
  expect(() => on('cus_clock', oldest.subtract({ seconds: 1 }))).toThrow('more than 35 days in past');
  expect(() => on('cus_clock', now)).toThrow('more than 35 days in past');
  expect(on('cus_1', now.add({ minutes: 5 })).receivedAtMs).toBe(now.epochMilliseconds);
  expect(() => on('cus_1', then)).toThrow('more than 5 minutes in the future');
});
