import { Stripe } from 'stripe';
import { beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/pool.ts';
import { newAccount, type TestAccount } from '../support/account.ts';
import { testServer } from '../support/test-server.ts';

const PATH = '/v2/billing/meter_events';
const MINUTE_MS = 60_000;
const DAY_MS = 1440 * MINUTE_MS;

let account: TestAccount;
let customer: string;
let meter: string;

beforeEach(async () => {
  account = await newAccount();
  customer = (await account.stripe.customers.create()).id;
  const params = { display_name: 'Tokens', event_name: 'tokens', default_aggregation: { formula: 'sum' as const } };
  meter = (await account.stripe.billing.meters.create(params)).id;
});

const event = (value = '5', more: object = {}) => ({
  event_name: 'tokens',
  payload: { stripe_customer_id: customer, value },
  ...more,
});

async function send(body: object | string, headers: Record<string, string> = {}) {
  return await account.request('POST', PATH, typeof body === 'string' ? body : { ...body }, headers);
}

async function usage(): Promise<number> {
  const minute = Math.floor(Date.now() / MINUTE_MS) * 60;
  const range = { customer, start_time: minute - 40 * 86_400, end_time: minute + 600 };
  const { data } = await account.stripe.billing.meters.listEventSummaries(meter, range);
  return data[0]!.aggregated_value;
}

describe('an event', () => {
  test('of the official client counts at once and is answered as it was told', async () => {
    const timestamp = new Date(Date.now() - 3_600_000).toISOString();
    const created = await account.stripe.v2.billing.meterEvents.create(event('25', { identifier: 'a', timestamp }));
    expect(created).toMatchObject({
      object: 'v2.billing.meter_event',
      event_name: 'tokens',
      identifier: 'a',
      livemode: false,
      payload: { stripe_customer_id: customer, value: '25' },
      timestamp,
    });
    expect(created.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await usage()).toBe(25);
  });

  test('without identifier and timestamp gets both', async () => {
    const { body } = await send(event());
    expect(body.identifier).toMatch(/^[0-9a-f-]{36}$/);
    expect(body.timestamp).toBe(body.created);
    expect(await usage()).toBe(5);
  });

  test('has its time with any offset, and is told it in UTC', async () => {
    const at = new Date(Date.now() - 60_000);
    const local = new Date(at.getTime() + 5.5 * 3_600_000).toISOString().replace('Z', '+05:30');
    expect((await send(event('5', { timestamp: local }))).body.timestamp).toBe(at.toISOString());
  });

  test('is the same usage whichever door it comes through: an identifier counts once for both', async () => {
    expect((await send(event('5', { identifier: 'shared' }))).status).toBe(200);
    const form = {
      event_name: 'tokens',
      payload: { stripe_customer_id: customer, value: '5' },
      identifier: 'shared',
    };
    expect((await account.request('POST', '/v1/billing/meter_events', form)).status).toBe(400);
    await account.request('POST', '/v1/billing/meter_events', { ...form, identifier: 'other' });
    expect((await send(event('5', { identifier: 'other' }))).body.error.code).toBe('duplicate_meter_event');
    expect(await usage()).toBe(10);
  });
});

describe('documented codes', () => {
  const refused = async (body: object, status: number, code: string) => {
    const answer = await send(body);
    expect(answer.body.error).toMatchObject({ code, type: 'invalid_request_error', message: expect.any(String) });
    expect(answer.status).toBe(status);
    expect(await usage()).toBe(0);
  };

  test('no_meter', async () => await refused({ ...event(), event_name: 'nope' }, 400, 'no_meter'));

  test('archived_meter', async () => {
    await account.stripe.billing.meters.deactivate(meter);
    await refused(event(), 400, 'archived_meter');
  });

  test('payload_no_customer_defined', async () =>
    await refused({ ...event(), payload: { value: '5' } }, 400, 'payload_no_customer_defined'));

  test('payload_no_value_defined', async () =>
    await refused({ ...event(), payload: { stripe_customer_id: customer } }, 400, 'payload_no_value_defined'));

  test.each(['x', '', '1e3', '0x10', 'NaN', ' 5'])('payload_invalid_value: %j', async (value) =>
    refused(event(value), 400, 'payload_invalid_value'),
  );

  test('duplicate_meter_event', async () => {
    await send(event('0', { identifier: 'once' }));
    await refused(event('5', { identifier: 'once' }), 400, 'duplicate_meter_event');
    const { headers, body } = await send(event('5', { identifier: 'once' }));
    expect(headers.get('stripe-should-retry')).toBe('false');
    expect(body.error.message).toBe('An event already exists with identifier once.');
  });

  test('timestamp_too_far_in_past and timestamp_in_future', async () => {
    const at = (distance: number) => ({ timestamp: new Date(Date.now() + distance).toISOString() });
    await refused(event('5', at(-35 * DAY_MS - MINUTE_MS)), 400, 'timestamp_too_far_in_past');
    await refused(event('5', at(6 * MINUTE_MS)), 400, 'timestamp_in_future');
    expect((await send(event('5', at(4 * MINUTE_MS)))).status).toBe(200);
  });

  test('the official client knows them for errors of the request', async () => {
    const create = account.stripe.v2.billing.meterEvents.create({ ...event(), event_name: 'nope' });
    const error = await create.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
    expect(error).toMatchObject({ statusCode: 400, code: 'no_meter', requestId: expect.stringMatching(/^req_/) });
  });
});

describe('what is no event is refused with invalid_fields, and the message names the field', () => {
  test.each<[string, (good: object) => object, string]>([
    ['an unknown field', (good) => ({ ...good, nope: 1 }), 'Received unknown parameter: nope'],
    ['expand, which v2 does not have', (good) => ({ ...good, expand: ['customer'] }), 'unknown parameter: expand'],
    [
      'a missing event name',
      ({ payload }: { payload?: object }) => ({ payload }),
      'Missing required param: event_name',
    ],
    ['a missing payload', () => ({ event_name: 'tokens' }), 'Missing required param: payload'],
    ['a number for the name', (good) => ({ ...good, event_name: 5 }), 'event_name: it must be a string, not a number'],
    ['null for the name', (good) => ({ ...good, event_name: null }), 'event_name: it must be a string, not null'],
    ['an empty name', (good) => ({ ...good, event_name: '' }), 'event_name'],
    ['a list for the payload', (good) => ({ ...good, payload: ['a'] }), 'payload: it must be an object, not an array'],
    ['text for the payload', (good) => ({ ...good, payload: 'a' }), 'payload: it must be an object, not a string'],
    ['a number as value', (good) => ({ ...good, payload: { value: 5 } }), 'payload[value]: it must be a string, not a'],
    [
      'true as value',
      (good) => ({ ...good, payload: { value: true } }),
      'payload[value]: it must be a string, not a bo',
    ],
    [
      'null as value',
      (good) => ({ ...good, payload: { value: null } }),
      'payload[value]: it must be a string, not null',
    ],
    [
      'a nested value',
      (good) => ({ ...good, payload: { a: { b: '1' } } }),
      'payload[a]: it must be a string, not an o',
    ],
    ['unix seconds', (good) => ({ ...good, timestamp: 1_795_341_600 }), 'timestamp: it must be a string, not a number'],
    ['unix seconds as text', (good) => ({ ...good, timestamp: '1795341600' }), 'timestamp'],
    ['an impossible day', (good) => ({ ...good, timestamp: '2026-02-30T00:00:00Z' }), 'timestamp'],
    ['a long identifier', (good) => ({ ...good, identifier: 'i'.repeat(101) }), 'identifier'],
    ['a NUL in a name', (good) => ({ ...good, event_name: 'a\0b' }), 'event_name'],
    [
      '51 keys',
      (good) => ({ ...good, payload: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [n, 'x'])) }),
      '50',
    ],
  ])('%s', async (_name, change, message) => {
    const { status, body } = await send(change(event()));
    expect(body.error).toMatchObject({ code: 'invalid_fields', message: expect.stringContaining(message) });
    expect(status).toBe(400);
    expect(await usage()).toBe(0);
  });
});

