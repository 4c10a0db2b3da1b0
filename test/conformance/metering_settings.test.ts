import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { forgetIdentifiers, identifierDays } from '../../src/metering/identifier.sql.ts';
import { newAccount } from '../support/account.ts';
import type { Params } from '../support/form.ts';
import { testServer } from '../support/test-server.ts';
import { DAY, type Metered, meteredAccount, unixNow } from './metered.ts';

const PATH = '/v1/usance/metering_settings';

const DEFAULTS = {
  object: 'usance.metering_settings',
  correction_hours: 24,
  livemode: false,
  max_customer_combinations: 100,
  max_event_age_days: 35,
  max_hourly_combinations: 10_000,
  repeated_identifiers: 'refuse',
};

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
});
afterAll(() => database.close());

/** Makes an account's events 50 days old, by their receipt, and their identifiers forgotten. */
async function forgetOld(accountId: string): Promise<void> {
  const received = sql`received_at = now() - interval '50 days'`;
  const own = sql`series_id in (select id from usage_series where account_id = ${accountId})`;
  await sql`update meter_events set ${received} where ${own}`.execute(database.kysely);
  await sql`delete from meter_event_identifiers where ${own}`.execute(database.kysely);
}

describe('the settings', () => {
  test('are the rules of the original until changed, and change one by one', async () => {
    const { request } = await newAccount();
    expect((await request('GET', PATH)).body).toEqual(DEFAULTS);
    expect((await request('POST', PATH, {})).body).toEqual(DEFAULTS);
    expect((await request('POST', PATH, { correction_hours: 48 })).body).toEqual({ ...DEFAULTS, correction_hours: 48 });
    const more = { max_event_age_days: 30, max_customer_combinations: 5, max_hourly_combinations: 6 };
    await request('POST', PATH, { ...more, repeated_identifiers: 'accept_identical' });
    expect((await request('GET', PATH)).body).toEqual({
      ...DEFAULTS,
      ...more,
      correction_hours: 48,
      repeated_identifiers: 'accept_identical',
    });
  });

  test('that are changed at once are all changed', async () => {
    const { request } = await newAccount();
    const changes = [{ correction_hours: 1 }, { max_event_age_days: 2 }, { max_hourly_combinations: 3 }];
    await Promise.all(changes.map((change) => request('POST', PATH, change)));
    expect((await request('GET', PATH)).body).toEqual(Object.assign({ ...DEFAULTS }, ...changes));
  });

  test('belong to their account', async () => {
    await (await newAccount()).request('POST', PATH, { correction_hours: 48 });
    expect((await (await newAccount()).request('GET', PATH)).body).toEqual(DEFAULTS);
  });

  test.each([
    { repeated_identifiers: 'ignore' },
    { max_event_age_days: 0 },
    { max_event_age_days: 3_651 },
    { correction_hours: 0 },
    { correction_hours: 8_761 },
    { max_customer_combinations: 0 },
    { max_customer_combinations: 10_001 },
    { max_hourly_combinations: 1_000_001 },
    { object: 'x' },
  ])('refuse %o', async (params) => {
    const { request } = await newAccount();
    const { status, body } = await request('POST', PATH, params);
    expect({ status, param: body.error.param }).toEqual({ status: 400, param: Object.keys(params)[0] });
    expect((await request('GET', PATH)).body).toEqual(DEFAULTS);
  });

  test('hold for the very next event', async () => {
    const { account, send, usage } = await meteredAccount();
    const old = { timestamp: unixNow() - 36 * DAY };
    expect((await send('1', old)).status).toBe(400);
    await account.request('POST', PATH, { max_event_age_days: 37 });
    expect((await send('1', old)).status).toBe(200);
    await account.request('POST', PATH, { max_event_age_days: 35 });
    expect((await send('1', old)).status).toBe(400);
    expect(await usage()).toBe('1');
  });

  test('of a longer age bring identifiers back that were forgotten, so that nothing counts twice', async () => {
    const { account, customer, send, cancel, usage } = await meteredAccount();
    const timestamp = unixNow() - 34 * DAY;
    for (const identifier of ['a', 'b']) expect((await send('5', { identifier, timestamp })).status).toBe(200);
    await forgetOld(account.accountId);
    const { body } = await account.request('GET', '/v1/usance/meter_events', { identifier: 'a', customer });
    expect(body.data).toHaveLength(1);
    await account.request('POST', PATH, { max_event_age_days: 90, correction_hours: 2_400 });
    const again = await send('5', { identifier: 'a', timestamp });
    expect(again.body.error?.message).toBe('An event already exists with identifier a.');
    await cancel('b');
    expect(await usage()).toBe('5');
  });

  test('limit combinations of dimension values', async () => {
    const { account, customer } = await meteredAccount('sum', { dimension_payload_keys: ['model'] });
    await account.request('POST', PATH, { max_customer_combinations: 1 });
    const send = async (model: string) => {
      const payload = { stripe_customer_id: customer, value: '1', model };
      return (await account.request('POST', '/v1/billing/meter_events', { event_name: 'tokens', payload })).body;
    };
    expect((await send('a')).error).toBeUndefined();
    expect((await send('b')).error.code).toBe('meter_event_dimension_count_too_high');
    await account.request('POST', PATH, { max_customer_combinations: 2 });
    expect((await send('b')).error).toBeUndefined();
  });
});

