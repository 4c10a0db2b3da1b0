import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import type { Params } from '../support/form.ts';
import { testServer } from '../support/test-server.ts';
import { HOUR, type Metered, meteredAccount, pastHour, unixNow } from './metered.ts';

const PATH = '/v1/usance/meter_events';

type Event = { readonly id: string; readonly identifier: string } & Readonly<Record<string, unknown>>;

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
});
afterAll(() => database.close());

async function list({ account }: Metered, params: Params = {}): Promise<{ data: Event[]; has_more: boolean }> {
  const { status, body } = await account.request('GET', PATH, params);
  expect({ status, object: body.object, url: body.url }).toEqual({ status: 200, object: 'list', url: PATH });
  return body as { data: Event[]; has_more: boolean };
}

const identifiers = async (metered: Metered, params: Params = {}) =>
  (await list(metered, params)).data.map(({ identifier }) => identifier);

describe('an event', () => {
  test('tells what was sent and what became of it', async () => {
    const metered = await meteredAccount('sum', { dimension_payload_keys: ['model'] });
    const { account, customer, meter, cancel } = metered;
    const timestamp = pastHour();
    const payload = { stripe_customer_id: customer, value: '1.50', model: 'big', note: 'x' };
    await account.request('POST', '/v1/billing/meter_events', {
      event_name: 'tokens',
      identifier: 'a',
      timestamp,
      payload,
    });
    const [event] = (await list(metered)).data;
    expect(event).toEqual({
      id: expect.stringMatching(/^mtr_event_test_\w{27}$/),
      object: 'usance.meter_event',
      cancelled_at: null,
      customer,
      dimensions: { model: 'big' },
      event_name: 'tokens',
      identifier: 'a',
      livemode: false,
      meter,
      payload,
      received_at: expect.any(Number),
      rejection: null,
      status: 'counted',
      timestamp,
      value: '1.5',
    });
    expect((await account.request('GET', `${PATH}/${event!.id}`)).body).toEqual(event);
    await cancel('a');
    const { body } = await account.request('GET', `${PATH}/${event!.id}`);
    expect(body).toEqual({ ...event, status: 'cancelled', cancelled_at: expect.any(Number) });
  });

  test.each(['sum', 'count', 'unique_count'] as const)('of %s has its payload, kept or implied', async (formula) => {
    const metered = await meteredAccount(formula);
    const { account, customer } = metered;
    const payload = { stripe_customer_id: customer, ...(formula !== 'count' && { value: '5' }) };
    await account.request('POST', '/v1/billing/meter_events', { event_name: 'tokens', payload });
    const [event] = (await list(metered)).data;
    expect(event).toMatchObject({ payload, value: formula === 'sum' ? '5' : '1', dimensions: {} });
  });

  test('that was rejected tells why, and is listed when asked for', async () => {
    const metered = await meteredAccount();
    const { account, customer, meter, stream } = metered;
    const payload = { stripe_customer_id: customer, value: 'many' };
    await stream([{ event_name: 'tokens', identifier: 'bad', payload }]);
    expect(await list(metered)).toMatchObject({ data: [], has_more: false });
    const [event] = (await list(metered, { status: 'rejected' })).data;
    expect(event).toEqual({
      id: expect.stringMatching(/^mtr_event_rej_\w{24}$/),
      object: 'usance.meter_event',
      cancelled_at: null,
      customer,
      dimensions: null,
      event_name: 'tokens',
      identifier: 'bad',
      livemode: false,
      meter,
      payload,
      received_at: expect.any(Number),
      rejection: { code: 'meter_event_invalid_value', message: expect.stringContaining("Invalid value 'many'") },
      status: 'rejected',
      timestamp: expect.any(Number),
      value: null,
    });
    expect((await account.request('GET', `${PATH}/${event!.id}`)).body).toEqual(event);
  });

  test('is not looked for by a dimension that no database holds', async () => {
    const { account } = await meteredAccount();
    const { status, body } = await account.request('GET', PATH, { 'dimensions[\0]': 'x' });
    expect({ status, param: body.error.param }).toEqual({ status: 400, param: 'dimensions' });
  });

  test('that was rejected is found by its identifier, after the one that counted under it', async () => {
    const metered = await meteredAccount();
    const { customer, stream } = metered;
    const event = (value: string) => ({
      event_name: 'tokens',
      identifier: 'a',
      payload: { stripe_customer_id: customer, value },
    });
    await stream([event('many')]);
    await stream([event('5')]);
    const page = await list(metered, { identifier: 'a', limit: 1 });
    expect(page).toMatchObject({ data: [{ status: 'counted' }], has_more: true });
    const rest = await list(metered, { identifier: 'a', starting_after: page.data[0]!.id });
    expect(rest).toMatchObject({ data: [{ status: 'rejected' }], has_more: false });
    expect(await list(metered, { identifier: 'a', starting_after: rest.data[0]!.id })).toMatchObject({ data: [] });
    expect(await identifiers(metered, { identifier: 'a', status: 'counted' })).toHaveLength(1);
  });

  test('that is rejected for a time that no database holds is kept, and the good ones beside it count', async () => {
    const metered = await meteredAccount();
    const payload = { stripe_customer_id: metered.customer, value: '1' };
    const times = ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59-01:00', '0001-01-01T00:00:00+01:00'];
    const bad = times.map((timestamp) => ({ event_name: 'tokens', timestamp, payload }));
    const { status } = await metered.stream([...bad, { event_name: 'tokens', payload }]);
    expect(status).toBe(200);
    const { data } = await list(metered, { status: 'rejected' });
    expect(data.map(({ timestamp }) => timestamp)).toEqual([null, null, null]);
    expect(await metered.usage()).toBe('1');
  });

  test.each([
    'mtr_event_test_',
    `mtr_event_test_${'0'.repeat(27)}`,
    `mtr_event_test_${'z'.repeat(27)}`,
    `mtr_event_${'0'.repeat(27)}`,
    'mtr_event_rej_nope',
    'evt_1',
  ])('that does not exist: %s', async (id) => {
    const { account } = await meteredAccount();
    const { status, body } = await account.request('GET', `${PATH}/${id}`);
    expect({ status, ...body.error }).toMatchObject({ status: 404, code: 'resource_missing' });
    for (const listed of ['counted', 'rejected']) {
      const cursor = await account.request('GET', PATH, { starting_after: id, status: listed });
      expect(cursor.body.error).toMatchObject({ code: 'resource_missing', param: 'starting_after' });
    }
  });
});

