import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formOfJson } from '../stripe/json_body.ts';
import { decodeParams } from '../stripe/params.ts';
import { createMeterEventStreamParams } from './meter_event.v2.params.ts';
import { readStreamBody } from './meter_event_stream.ts';

const GOOD = {
  event_name: 'tokens',
  payload: { stripe_customer_id: 'cus_1', value: '5' },
  identifier: 'i',
  timestamp: '2026-11-22T10:00:00.5Z',
};

const NAMES = Object.keys(GOOD) as (keyof typeof GOOD)[];

function read(event: unknown) {
  return readStreamBody({ events: [event] })[0]!;
}

test('a good event keeps all that it says', () => {
  expect(read(GOOD)).toEqual({
    eventName: 'tokens',
    payload: GOOD.payload,
    identifier: 'i',
    timestampMs: 1_795_341_600_500,
  });
});

test('of a bad event the good parts are kept', () => {
  expect(read({ ...GOOD, payload: { value: 5 } })).toEqual({
    input: { eventName: 'tokens', payload: undefined, identifier: 'i', timestampMs: 1_795_341_600_500 },
    code: 'invalid_fields',
    message: 'Invalid payload[value]: it must be a string.',
  });
  expect(read({ ...GOOD, identifier: 'a\0' })).toMatchObject({
    input: { payload: GOOD.payload, identifier: undefined },
  });
});

test('events stay in their order', () => {
  const events = [GOOD, null, { ...GOOD, identifier: 'j' }];
  expect(readStreamBody({ events })).toMatchObject([
    { identifier: 'i' },
    { code: 'invalid_fields' },
    { identifier: 'j' },
  ]);
});

/** Whether the declaration, which v2 uses for everything else, would take the event. */
function isDeclared(event: unknown): boolean {
  try {
    const { shape } = createMeterEventStreamParams;
    decodeParams(createMeterEventStreamParams, formOfJson({ events: [event] }, shape));
    return true;
  } catch {
    return false;
  }
}

describe('what is an event by hand is one by the declaration', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.constantFrom(
      '',
      'x'.repeat(100),
      'x'.repeat(101),
      'x'.repeat(500),
      'x'.repeat(501),
      'a\0',
      '\ud800',
      '__proto__',
    ),
  );
  const anything = fc.oneof(text, fc.constantFrom(null, true, 5, [], {}, ['x']));
  const payload = fc.oneof(
    fc.dictionary(text, fc.oneof({ weight: 5, arbitrary: text }, anything), { maxKeys: 3 }),
    fc.constantFrom(50, 51).map((keys) => Object.fromEntries(Array.from({ length: keys }, (_, n) => [`k${n}`, 'v']))),
    anything,
  );
  const times = fc.constantFrom('2026-11-22T10:00:00Z', '2026-02-29T00:00:00Z', '2026-11-22', '1795341600');
  const event = fc.record(
    { event_name: fc.oneof(text, anything), payload, identifier: anything, timestamp: fc.oneof(times, anything) },
    { requiredKeys: [] },
  );
  /** A good event but for one field, which may also be gone. */
  const withOne = (some: { [name: string]: unknown }, name: keyof typeof GOOD) => {
    const { [name]: _, ...rest } = GOOD;
    return name in some ? { ...rest, [name]: some[name] } : rest;
  };
  const loose = fc.oneof(
    { weight: 3, arbitrary: event },
    { weight: 8, arbitrary: fc.tuple(event, fc.constantFrom(...NAMES)).map(([some, name]) => withOne(some, name)) },
    { weight: 1, arbitrary: anything },
    { weight: 1, arbitrary: fc.constant({ ...GOOD, nope: '' }) },
  );

  test('and the other way round', () => {
    let good = 0;
    fc.assert(
      fc.property(loose, (some) => {
        // As it arrives: what JSON can't hold is gone.
        const arrived = JSON.parse(JSON.stringify(some)) as unknown;
        const isEvent = !('code' in read(arrived));
        if (isEvent) good++;
        expect(isEvent).toBe(isDeclared(arrived));
      }),
      { numRuns: 3_000 },
    );
    expect(good).toBeGreaterThan(100);
  });
});
