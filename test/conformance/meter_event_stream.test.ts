import { Stripe } from 'stripe';
import { beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, type Queryable } from '../../src/db/pool.ts';
import { MeterEventSessions } from '../../src/metering/meter_event_session.ts';
import { clientConfig, newAccount, type TestAccount } from '../support/account.ts';
import { testServer } from '../support/test-server.ts';

const STREAM = '/v2/billing/meter_event_stream';
const SESSION = '/v2/billing/meter_event_session';

let account: TestAccount;
let customer: string;
let meter: string;
let token: string;

beforeEach(async () => {
  account = await newAccount();
  customer = (await account.stripe.customers.create()).id;
  const params = { display_name: 'Tokens', event_name: 'tokens', default_aggregation: { formula: 'sum' as const } };
  meter = (await account.stripe.billing.meters.create(params)).id;
  token = (await account.stripe.v2.billing.meterEventSession.create()).authentication_token;
});

const event = (value = '1', more: object = {}) => ({
  event_name: 'tokens',
  payload: { stripe_customer_id: customer, value },
  ...more,
});

async function stream(events: unknown, headers: Record<string, string> = {}) {
  const body = typeof events === 'string' ? events : { events };
  return await account.request('POST', STREAM, body, { authorization: `Bearer ${token}`, ...headers });
}

async function usage(): Promise<number> {
  const minute = Math.floor(Date.now() / 60_000) * 60;
  const range = { customer, start_time: minute - 40 * 86_400, end_time: minute + 600 };
  const { data } = await account.stripe.billing.meters.listEventSummaries(meter, range);
  return data[0]!.aggregated_value;
}

describe('a session', () => {
  test('is good for fifteen minutes', async () => {
    const session = await account.stripe.v2.billing.meterEventSession.create();
    expect(session).toMatchObject({ object: 'v2.billing.meter_event_session', livemode: false });
    expect(Date.parse(session.expires_at) - Date.parse(session.created)).toBe(15 * 60_000);
    expect(session.authentication_token).not.toBe(token);
  });

  test('of a live account says so', async () => {
    const live = await newAccount({ livemode: true });
    expect((await live.stripe.v2.billing.meterEventSession.create()).livemode).toBe(true);
  });

  test('needs no body, takes no parameters, and a repeated request opens one more', async () => {
    const key = { 'idempotency-key': 'k' };
    const [first, second] = [
      await account.request('POST', SESSION, '', key),
      await account.request('POST', SESSION, '', key),
    ];
    expect(first.status).toBe(200);
    expect(second.status).toBe(200);
    expect(second.body.authentication_token).not.toBe(first.body.authentication_token);
    expect((await account.request('POST', SESSION, { nope: 1 })).body.error.code).toBe('invalid_fields');
  });

  test('refuses a key that another request used', async () => {
    const key = { 'idempotency-key': 'k' };
    await account.request('POST', '/v1/customers', {}, key);
    expect((await account.request('POST', SESSION, {}, key)).status).toBe(409);
  });

  test('leaves its token nowhere in the database, also under an Idempotency-Key', async () => {
    const { body } = await account.request('POST', SESSION, {}, { 'idempotency-key': 'secret' });
    await onDatabase(async (db) => {
      const rows = [
        ...(await db.selectFrom('idempotency_keys').selectAll().where('account_id', '=', account.accountId).execute()),
        ...(await sessionsOf(db)),
        ...(await db.selectFrom('events').selectAll().where('account_id', '=', account.accountId).execute()),
      ];
      for (const secret of [token, body.authentication_token as string]) {
        expect(JSON.stringify(rows, (_key, value: unknown) => value?.toString())).not.toContain(secret);
      }
      expect((await sessionsOf(db)).map(({ hash }) => hash.length)).toEqual([32, 32]);
    });
  });
});

async function sessionsOf(db: Queryable) {
  return await db.selectFrom('meter_event_sessions').selectAll().where('account_id', '=', account.accountId).execute();
}

async function onDatabase<T>(use: (db: Queryable) => Promise<T>): Promise<T> {
  const { kysely, close } = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
  try {
    return await use(kysely);
  } finally {
    await close();
  }
}