/** Twelve events of two customers, every third cancelled, identifiers by their order in time: e00 is the oldest. */
async function filled(): Promise<Metered & { readonly other: string; readonly start: number }> {
  const metered = await meteredAccount();
  const other = (await metered.account.stripe.customers.create()).id;
  const start = pastHour() - 24 * HOUR;
  // Sent in another order than they happened.
  for (let n = 0; n < 12; n++) {
    const place = (n * 5) % 12;
    const identifier = `e${String(place).padStart(2, '0')}`;
    const payload = { stripe_customer_id: place % 2 === 0 ? metered.customer : other, value: String(place) };
    await metered.send('', { identifier, timestamp: start + place * HOUR, payload });
  }
  for (const identifier of ['e00', 'e03', 'e06', 'e09']) await metered.cancel(identifier);
  return { ...metered, other, start };
}

describe('the list', () => {
  const all = Array.from({ length: 12 }, (_, n) => `e${String(11 - n).padStart(2, '0')}`);

  test('has counted and cancelled events, the newest event time first', async () => {
    const metered = await filled();
    expect(await identifiers(metered, { limit: 100 })).toEqual(all);
  });

  test('is filtered by status, customer, meter, identifier and time', async () => {
    const metered = await filled();
    const { other, meter, start } = metered;
    const cancelled = ['e09', 'e06', 'e03', 'e00'];
    expect(await identifiers(metered, { status: 'cancelled' })).toEqual(cancelled);
    expect(await identifiers(metered, { status: 'counted' })).toEqual(all.filter((each) => !cancelled.includes(each)));
    expect(await identifiers(metered, { customer: other })).toEqual(['e11', 'e09', 'e07', 'e05', 'e03', 'e01']);
    expect(await identifiers(metered, { customer: other, status: 'cancelled' })).toEqual(['e09', 'e03']);
    expect(await identifiers(metered, { meter, customer: other, limit: 2 })).toEqual(['e11', 'e09']);
    expect(await identifiers(metered, { meter: 'mtr_nope' })).toEqual([]);
    expect(await identifiers(metered, { identifier: 'e04' })).toEqual(['e04']);
    expect(await identifiers(metered, { identifier: 'e04', customer: other })).toEqual([]);
    expect(await identifiers(metered, { identifier: 'e04', status: 'cancelled' })).toEqual([]);
    expect(await identifiers(metered, { identifier: 'e03', status: 'cancelled' })).toEqual(['e03']);
    expect(await identifiers(metered, { identifier: 'e03', status: 'counted' })).toEqual([]);
    expect(await identifiers(metered, { identifier: 'nope' })).toEqual([]);
    const at = (place: number) => start + place * HOUR;
    expect(await identifiers(metered, { timestamp: { gte: at(3), lt: at(5) } })).toEqual(['e04', 'e03']);
    expect(await identifiers(metered, { timestamp: { gt: at(3), lte: at(5) } })).toEqual(['e05', 'e04']);
    expect(await identifiers(metered, { timestamp: at(7) })).toEqual(['e07']);
    expect(await identifiers(metered, { status: 'cancelled', timestamp: { lt: at(6) } })).toEqual(['e03', 'e00']);
  });

  test.each([{}, { status: 'cancelled' }, { status: 'counted' }])(
    'is walked in pages, both ways: %o',
    async (filter) => {
      const metered = await filled();
      const whole = (await list(metered, { ...filter, limit: 100 })).data;
      for (const limit of [1, 3]) {
        const walked: Event[] = [];
        for (let after: string | undefined, more = true; more;) {
          const page = await list(metered, { ...filter, limit, starting_after: after });
          walked.push(...page.data);
          after = page.data.at(-1)?.id;
          more = page.has_more;
        }
        expect(walked).toEqual(whole);
      }
      const back = await list(metered, { ...filter, limit: 2, ending_before: whole.at(-1)!.id });
      expect(back).toMatchObject({ data: whole.slice(-3, -1), has_more: whole.length > 3 });
      expect(await list(metered, { ...filter, ending_before: whole[0]!.id })).toMatchObject({
        data: [],
        has_more: false,
      });
    },
  );

  test('tells events of one second apart by their receipt', async () => {
    const metered = await meteredAccount();
    const timestamp = pastHour();
    for (const identifier of ['a', 'b', 'c']) await metered.send('1', { identifier, timestamp });
    expect(await identifiers(metered)).toEqual(['c', 'b', 'a']);
    const [first] = (await list(metered, { limit: 1 })).data;
    expect(await identifiers(metered, { starting_after: first!.id })).toEqual(['b', 'a']);
  });

  test('may be of some dimension values alone', async () => {
    const metered = await meteredAccount('sum', { dimension_payload_keys: ['model'] });
    const { account, customer, meter } = metered;
    for (const [identifier, model] of Object.entries({ a: 'big', b: 'small', c: 'big' })) {
      const payload = { stripe_customer_id: customer, value: '1', model };
      const params = { event_name: 'tokens', identifier, payload };
      expect((await account.request('POST', '/v1/billing/meter_events', params)).status).toBe(200);
    }
    expect(await identifiers(metered, { dimensions: { model: 'big' } })).toEqual(['c', 'a']);
    expect(await identifiers(metered, { dimensions: { model: 'small' }, meter, customer })).toEqual(['b']);
    expect(await identifiers(metered, { dimensions: { model: 'none' } })).toEqual([]);
    expect(await identifiers(metered, { dimensions: { other: 'big' } })).toEqual([]);
  });

  test('of rejected events goes by receipt and is filtered as well', async () => {
    const metered = await meteredAccount();
    const { customer, meter, stream } = metered;
    const payload = { stripe_customer_id: customer, value: 'x' };
    const timestamp = new Date(pastHour() * 1000).toISOString();
    for (const identifier of ['r1', 'r2']) await stream([{ event_name: 'tokens', identifier, payload, timestamp }]);
    await stream([{ event_name: 'unknown', identifier: 'r3', payload }]);
    await stream([{ event_name: 'tokens', identifier: 'r4', payload: { ...payload, value: 5 } }]);
    const rejected = async (params: Params) => await identifiers(metered, { status: 'rejected', ...params });
    expect(await rejected({})).toEqual(['r4', 'r3', 'r2', 'r1']);
    expect(await rejected({ meter })).toEqual(['r4', 'r2', 'r1']);
    expect(await rejected({ customer })).toEqual(['r2', 'r1']);
    expect(await rejected({ identifier: 'r3' })).toEqual(['r3']);
    expect(await rejected({ timestamp: { lte: pastHour() } })).toEqual(['r2', 'r1']);
    const { data } = await list(metered, { status: 'rejected', limit: 2 });
    expect(await rejected({ starting_after: data[1]!.id })).toEqual(['r2', 'r1']);
    expect(await rejected({ ending_before: data[1]!.id })).toEqual(['r4']);
  });

  test.each([
    [{ starting_after: 'a', ending_before: 'b' }, 'parameters_exclusive'],
    [{ limit: 101 }, 'parameter_invalid_integer'],
    [{ status: 'pending' }, undefined],
    [{ created: 5 }, 'parameter_unknown'],
    [{ status: 'rejected', dimensions: { model: 'big' } }, undefined],
  ])('refuses %o', async (params, code) => {
    const { account } = await meteredAccount();
    const { status, body } = await account.request('GET', PATH, params);
    expect({ status, code: body.error.code }).toEqual({ status: 400, code });
  });
});