describe('an identical repetition, where it is accepted', () => {
  async function accepting(): Promise<Metered> {
    const metered = await meteredAccount();
    await metered.account.request('POST', PATH, { repeated_identifiers: 'accept_identical' });
    return metered;
  }

  test('answers the first event and counts nothing; a different one is refused', async () => {
    const { send, customer, usage } = await accepting();
    const timestamp = unixNow() - 600;
    const first = await send('5', { identifier: 'a', timestamp });
    const repeat = async (value: string, more: Params = {}) =>
      await send(value, { identifier: 'a', timestamp, ...more });
    expect(await repeat('5')).toMatchObject({ status: 200, body: first.body });
    // The time may be left out; another notation of the value is another payload.
    expect(await send('5.0', { identifier: 'a' })).toMatchObject({ status: 400 });
    expect(await send('5', { identifier: 'a' })).toMatchObject({ status: 200, body: first.body });
    for (const different of [
      await repeat('6'),
      await repeat('5', { timestamp: timestamp + 1 }),
      await repeat('5', { payload: { stripe_customer_id: customer, value: '5', model: 'm' } }),
    ]) {
      expect(different.status).toBe(400);
      expect(different.body.error.message).toBe('An event already exists with identifier a.');
    }
    expect(await usage()).toBe('5');
  });

  test('is known by all of its payload, in any order', async () => {
    const { account, customer, usage } = await accepting();
    const send = async (payload: Params) =>
      await account.request('POST', '/v1/billing/meter_events', { event_name: 'tokens', identifier: 'a', payload });
    const first = await send({ stripe_customer_id: customer, value: '5', model: 'm' });
    expect(first.status).toBe(200);
    expect((await send({ model: 'm', value: '5', stripe_customer_id: customer })).status).toBe(200);
    expect((await send({ stripe_customer_id: customer, value: '5', model: 'n' })).status).toBe(400);
    expect((await send({ stripe_customer_id: customer, value: '5' })).status).toBe(400);
    const other = (await account.stripe.customers.create()).id;
    expect((await send({ stripe_customer_id: other, value: '5', model: 'm' })).status).toBe(400);
    expect(await usage()).toBe('5');
  });

  test('is accepted in v2 with the same rules', async () => {
    const { account, customer, usage } = await accepting();
    const { meterEvents } = account.stripe.v2.billing;
    const event = (value: string) => ({
      event_name: 'tokens',
      identifier: 'a',
      payload: { stripe_customer_id: customer, value },
    });
    const first = await meterEvents.create(event('5'));
    const second = await meterEvents.create(event('5'));
    expect({ ...second, lastResponse: null }).toEqual({ ...first, lastResponse: null });
    await expect(meterEvents.create(event('6'))).rejects.toMatchObject({ code: 'duplicate_meter_event' });
    expect(await usage()).toBe('5');
  });

  test('of fifty requests at once are all accepted, and counted once', async () => {
    const { send, usage } = await accepting();
    const timestamp = unixNow() - 60;
    const answers = await Promise.all(Array.from({ length: 50 }, () => send('3', { identifier: 'race', timestamp })));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body)))).toHaveLength(1);
    expect(await usage()).toBe('3');
  });

  test('of fifty different requests at once are accepted as far as they are identical with the first', async () => {
    const { send, usage } = await accepting();
    const timestamp = unixNow() - 60;
    const values = Array.from({ length: 50 }, (_, n) => String(1 + (n % 2)));
    const answers = await Promise.all(values.map((value) => send(value, { identifier: 'race', timestamp })));
    const counted = await usage();
    expect(answers.map(({ status }) => status)).toEqual(values.map((value) => (value === counted ? 200 : 400)));
  });

  test('is quiet on the stream, within one request and across two', async () => {
    const { stream, customer, usage } = await accepting();
    const event = { event_name: 'tokens', identifier: 'a', payload: { stripe_customer_id: customer, value: '5' } };
    expect((await stream([event, event])).status).toBe(200);
    expect((await stream([event])).status).toBe(200);
    expect(await usage()).toBe('5');
  });

  test('of a cancelled event is refused, because it would not count', async () => {
    const { send, cancel, usage } = await accepting();
    await send('5', { identifier: 'a' });
    await cancel('a');
    expect((await send('5', { identifier: 'a' })).status).toBe(400);
    expect(await usage()).toBe('0');
  });
});

