import { beforeEach, describe, expect, test } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';

const MINUTE = 60;
const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1000);

let account: TestAccount;
let customer: string;
let meter: string;

async function setUp(formula: 'sum' | 'count' | 'last' = 'sum', window?: 'hour' | 'day') {
  account = await newAccount();
  customer = (await account.stripe.customers.create()).id;
  const params = { display_name: 'Tokens', event_name: 'tokens', default_aggregation: { formula } };
  meter = (await account.stripe.billing.meters.create({ ...params, ...(window && { event_time_window: window }) })).id;
}

async function send(value: string, more: Record<string, string | number> = {}, headers: Record<string, string> = {}) {
  const params = { event_name: 'tokens', 'payload[stripe_customer_id]': customer, 'payload[value]': value, ...more };
  return await account.request('POST', '/v1/billing/meter_events', params, headers);
}

/** Usage as the summaries tell it, over a range of whole minutes around now unless told. */
async function usage(start = now() - 35 * DAY - DAY, end = now() + 10 * MINUTE): Promise<number> {
  const floor = (seconds: number) => Math.floor(seconds / MINUTE) * MINUTE;
  const range = { customer, start_time: floor(start), end_time: floor(end) };
  const { data } = await account.stripe.billing.meters.listEventSummaries(meter, range);
  expect(data).toHaveLength(1);
  return data[0]!.aggregated_value;
}