describe('the token', () => {
  const expired = {
    code: 'billing_meter_event_session_expired',
    type: 'temporary_session_expired',
  };

  test('makes the official client a client of the stream', async () => {
    const client = new Stripe(token, clientConfig(account.url));
    await client.v2.billing.meterEventStream.create({ events: [event('5'), event('6')] });
    expect(await usage()).toBe(11);
  });

  test.each(['token_unknown', `token_${'x'.repeat(32)}`, 'token_'])('%s is told as expired', async (unknown) => {
    const { status, body } = await stream([event()], { authorization: `Bearer ${unknown}` });
    expect(body.error).toMatchObject(expired);
    expect(status).toBe(401);
  });

  test('is over when its time is, also where it was used before', async () => {
    expect((await stream([event()])).status).toBe(200);
    const old = await openExpired(account.accountId);
    const { status, body } = await stream([event()], { authorization: `Bearer ${old}` });
    expect(body.error).toMatchObject(expired);
    expect(status).toBe(401);
    const error = await new Stripe(old, clientConfig(account.url)).v2.billing.meterEventStream
      .create({ events: [event()] })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Stripe.errors.TemporarySessionExpiredError);
    expect(await usage()).toBe(1);
  });

  test('is known to every process, those that start later too, up to the end of its session', async () => {
    await onDatabase(async (db) => {
      // What another process has: no memory of the session.
      const sessions = new MeterEventSessions(db);
      const now = Temporal.Now.instant();
      expect((await sessions.accountOf(token, now)).id).toBe(account.accountId);
      const [{ expires_at: end } = { expires_at: now }] = await sessionsOf(db);
      const lastMoment = end.subtract({ milliseconds: 1 });
      expect((await sessions.accountOf(token, lastMoment)).id).toBe(account.accountId);
      await expect(sessions.accountOf(token, end)).rejects.toThrow('has expired');
    });
  });

  test('is the only thing that the stream takes: not a secret key, and not nothing', async () => {
    for (const authorization of [`Bearer ${account.secretKey}`, '']) {
      const { status, body } = await stream([event()], { authorization });
      expect(body.error).toMatchObject({ code: 'invalid_api_key', message: expect.stringContaining(SESSION) });
      expect(status).toBe(401);
    }
  });

  test.each([
    ['POST', '/v2/billing/meter_events'],
    ['POST', SESSION],
    ['GET', '/v1/customers'],
  ])('opens nothing else: %s %s', async (method, path) => {
    const { status, body } = await account.request(method, path, {}, { authorization: `Bearer ${token}` });
    expect(body.error.message).toContain(STREAM);
    expect(status).toBe(401);
  });

  test('counts for its own account only', async () => {
    const stranger = await newAccount();
    const own = await stranger.stripe.v2.billing.meterEventSession.create();
    await stream([event('7')], { authorization: `Bearer ${own.authentication_token}` });
    expect(await usage()).toBe(0);
  });
});

/** A token whose session was over an hour ago. */
async function openExpired(accountId: string): Promise<string> {
  const old = `token_${crypto.randomUUID()}`;
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(old)));
  const at = Temporal.Now.instant().subtract({ hours: 1 });
  const row = { hash, account_id: accountId, id: 'x', created_at: at, expires_at: at };
  await onDatabase((db) => db.insertInto('meter_event_sessions').values(row).execute());
  return old;
}