describe('identifiers are kept', () => {
  test('as long as the longest age and the longest time for corrections of any account ask for', async () => {
    const { accountId } = await newAccount();
    // Undone at the end: other tests have settings too.
    const db = await database.kysely.startTransaction().execute();
    const daysFor = async (max_event_age_days: number, correction_hours: number) => {
      const rest = {
        repeated_identifiers: 'refuse' as const,
        max_customer_combinations: 1,
        max_hourly_combinations: 1,
      };
      const row = { account_id: accountId, max_event_age_days, correction_hours, ...rest };
      await db.deleteFrom('metering_settings').execute();
      await db.insertInto('metering_settings').values(row).execute();
      return await identifierDays(db);
    };
    try {
      await db.deleteFrom('metering_settings').execute();
      expect(await identifierDays(db)).toBe(40);
      expect(await daysFor(10, 24)).toBe(40);
      expect(await daysFor(100, 24)).toBe(105);
      expect(await daysFor(35, 50 * 24 + 1)).toBe(52);
    } finally {
      await db.rollback().execute();
    }
  });

  test('by the sweep', async () => {
    const { account } = await meteredAccount();
    await account.request('POST', PATH, { max_event_age_days: 3_650 });
    const now = Temporal.Instant.from('1990-01-01T00:00:00Z');
    const keep = async (days: number) => {
      const hash = crypto.randomUUID();
      const receivedAt = now.subtract({ hours: days * 24 });
      const row = { hash, received_at: receivedAt, series_id: 1n, event_at: receivedAt, sequence: 1n };
      await database.kysely.insertInto('meter_event_identifiers').values(row).execute();
      return hash;
    };
    const [forgotten, kept] = [await keep(3_656), await keep(3_654)];
    await forgetIdentifiers(database.kysely, now);
    const rows = await database.kysely
      .selectFrom('meter_event_identifiers')
      .select('hash')
      .where('hash', 'in', [forgotten, kept])
      .execute();
    expect(rows).toEqual([{ hash: kept }]);
    await database.kysely.deleteFrom('meter_event_identifiers').where('hash', '=', kept).execute();
  });
});