describe('a sum meter', () => {
  beforeEach(async () => await setUp());

  test('an acknowledged event is seen by the very next summary', async () => {
    for (let n = 1; n <= 20; n++) {
      expect((await send('1')).status).toBe(200);
      expect(await usage()).toBe(n);
    }
  });

  test('the answer is the event', async () => {
    const { body } = await send('25', {
      identifier: 'id-1',
      timestamp: 1_000_000_000 + (now() - 1_000_000_000),
      'payload[model]': 'm',
    });
    expect(body).toEqual({
      object: 'billing.meter_event',
      created: expect.any(Number),
      event_name: 'tokens',
      identifier: 'id-1',
      livemode: false,
      payload: { stripe_customer_id: customer, value: '25', model: 'm' },
      timestamp: expect.any(Number),
    });
    expect((await send('1')).body.identifier).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('decimals and negatives add up exactly', async () => {
    for (const value of ['0.1', '0.2', '-0.3', '1000000000.000000000001', '-1000000000']) {
      expect((await send(value)).status).toBe(200);
    }
    const { body } = await account.request('GET', `/v1/billing/meters/${meter}/event_summaries`, {
      customer,
      start_time: String(Math.floor(now() / MINUTE) * MINUTE - MINUTE * 5),
      end_time: String(Math.floor(now() / MINUTE) * MINUTE + MINUTE),
    });
    expect(body.data[0].aggregated_value).toBe(1e-12);
  });

  test('an identifier counts once, whatever else changes, and says so in the words clients match on', async () => {
    expect((await send('5', { identifier: 'once' })).status).toBe(200);
    for (const value of ['5', '6']) {
      const { status, body, headers } = await send(value, { identifier: 'once' });
      expect(status).toBe(400);
      expect(body.error).toEqual({
        message: 'An event already exists with identifier once.',
        type: 'invalid_request_error',
      });
      expect(headers.get('stripe-should-retry')).toBe('false');
    }
    expect(await usage()).toBe(5);
  });

  test('an identifier belongs to the account, also for another customer of it', async () => {
    expect((await send('5', { identifier: 'shared' })).status).toBe(200);
    const other = (await account.stripe.customers.create()).id;
    expect((await send('5', { identifier: 'shared', 'payload[stripe_customer_id]': other })).status).toBe(400);
    await setUp();
    expect((await send('5', { identifier: 'shared' })).status).toBe(200);
  });

  test('one identifier in fifty requests at once counts once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => send('3', { identifier: 'race' })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(49);
    expect(await usage()).toBe(3);
  });

  test('two hundred requests at once all count', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => send(String(n))));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(await usage()).toBe(19_900);
  });

  test('a retry with its Idempotency-Key gets the first answer and counts nothing', async () => {
    const header = { 'idempotency-key': 'k' };
    const first = await send('5', {}, header);
    const second = await send('5', {}, header);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect((await send('6', {}, header)).body.error.type).toBe('idempotency_error');
    expect((await account.request('POST', '/v1/customers', {}, header)).body.error.type).toBe('idempotency_error');
    expect(await usage()).toBe(5);
  });

  test('a used key comes before the checks, as everywhere', async () => {
    const header = { 'idempotency-key': 'k' };
    await send('5', {}, header);
    expect((await send('x', {}, header)).body.error.type).toBe('idempotency_error');
    expect((await send('5', { nope: '1' }, header)).body.error.type).toBe('idempotency_error');
    expect((await send('5', { event_name: 'nope' }, header)).body.error.type).toBe('idempotency_error');
  });

  test('a key that another operation used is refused', async () => {
    const header = { 'idempotency-key': 'k' };
    await account.request('POST', '/v1/customers', {}, header);
    expect((await send('5', {}, header)).body.error.type).toBe('idempotency_error');
    expect(await usage()).toBe(0);
  });

  test('the refusal of a known identifier is replayed under its key as well', async () => {
    await send('5', { identifier: 'once' });
    const header = { 'idempotency-key': 'k' };
    const first = await send('5', { identifier: 'once' }, header);
    expect(first.status).toBe(400);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(first.headers.get('stripe-should-retry')).toBe('false');
    const again = await send('5', { identifier: 'once' }, header);
    expect(again.status).toBe(400);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  test('fifty requests at once with one key count once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => send('3', {}, { 'idempotency-key': 'race' })));
    for (const { status, body } of answers) {
      if (status !== 200) expect(body.error.code).toBe('idempotency_key_in_use');
    }
    expect(await usage()).toBe(3);
  });

  test('an event belongs to the minute of its own time, whenever it arrives', async () => {
    const base = Math.floor(now() / MINUTE) * MINUTE - 60 * MINUTE;
    await send('1', { timestamp: base + 59 });
    await send('10', { timestamp: base });
    await send('100', { timestamp: base + 60 });
    await send('1000', { timestamp: base - 1 });
    expect(await usage(base, base + 60)).toBe(11);
    expect(await usage(base, base + 120)).toBe(111);
    expect(await usage(base - 60, base)).toBe(1000);
  });

  test('the window of accepted times is 35 days back and 5 minutes ahead', async () => {
    expect((await send('1', { timestamp: now() - 35 * DAY + 5 })).status).toBe(200);
    expect((await send('1', { timestamp: now() + 5 * MINUTE - 5 })).status).toBe(200);
    const old = await send('1', { timestamp: now() - 35 * DAY - 5 });
    expect(old.status).toBe(400);
    expect(old.body.error.message).toMatch(
      /^The event timestamp cannot be more than 35 days in past\. Expected a timestamp greater than or equal to \d+\.$/,
    );
    const early = await send('1', { timestamp: now() + 5 * MINUTE + 10 });
    expect(early.status).toBe(400);
    expect(early.body.error.param).toBe('timestamp');
    expect(await usage()).toBe(2);
  });

  test.each<[string, Record<string, string>, string, string | undefined]>([
    ['a word as value', { 'payload[value]': 'many' }, 'payload[value]', 'payload_invalid_value'],
    ['an empty value', { 'payload[value]': '' }, 'payload[value]', 'payload_invalid_value'],
    ['an exponent', { 'payload[value]': '1e5' }, 'payload[value]', 'payload_invalid_value'],
    [
      'too many digits',
      { 'payload[value]': '1234567890123456' },
      'payload[value]',
      'meter_event_value_too_many_digits',
    ],
    [
      'too many decimals',
      { 'payload[value]': '0.1234567890123' },
      'payload[value]',
      'meter_event_value_too_many_digits',
    ],
    ['nested payload', { 'payload[value][a]': '1', 'payload[value]': undefined as never }, 'payload[value]', undefined],
    ['no such meter', { event_name: 'nope' }, 'event_name', 'no_meter'],
    [
      'no customer',
      { 'payload[stripe_customer_id]': '' },
      'payload[stripe_customer_id]',
      'payload_no_customer_defined',
    ],
    [
      'unknown customer',
      { 'payload[stripe_customer_id]': 'cus_nope' },
      'payload[stripe_customer_id]',
      'resource_missing',
    ],
    ['long identifier', { identifier: 'i'.repeat(101) }, 'identifier', undefined],
    ['long event name', { event_name: 'e'.repeat(101) }, 'event_name', undefined],
    ['bad timestamp', { timestamp: 'now' }, 'timestamp', 'parameter_invalid_integer'],
    ['unknown parameter', { value: '5' }, 'value', 'parameter_unknown'],
  ])('%s counts nothing', async (_name, params, param, code) => {
    const { status, body } = await send('1', params);
    expect({ status, param: body.error.param, code: body.error.code }).toEqual({ status: 400, param, code });
    expect(await usage()).toBe(0);
  });

  test('a missing payload, value or customer key', async () => {
    const post = async (params: object) =>
      (await account.request('POST', '/v1/billing/meter_events', params as never)).body.error;
    expect(await post({ event_name: 'tokens' })).toMatchObject({ param: 'payload', code: 'parameter_missing' });
    expect(await post({ event_name: 'tokens', payload: { stripe_customer_id: customer } })).toMatchObject({
      code: 'payload_no_value_defined',
    });
    expect(await post({ event_name: 'tokens', payload: { value: '1' } })).toMatchObject({
      code: 'payload_no_customer_defined',
    });
  });

  test('a deleted customer has no more usage', async () => {
    await account.stripe.customers.del(customer);
    expect((await send('1')).body.error.code).toBe('resource_missing');
  });
});

