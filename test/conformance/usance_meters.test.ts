import { beforeEach, describe, expect, test } from 'vitest';
import { newAccount, type TestAccount } from '../support/account.ts';
import type { Params } from '../support/form.ts';

const PATH = '/v1/usance/meters';

/** The start of a UTC day three weeks ago. */
const DAY = Math.floor(Date.now() / 86_400_000 - 21) * 86_400;

let account: TestAccount;

beforeEach(async () => {
  account = await newAccount();
});

async function create(formula: string, more: Params = {}) {
  const params = { display_name: formula, event_name: formula, default_aggregation: { formula }, ...more };
  return await account.request('POST', PATH, params);
}

async function send(eventName: string, ...events: [second: number, payload: Record<string, string>][]): Promise<void> {
  for (const [second, payload] of events) {
    const params = { event_name: eventName, timestamp: DAY + second, payload };
    await account.stripe.billing.meterEvents.create(params);
  }
}

describe('meters', () => {
  test.each(['average', 'max', 'min', 'unique_count'])('with the formula %s are ours alone', async (formula) => {
    const { status, body: meter } = await create(formula);
    expect([status, meter]).toEqual([
      200,
      {
        id: expect.stringMatching(/^mtr_test_/),
        object: 'usance.meter',
        created: expect.any(Number),
        customer_mapping: { event_payload_key: 'stripe_customer_id', type: 'by_id' },
        default_aggregation: { formula },
        dimension_payload_keys: [],
        display_name: formula,
        event_name: formula,
        event_time_window: null,
        livemode: false,
        status: 'active',
        status_transitions: { deactivated_at: null },
        updated: expect.any(Number),
        value_settings: { event_payload_key: 'value' },
      },
    ]);
    expect((await account.request('GET', `${PATH}/${meter.id}`)).body).toEqual(meter);
    expect((await account.request('GET', PATH)).body).toEqual({
      object: 'list',
      data: [meter],
      has_more: false,
      url: PATH,
    });
    expect((await account.stripe.billing.meters.list()).data).toEqual([]);
    expect((await account.stripe.events.list()).data).toEqual([]);
    const summaries = { customer: 'cus_1', start_time: '0', end_time: '60' };
    for (const [method, verb, params] of [
      ['GET', '', {}],
      ['POST', '', { display_name: 'x' }],
      ['POST', '/deactivate', {}],
      ['POST', '/reactivate', {}],
      ['GET', '/event_summaries', summaries],
    ] as const) {
      const { status: refused, body } = await account.request(method, `/v1/billing/meters/${meter.id}${verb}`, params);
      expect([refused, body.error.code]).toEqual([404, 'resource_missing']);
      expect(body.error.message).toContain(`/v1/usance/meters/${meter.id}`);
    }
    expect((await account.request('GET', `${PATH}/${meter.id}`)).body).toEqual(meter);
  });

  test("with the original's formulas and dimensions are shown on both paths", async () => {
    const { body: meter } = await create('sum', { dimension_payload_keys: ['model', 'region'] });
    expect(meter.dimension_payload_keys).toEqual(['model', 'region']);
    const { dimension_payload_keys: _, ...same } = meter;
    expect((await account.request('GET', '/v1/billing/meters')).body.data).toEqual([
      { ...same, object: 'billing.meter' },
    ]);
    const [event] = (await account.stripe.events.list()).data;
    expect([event!.type, event!.data.object]).toEqual(['billing.meter.created', { ...same, object: 'billing.meter' }]);
    const theirs = await account.stripe.billing.meters.create({
      display_name: 'theirs',
      event_name: 'theirs',
      default_aggregation: { formula: 'count' },
    });
    expect((await account.request('GET', `${PATH}/${theirs.id}`)).body).toEqual({
      ...JSON.parse(JSON.stringify(theirs)),
      object: 'usance.meter',
      dimension_payload_keys: [],
    });
  });

  test('are renamed, deactivated and reactivated', async () => {
    const { body: meter } = await create('max');
    const path = `${PATH}/${meter.id}`;
    expect((await account.request('POST', path, { display_name: 'Peak' })).body.display_name).toBe('Peak');
    expect((await account.request('POST', `${path}/deactivate`)).body.status).toBe('inactive');
    expect((await account.request('GET', PATH, { status: 'active' })).body.data).toEqual([]);
    expect((await account.request('POST', `${path}/deactivate`)).status).toBe(400);
    expect((await account.request('POST', `${path}/reactivate`)).body.status).toBe('active');
    expect((await account.request('GET', PATH, { status: 'active' })).body.data).toHaveLength(1);
  });

  test.each<[string, string, Params, string]>([
    ['a formula that nobody knows', 'median', {}, 'default_aggregation[formula]'],
    ['unique_count with a window', 'unique_count', { event_time_window: 'hour' }, 'event_time_window'],
    ['a dimension twice', 'sum', { dimension_payload_keys: ['a', 'b', 'a'] }, 'dimension_payload_keys[2]'],
    [
      'the customer as a dimension',
      'sum',
      { dimension_payload_keys: ['stripe_customer_id'] },
      'dimension_payload_keys[0]',
    ],
    ['the value as a dimension', 'sum', { dimension_payload_keys: ['value'] }, 'dimension_payload_keys[0]'],
    ['eleven dimensions', 'sum', { dimension_payload_keys: 'abcdefghijk'.split('') }, 'dimension_payload_keys'],
  ])('are refused with %s', async (_name, formula, more, param) => {
    const { status, body } = await create(formula, more);
    expect([status, body.error.param]).toEqual([400, param]);
    expect((await account.request('GET', PATH)).body.data).toEqual([]);
  });
});