describe('JSON', () => {
  test.each([
    ['text that is none', '{"event_name":', 'not valid JSON'],
    ['a byte order mark', '\uFEFF{}', 'not valid JSON'],
    ['a list', '[]', 'must be a JSON object, not an array'],
    ['null', 'null', 'must be a JSON object, not null'],
    ['a number', '12345678901234567890', 'must be a JSON object, not a number'],
    ['half of a surrogate pair in a value', '{"event_name":"\\ud800","payload":{}}', 'half of a surrogate pair'],
    ['half of a surrogate pair in a name', '{"event_name":"a","payload":{"\\udc00":"x"}}', 'half of a surrogate pair'],
    ['__proto__ as a field', '{"event_name":"a","payload":{},"__proto__":{}}', '__proto__'],
    ['__proto__ as a key', '{"event_name":"a","payload":{"__proto__":"x"}}', '__proto__'],
    ['a huge integer', '{"event_name":"a","payload":{"value":123456789012345678901234567890}}', 'not a number'],
    ['100,000 levels', `{"event_name":${'['.repeat(100_000)}${']'.repeat(100_000)},"payload":{}}`, 'not an array'],
  ])('%s is refused with a sentence', async (_name, text, message) => {
    const { status, body } = await send(text);
    expect(body.error).toMatchObject({ code: 'invalid_fields', message: expect.stringContaining(message) });
    expect(status).toBe(400);
  });

  test('40,000 levels under an Idempotency-Key are refused too, where the whole body is read', async () => {
    const text = `{"event_name":"a","payload":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`;
    const { status, body } = await send(text, { 'idempotency-key': 'k' });
    expect(body.error).toMatchObject({ code: 'invalid_fields', message: expect.stringContaining('10 levels') });
    expect(status).toBe(400);
  });

  test('of a name that is there twice the last counts', async () => {
    const text = `{"event_name":"nope","event_name":"tokens","payload":{"stripe_customer_id":"${customer}","value":"1","value":"2"}}`;
    expect((await send(text)).body.payload.value).toBe('2');
    expect(await usage()).toBe(2);
  });

  test('names of Object.prototype are keys like any other', async () => {
    const payload = { stripe_customer_id: customer, value: '1', constructor: 'c', toString: 't' };
    expect((await send({ event_name: 'tokens', payload })).body.payload).toEqual(payload);
  });

  test('characters beyond the basic plane come back as they were', async () => {
    const payload = { stripe_customer_id: customer, value: '1', note: '𝒳 \u2028 é "\\' };
    expect((await send({ event_name: 'tokens', payload })).body.payload).toEqual(payload);
  });

  test('bytes that are no UTF-8 are refused', async () => {
    const { status, body } = await account.request('POST', PATH, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]));
    expect(body.error).toMatchObject({ code: 'invalid_fields', message: expect.stringContaining('UTF-8') });
    expect(status).toBe(400);
  });

  test.each([
    ['a form', 'application/x-www-form-urlencoded'],
    ['text', 'text/plain'],
  ])('%s is refused by its type', async (_name, type) => {
    const { status, body } = await send(event(), { 'content-type': type });
    expect(body.error).toMatchObject({ code: 'invalid_fields', message: expect.stringContaining('application/json') });
    expect(status).toBe(400);
  });

  test('the type may name its charset', async () => {
    expect((await send(event(), { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200);
  });

  test('parameters in the query of a POST are refused, not ignored', async () => {
    const { status, body } = await account.request('POST', `${PATH}?event_name=tokens`, event());
    expect(body.error.message).toContain('body only');
    expect(status).toBe(400);
  });
});

describe('Idempotency-Key', () => {
  const key = { 'idempotency-key': 'k' };

  test('a success is replayed, also when the names come in another order', async () => {
    const first = await send({ ...event(), identifier: 'a' }, key);
    expect(first.headers.get('idempotency-key')).toBe('k');
    const second = await send({ identifier: 'a', ...event() }, key);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('original-request')).toBe(first.headers.get('request-id'));
    expect(await usage()).toBe(5);
  });

  test('a failure is not kept: the same request runs again and may succeed', async () => {
    const late = { ...event(), event_name: 'later' };
    expect((await send(late, key)).body.error.code).toBe('no_meter');
    const params = { display_name: 'L', event_name: 'later', default_aggregation: { formula: 'sum' as const } };
    await account.stripe.billing.meters.create(params);
    const { status, headers } = await send(late, key);
    expect(status).toBe(200);
    expect(headers.get('idempotent-replayed')).toBeNull();
  });

  test('the refusal of a known identifier is not kept either', async () => {
    await send(event('5', { identifier: 'once' }));
    for (let n = 0; n < 2; n++) {
      const { body, headers } = await send(event('5', { identifier: 'once' }), key);
      expect(body.error.code).toBe('duplicate_meter_event');
      expect(headers.get('idempotent-replayed')).toBeNull();
    }
  });

  test('other parameters, or another path, are an idempotency_error: 409 here, 400 in v1', async () => {
    await send(event(), key);
    const mismatch = { code: 'idempotency_error', type: 'idempotency_error' };
    for (const body of [event('6'), { nope: 1 }, { ...event(), event_name: 'nope' }]) {
      const answer = await send(body, key);
      expect(answer.body.error).toMatchObject(mismatch);
      expect(answer.status).toBe(409);
      expect(answer.headers.get('stripe-should-retry')).toBe('false');
    }
    const form = { event_name: 'tokens', payload: { stripe_customer_id: customer, value: '5' } };
    const v1 = await account.request('POST', '/v1/billing/meter_events', form, key);
    expect(v1.body.error.type).toBe('idempotency_error');
    expect(v1.status).toBe(400);
    await account.request('POST', '/v1/billing/meter_events', form, { 'idempotency-key': 'of v1' });
    expect((await send(event(), { 'idempotency-key': 'of v1' })).status).toBe(409);
    expect(await usage()).toBe(10);
  });

  test('is known for 30 days, one of v1 for 24 hours', async () => {
    await send(event(), { 'idempotency-key': 'of v2' });
    const form = { event_name: 'tokens', payload: { stripe_customer_id: customer, value: '5' } };
    await account.request('POST', '/v1/billing/meter_events', form, { 'idempotency-key': 'of v1' });
    await account.request('POST', '/v1/customers', {}, { 'idempotency-key': 'of v1, alone' });
    const { kysely: db, close } = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
    try {
      const rows = await db
        .selectFrom('idempotency_keys')
        .select(['key', 'expires_at'])
        .where('account_id', '=', account.accountId)
        .execute();
      const days = (at: Temporal.Instant) => Math.round((at.epochMilliseconds - Date.now()) / DAY_MS);
      expect(Object.fromEntries(rows.map((row) => [row.key, days(row.expires_at)]))).toMatchObject({
        'of v2': 30,
        'of v1': 1,
        'of v1, alone': 1,
      });
    } finally {
      await close();
    }
  });

  test('the official client knows the mismatch by its class', async () => {
    const { meterEvents } = account.stripe.v2.billing;
    await meterEvents.create(event('1'), { idempotencyKey: 'c' });
    const error = await meterEvents.create(event('2'), { idempotencyKey: 'c' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  });

  test('fifty requests at once with one key count once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(event('3'), key)));
    const failed = answers.filter(({ status }) => status !== 200);
    for (const { status, body } of failed) {
      expect(body.error).toMatchObject({ code: 'idempotency_key_in_use', type: 'idempotency_error' });
      expect(status).toBe(409);
    }
    expect(failed.length).toBeLessThan(50);
    expect(await usage()).toBe(3);
  });
});

test('another API version is answered in ours, with a notice', async () => {
  const { status, headers } = await send(event(), { 'stripe-version': '2025-07-30.preview' });
  expect(status).toBe(200);
  expect(headers.get('stripe-version')).toBe('2026-10-28.endive');
  expect(headers.get('stripe-notice')).toContain('2025-07-30.preview');
});