describe('other formulas', () => {
  test('count ignores the value and does not need it', async () => {
    await setUp('count');
    await send('100');
    await send('-7');
    const payload = { stripe_customer_id: customer };
    await account.request('POST', '/v1/billing/meter_events', { event_name: 'tokens', payload });
    expect(await usage()).toBe(3);
  });

  test('last is the latest by event time, then by arrival', async () => {
    await setUp('last');
    const base = now() - 600;
    expect(await usage()).toBe(0);
    await send('5', { timestamp: base });
    await send('3', { timestamp: base - 120 });
    expect(await usage()).toBe(5);
    await send('8', { timestamp: base });
    expect(await usage()).toBe(8);
    await send('1', { timestamp: base + 300 });
    await send('2', { timestamp: base + 299 });
    expect(await usage()).toBe(1);
  });

  test.each([
    ['sum', 12],
    ['count', 2],
    ['last', 9],
  ] as const)('%s with an hour window keeps the event received last of each hour', async (formula, expected) => {
    await setUp(formula, 'hour');
    const hour = Math.floor(now() / 3600) * 3600 - 5 * 3600;
    await send('7', { timestamp: hour + 3000 });
    await send('3', { timestamp: hour + 10 });
    await send('4', { timestamp: hour + 3600 });
    await send('9', { timestamp: hour + 7199 });
    expect(await usage()).toBe(expected);
  });
});

describe('summaries', () => {
  beforeEach(async () => await setUp());

  test('by hour and by day, with the empty ones, newest first, in pages', async () => {
    const day = Math.floor(now() / DAY) * DAY - 2 * DAY;
    await send('1', { timestamp: day });
    await send('2', { timestamp: day + 3599 });
    await send('4', { timestamp: day + 3600 });
    await send('8', { timestamp: day + DAY });
    const list = async (params: object) => {
      const range = { customer, start_time: day, end_time: day + 2 * DAY, ...params };
      return await account.stripe.billing.meters.listEventSummaries(meter, range);
    };
    expect((await list({ value_grouping_window: 'day' })).data.map((row) => row.aggregated_value)).toEqual([8, 7]);
    const first = await list({ value_grouping_window: 'hour', limit: 30 });
    expect(first.has_more).toBe(true);
    expect(first.data[0]).toMatchObject({ start_time: day + 47 * 3600, end_time: day + 48 * 3600, meter });
    const walked: number[] = [];
    const range = {
      customer,
      start_time: day,
      end_time: day + 2 * DAY,
      value_grouping_window: 'hour' as const,
      limit: 7,
    };
    for await (const row of account.stripe.billing.meters.listEventSummaries(meter, range))
      walked.push(row.aggregated_value);
    expect(walked).toHaveLength(48);
    expect(walked.at(-1)).toBe(3);
    expect(walked.at(-2)).toBe(4);
    expect(walked[23]).toBe(8);
    expect(walked.reduce((sum, value) => sum + value, 0)).toBe(15);
    const back = await list({ value_grouping_window: 'hour', limit: 5, ending_before: first.data[10]!.id });
    expect(back.data).toEqual(first.data.slice(5, 10));
    expect(back.has_more).toBe(true);
  });

  test.each<[string, Record<string, number | string>, string]>([
    ['start off the minute', { start_time: 61 }, 'start_time'],
    ['end off the minute', { end_time: 7201 }, 'end_time'],
    ['start off the hour', { start_time: 60, value_grouping_window: 'hour' }, 'start_time'],
    ['end off the day', { start_time: 0, end_time: 7200, value_grouping_window: 'day' }, 'end_time'],
    ['nothing between', { start_time: 7200, end_time: 7200 }, 'end_time'],
    ['unknown customer', { customer: 'cus_nope' }, 'customer'],
    ['unknown cursor', { starting_after: 'mtrusg_test_x' }, 'starting_after'],
  ])('%s', async (_name, params, param) => {
    const query = { customer, start_time: 3600, end_time: 7200, ...params };
    const { status, body } = await account.request('GET', `/v1/billing/meters/${meter}/event_summaries`, query);
    expect({ status, param: body.error.param }).toEqual({ status: 400, param });
  });

  test('an unknown meter is 404', async () => {
    const query = { customer, start_time: '0', end_time: '60' };
    expect((await account.request('GET', '/v1/billing/meters/mtr_nope/event_summaries', query)).status).toBe(404);
  });
});