describe('summaries', () => {
  const range = { start_time: String(DAY), end_time: String(DAY + 86_400) };
  let customer: string;

  beforeEach(async () => {
    customer = (await account.stripe.customers.create()).id;
  });

  async function summaries(meter: string, params: Params = {}) {
    const { status, body } = await account.request('GET', `${PATH}/${meter}/summaries`, {
      customer,
      ...range,
      ...params,
    });
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  }

  const values = async (meter: string, params: Params = {}) =>
    (await summaries(meter, params)).data.map((one: { aggregated_value: string }) => one.aggregated_value);

  test.each<[string, string[], string]>([
    ['average', ['1', '1', '2'], '1.333333333333'],
    ['average', ['-1', '-1', '-3'], '-1.666666666667'],
    ['average', ['0.000000000001', '0'], '0.000000000001'],
    ['average', ['-0.000000000001', '0'], '-0.000000000001'],
    ['average', ['0.000000000001', '0', '0'], '0'],
    ['average', ['999999999999999.999999999999', '999999999999999.999999999998'], '999999999999999.999999999999'],
    ['max', ['-3', '-1.5', '-2'], '-1.5'],
    ['min', ['3', '1.5', '2'], '1.5'],
    ['unique_count', ['a', 'A', 'a', 'ä', ' a'], '4'],
  ])('of the formula %s over %j', async (formula, given, expected) => {
    const { body: meter } = await create(formula);
    await send(
      formula,
      ...given.map((value, second): [number, Record<string, string>] => [
        second,
        { stripe_customer_id: customer, value },
      ]),
    );
    expect(await values(meter.id)).toEqual([expected]);
  });

  test('of any range of seconds, as exact text', async () => {
    const { body: meter } = await create('sum');
    const payload = (value: string) => ({ stripe_customer_id: customer, value });
    await send('sum', [0, payload('999999999999999')], [59, payload('0.000000000001')], [61, payload('5')]);
    expect((await summaries(meter.id, { end_time: String(DAY + 60) })).data).toEqual([
      {
        id: expect.stringMatching(/^mtrusg_test_/),
        object: 'usance.meter_event_summary',
        aggregated_value: '999999999999999.000000000001',
        customer,
        dimensions: {},
        end_time: DAY + 60,
        livemode: false,
        meter: meter.id,
        start_time: DAY,
      },
    ]);
    expect(await values(meter.id, { start_time: String(DAY + 1), end_time: String(DAY + 61) })).toEqual([
      '0.000000000001',
    ]);
    expect(await values(meter.id, { start_time: String(DAY + 61), end_time: String(DAY + 62) })).toEqual(['5']);
  });

  describe('by dimensions', () => {
    let meter: string;

    beforeEach(async () => {
      meter = (await create('sum', { dimension_payload_keys: ['model', 'region'] })).body.id;
      const event = (model: string, region: string, value: string) => ({
        stripe_customer_id: customer,
        model,
        region,
        value,
      });
      await send('sum', [10, event('b', 'eu', '1')], [20, event('a', 'eu', '2')]);
      await send('sum', [3_610, event('a', 'us', '4')], [90_000, event('c', 'us', '8')]);
    });

    const told = (body: { data: { start_time: number; dimensions: object; aggregated_value: string }[] }) =>
      body.data.map((one) => [(one.start_time - DAY) / 3_600, one.dimensions, one.aggregated_value]);

    test('grouped, with those that have no usage in the range', async () => {
      expect(told(await summaries(meter, { group_by: ['model'] }))).toEqual([
        [0, { model: 'a' }, '6'],
        [0, { model: 'b' }, '1'],
        [0, { model: 'c' }, '0'],
      ]);
      expect(told(await summaries(meter, { group_by: ['region', 'model'] }))).toEqual([
        [0, { region: 'eu', model: 'a' }, '2'],
        [0, { region: 'eu', model: 'b' }, '1'],
        [0, { region: 'us', model: 'a' }, '4'],
        [0, { region: 'us', model: 'c' }, '0'],
      ]);
    });

    test('filtered', async () => {
      expect(await values(meter)).toEqual(['7']);
      expect(await values(meter, { filter: { region: 'eu' } })).toEqual(['3']);
      expect(await values(meter, { filter: { region: 'eu', model: 'a' } })).toEqual(['2']);
      expect(await values(meter, { filter: { region: 'mars' } })).toEqual(['0']);
      expect(told(await summaries(meter, { filter: { region: 'us' }, group_by: ['model'] }))).toEqual([
        [0, { model: 'a' }, '4'],
        [0, { model: 'c' }, '0'],
      ]);
    });

    test('paged through windows and groups, newest first, in both directions', async () => {
      const params = { value_grouping_window: 'hour', end_time: String(DAY + 7_200), group_by: ['region'] };
      const whole = await summaries(meter, params);
      expect(told(whole)).toEqual([
        [1, { region: 'eu' }, '0'],
        [1, { region: 'us' }, '4'],
        [0, { region: 'eu' }, '3'],
        [0, { region: 'us' }, '0'],
      ]);
      const ids = whole.data.map((one: { id: string }) => one.id);
      expect(new Set(ids).size).toBe(4);
      const first = await summaries(meter, { ...params, limit: '3' });
      expect([first.data, first.has_more]).toEqual([whole.data.slice(0, 3), true]);
      const second = await summaries(meter, { ...params, limit: '3', starting_after: ids[2] });
      expect([second.data, second.has_more]).toEqual([whole.data.slice(3), false]);
      const before = await summaries(meter, { ...params, limit: '2', ending_before: ids[3] });
      expect([before.data, before.has_more]).toEqual([whole.data.slice(1, 3), true]);
    });

    test.each<[string, Params, string]>([
      ['a group that is no dimension', { group_by: ['value'] }, 'group_by[0]'],
      ['a group twice', { group_by: ['model', 'model'] }, 'group_by'],
      ['a filter that is no dimension', { filter: { nope: '1' } }, 'filter[nope]'],
      ['an end before the start', { end_time: String(DAY) }, 'end_time'],
      ['a cut hour', { value_grouping_window: 'hour', start_time: String(DAY + 60) }, 'start_time'],
      ['an unknown cursor', { starting_after: 'mtrusg_1' }, 'starting_after'],
    ])('refused with %s', async (_name, params, param) => {
      const { status, body } = await account.request('GET', `${PATH}/${meter}/summaries`, {
        customer,
        ...range,
        ...params,
      });
      expect([status, body.error.param]).toEqual([400, param]);
    });

    test('of all combinations together on the path of the original', async () => {
      const { data } = await account.stripe.billing.meters.listEventSummaries(meter, {
        customer,
        start_time: DAY,
        end_time: DAY + 86_400 * 2,
      });
      expect(data.map((one) => one.aggregated_value)).toEqual([15]);
    });
  });

  test('any of its ids is a cursor', async () => {
    const { id } = (await create('sum')).body;
    const params = { value_grouping_window: 'hour', start_time: String(DAY - 96 * 3_600), limit: '100' };
    const { data } = await summaries(id, params);
    for (const [index, next] of (data as { id: string }[]).slice(1).entries()) {
      expect((await summaries(id, { ...params, starting_after: data[index].id, limit: '1' })).data).toEqual([next]);
    }
  });
});