describe('an account with so many customers that its events are found by time', () => {
  test('is listed and walked like any other', async () => {
    const metered = await meteredAccount();
    const { account, meter } = metered;
    const start = unixNow() - 40_000;
    // One event each, two seconds apart, made below HTTP; the number of them is above MAX_HISTORY_SERIES.
    await database.pool.query(
      `with made as (
         insert into usage_series (account_id, meter_id, customer_id, dimensions, created_at)
         select $1, $2, 'cus_' || n, '{}', now() from generate_series(1, 20001) n returning id
       )
       insert into meter_events (series_id, event_at, sequence, received_at, identifier, value)
       select id, to_timestamp($3) + (row_number() over (order by id)) * interval '2 seconds',
         nextval('meter_event_blocks') * 16384, now(), 'n' || row_number() over (order by id), 1
       from made`,
      [account.accountId, meter, start],
    );
    const newest = await list(metered, { limit: 5 });
    expect(newest.data.map(({ identifier }) => identifier)).toEqual(['n20001', 'n20000', 'n19999', 'n19998', 'n19997']);
    expect(newest.has_more).toBe(true);
    const older = await list(metered, { limit: 3, starting_after: newest.data[4]!.id });
    expect(older.data.map(({ identifier }) => identifier)).toEqual(['n19996', 'n19995', 'n19994']);
    const newer = await list(metered, { limit: 3, ending_before: older.data[2]!.id });
    expect(newer.data.map(({ identifier }) => identifier)).toEqual(['n19997', 'n19996', 'n19995']);
    expect(newer.has_more).toBe(true);
    const range = { gte: start + 10, lt: start + 20 };
    expect(await identifiers(metered, { timestamp: range })).toEqual(['n9', 'n8', 'n7', 'n6', 'n5']);
    expect(await identifiers(metered, { timestamp: range, ending_before: newest.data[0]!.id })).toEqual([]);
  });
});