describe('a request', () => {
  test('of 100 events counts them all and answers an empty object', async () => {
    const { status, body } = await stream(Array.from({ length: 100 }, (_, n) => event(String(n + 1))));
    expect(body).toEqual({});
    expect(status).toBe(200);
    expect(await usage()).toBe(5_050);
  });

  test.each<[string, unknown, string]>([
    ['101 events', Array.from({ length: 101 }, () => ({})), '1 to 100 entries, not 101'],
    ['none', [], '1 to 100 entries, not 0'],
    ['an object for the events', { 0: {} }, 'events must be a list'],
    ['null for the events', null, 'events must be a list'],
    ['text for the events', '{"events":"x"}', 'events must be a list'],
    ['nothing', '', 'Missing required param: events'],
    ['an unknown field', '{"events":[{}],"nope":1}', 'unknown parameter: nope'],
    ['broken JSON', '{"events":[', 'not valid JSON'],
    ['a list', '[]', 'must be a JSON object'],
  ])('with %s is refused as a whole', async (_name, events, message) => {
    const { status, body } = await stream(events);
    expect(body.error).toMatchObject({ code: 'invalid_fields', message: expect.stringContaining(message) });
    expect(status).toBe(400);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['text', 'x'],
    ['nothing in it', {}],
    ['an unknown field', { event_name: 'tokens', payload: { value: '1' }, nope: 1 }],
    ['a number as value', { event_name: 'tokens', payload: { value: 1 } }],
    ['null as identifier', { event_name: 'tokens', payload: {}, identifier: null }],
    ['a NUL', { event_name: 'a\0', payload: {} }],
    ['half of a surrogate pair', { event_name: 'tokens', payload: { a: '\ud800' } }],
    ['__proto__ as a key', { event_name: 'tokens', payload: JSON.parse('{"__proto__":"x"}') }],
    ['an impossible day', { event_name: 'tokens', payload: {}, timestamp: '2026-02-30T00:00:00Z' }],
    ['unix seconds', { event_name: 'tokens', payload: {}, timestamp: 1_795_341_600 }],
    [
      'a payload of 51 keys',
      { event_name: 'tokens', payload: Object.fromEntries([...Array(51).keys()].map((n) => [n, ''])) },
    ],
    ['a meter that is none', { event_name: 'nope', payload: {} }],
    ['a customer that is none', { event_name: 'tokens', payload: { stripe_customer_id: 'cus_nope', value: '1' } }],
    ['no customer', { event_name: 'tokens', payload: { value: '1' } }],
    [
      'no number, cut for the message inside a surrogate pair',
      { event_name: 'tokens', payload: { stripe_customer_id: 'cus_nope', value: `${'x'.repeat(39)}😀` } },
    ],
    ['no number', { event_name: 'tokens', payload: { stripe_customer_id: 'cus_nope', value: 'x' } }],
    ['a time long ago', { event_name: 'tokens', payload: { value: '1' }, timestamp: '2001-01-01T00:00:00Z' }],
  ])('an event with %s leaves the good ones alone', async (_name, bad) => {
    const { status, body } = await stream([event('1'), bad, event('2'), bad, event('4')]);
    expect(body).toEqual({});
    expect(status).toBe(200);
    expect(await usage()).toBe(7);
  });

  test('keeps what it could not count, with the reason and what could be read of it', async () => {
    const time = new Date(Date.now() - 60_000).toISOString();
    await stream([
      event('1', { identifier: 'good' }),
      { event_name: 'tokens', payload: { value: 5 }, identifier: 'number', timestamp: time },
      'text',
      event('1', { identifier: 'long ago', timestamp: '2001-01-01T00:00:00Z' }),
    ]);
    const rows = await onDatabase((db) =>
      db
        .selectFrom('rejected_meter_events')
        .select(['event_name', 'identifier', 'code', 'message'])
        .where('account_id', '=', account.accountId)
        .orderBy('code')
        .orderBy('message')
        .execute(),
    );
    const invalid = { code: 'invalid_fields' };
    expect(rows).toEqual([
      { ...invalid, event_name: null, identifier: null, message: 'Invalid event: it must be an object.' },
      {
        ...invalid,
        event_name: 'tokens',
        identifier: 'number',
        message: 'Invalid payload[value]: it must be a string.',
      },
      {
        code: 'timestamp_too_far_in_past',
        event_name: 'tokens',
        identifier: 'long ago',
        message: expect.stringContaining('35 days'),
      },
    ]);
  });

  test('an identifier counts once, in one request and in many', async () => {
    await stream([event('1', { identifier: 'i' }), event('1', { identifier: 'i' }), event('1', { identifier: 'j' })]);
    await stream([event('1', { identifier: 'i' }), event('1', { identifier: 'k' })]);
    expect(await usage()).toBe(3);
  });

  test('sent again with its Idempotency-Key counts nothing more, also without identifiers', async () => {
    const key = { 'idempotency-key': 'k' };
    const events = [event('3'), event('4')];
    expect((await stream(events, key)).headers.get('idempotent-replayed')).toBeNull();
    const second = await stream(events, key);
    expect(second.body).toEqual({});
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(await usage()).toBe(7);
    for (const other of [[event('5')], [], 'x']) {
      const { status, body } = await stream(other, key);
      expect(body.error).toMatchObject({ code: 'idempotency_error', type: 'idempotency_error' });
      expect(status).toBe(409);
    }
  });
});
