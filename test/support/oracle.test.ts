import { describe, expect, test } from 'vitest';
import { checkResponse, operations, oracle } from './oracle.ts';
import { close, type Schema } from './oracle-schema.ts';

const METER = {
  id: 'mtr_1',
  object: 'billing.meter',
  created: 1_760_000_000,
  customer_mapping: { event_payload_key: 'stripe_customer_id', type: 'by_id' },
  default_aggregation: { formula: 'sum' },
  display_name: 'Tokens',
  event_name: 'tokens',
  event_time_window: null,
  livemode: false,
  status: 'active',
  status_transitions: { deactivated_at: null },
  updated: 1_760_000_000,
  value_settings: { event_payload_key: 'value' },
};

function checkMeter(changes: object): string[] {
  return checkResponse('GET', '/v1/billing/meters/mtr_1', 200, { ...METER, ...changes });
}

describe.skipIf(!oracle)('the check of answers against the API document (skipped where the document is absent)', () => {
  test('lets a right answer pass, alone and in a list', () => {
    expect(checkMeter({})).toEqual([]);
    const list = { object: 'list', data: [METER], has_more: false, url: '/v1/billing/meters' };
    expect(checkResponse('GET', '/v1/billing/meters?limit=1', 200, list)).toEqual([]);
  });

  test.each([
    ['a key too many', { extra: 1 }, 'the answer must not have extra'],
    ['a missing key', { status_transitions: {} }, 'status_transitions lacks deactivated_at'],
    ['a wrong type', { livemode: 'false' }, 'livemode must be boolean, not "false"'],
    ['a wrong value', { event_time_window: 'week' }, 'event_time_window must be one of day, hour, not "week"'],
    ['null where null has no meaning', { status: null }, 'status must be string, not null'],
    ['milliseconds', { created: 1_760_000_000_000 }, 'created must match format "unix-time", not 1760000000000'],
  ])('tells %s', (_, changes, problem) => {
    expect(checkMeter(changes)).toContain(`GET /v1/billing/meters/mtr_1 (200): ${problem}`);
  });

  test('tells a decimal that is no plain decimal', () => {
    const price = { object: 'price', unit_amount_decimal: '4e-2' };
    expect(checkResponse('POST', '/v1/prices', 200, price).join()).toContain(
      'unit_amount_decimal must match format "decimal"',
    );
  });

  test('judges an expanded field by the object that it holds', () => {
    const check = (customer: unknown) =>
      checkResponse('POST', '/v1/subscriptions', 200, { object: 'subscription', customer });
    expect(check('cus_1').join()).not.toContain('customer ');
    expect(check({ object: 'customer', id: 1 }).join()).toContain('customer.id must be string, not 1');
    expect(check({ object: 'customer', id: 'cus_1', deleted: true }).join()).not.toContain('customer lacks');
    expect(check(7).join()).toContain('customer must be string, not 7');
  });

  test('judges what an event tells by its own kind', () => {
    const event = { object: 'event', data: { object: { ...METER, updated: 'now' } } };
    expect(checkResponse('GET', '/v1/events/evt_1', 200, event).join()).toContain(
      'data.object.updated must be integer',
    );
  });

  test('takes failures for errors of the API, also on unknown paths', () => {
    const error = { error: { type: 'invalid_request_error', message: 'No such route.' } };
    expect(checkResponse('GET', '/v1/nowhere', 404, error)).toEqual([]);
    expect(checkResponse('GET', '/v1/prices/price_1', 404, { message: 'no' }).join()).toContain('lacks error');
    expect(checkResponse('GET', '/v1/nowhere', 200, {}).join()).toContain('no such operation');
  });

  test('knows the errors of v2, which have a code and no param', () => {
    const check = (error: object) => checkResponse('POST', '/v2/billing/meter_events', 400, { error }).join();
    expect(check({ code: 'no_meter', message: 'No.', type: 'invalid_request_error' })).toBe('');
    expect(check({ message: 'No.' })).toContain('error lacks code');
    expect(check({ code: 'no_meter', message: 'No.', param: 'event_name' })).toContain('must not have param');
    expect(checkResponse('GET', '/v2/nowhere', 404, { error: { message: 'No.' } }).join()).toContain('lacks code');
  });

  test('prefers the literal path to the placeholder, and leaves our own paths alone', () => {
    expect(checkResponse('GET', '/v1/prices/search', 200, { object: 'search_result' }).join()).not.toContain(
      'lacks active',
    );
    expect(checkResponse('GET', '/v1/usance/anything', 200, 'text')).toEqual([]);
  });

  test('lists each operation with its parameters', () => {
    const create = operations().find(({ operationId }) => operationId === 'PostBillingMeters');
    const named = create?.parameters.map(({ name, in: place, required }) => `${place} ${name}${required ? '' : '?'}`);
    expect(named).toContain('body display_name');
    expect(named).toContain('body event_time_window?');
  });
});

test('a closed schema refuses unnamed keys, but not where it names none', () => {
  const schema: Schema = { type: 'object', properties: { a: { type: 'object', properties: {} } } };
  expect(close(schema, () => ({}))).toEqual({
    type: 'object',
    properties: { a: { type: 'object' } },
    additionalProperties: false,
  });
});
