import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { foldUsage } from '../../src/metering/fold.ts';
import { newAccount } from '../support/account.ts';
import { testServer } from '../support/test-server.ts';
import { HOUR, type Metered, meteredAccount, pastHour, unixNow } from './metered.ts';

const V1 = '/v1/billing/meter_event_adjustments';
const V2 = '/v2/billing/meter_event_adjustments';

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
});
afterAll(() => database.close());

const adjustment = (identifier: string, more: object = {}) => ({
  event_name: 'tokens',
  type: 'cancel',
  cancel: { identifier },
  ...more,
});

describe('an adjustment', () => {
  test('of v1 answers complete, and the next summary is without the event', async () => {
    const { send, cancel, usage } = await meteredAccount();
    await send('5', { identifier: 'a' });
    await send('7', { identifier: 'b' });
    expect(await usage()).toBe('12');
    expect(await cancel('a')).toMatchObject({
      object: 'billing.meter_event_adjustment',
      cancel: { identifier: 'a' },
      event_name: 'tokens',
      livemode: false,
      status: 'complete',
      type: 'cancel',
    });
    expect(await usage()).toBe('7');
  });

  test('of v2 answers the same with an id and a time', async () => {
    const { account, send, usage } = await meteredAccount();
    await send('5', { identifier: 'a' });
    const made = await account.stripe.v2.billing.meterEventAdjustments.create({
      event_name: 'tokens',
      type: 'cancel',
      cancel: { identifier: 'a' },
    });
    expect(made).toMatchObject({ object: 'v2.billing.meter_event_adjustment', status: 'complete', livemode: false });
    expect(made.id).toMatch(/^mtr_event_adj_test_\w{24}$/);
    expect(Math.abs(Date.parse(made.created) / 1000 - unixNow())).toBeLessThan(30);
    expect(await usage()).toBe('0');
  });

  test('leaves the identifier taken', async () => {
    const { send, cancel, usage } = await meteredAccount();
    await send('5', { identifier: 'a' });
    await cancel('a');
    expect((await send('5', { identifier: 'a' })).body.error.message).toBe(
      'An event already exists with identifier a.',
    );
    expect(await usage()).toBe('0');
  });

  test('is done once under its Idempotency-Key, in both versions', async () => {
    const { account, send, usage } = await meteredAccount();
    for (const [path, identifier] of [
      [V1, 'a'],
      [V2, 'b'],
    ] as const) {
      await send('5', { identifier });
      const header = { 'idempotency-key': path };
      const first = await account.request('POST', path, adjustment(identifier), header);
      const again = await account.request('POST', path, adjustment(identifier), header);
      expect(first.status).toBe(200);
      expect(again.body).toEqual(first.body);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
    }
    expect(await usage()).toBe('0');
  });

  test('reaches events of the stream, of inactive meters and of deleted customers', async () => {
    const { account, customer, meter, stream, cancel, usage } = await meteredAccount();
    const payload = { stripe_customer_id: customer, value: '3' };
    await stream([{ event_name: 'tokens', identifier: 's', payload }]);
    expect(await usage()).toBe('3');
    await account.stripe.billing.meters.deactivate(meter);
    await account.stripe.customers.del(customer);
    expect((await cancel('s')).status).toBe('complete');
  });
});

describe('what can not be cancelled', () => {
  const refused = { status: 400, code: 'invalid_cancel_configuration' };

  async function refusal({ account }: Metered, path: string, params: object) {
    const { status, body } = await account.request('POST', path, params as never);
    return { status, code: body.error.code as string, message: body.error.message as string };
  }

  test.each([V1, V2])('%s says why', async (path) => {
    const metered = await meteredAccount();
    await metered.send('5', { identifier: 'a' });
    const refuse = async (params: object) => await refusal(metered, path, params);
    expect(await refuse(adjustment('nope'))).toMatchObject({ ...refused, message: expect.stringContaining('nope') });
    expect(await refuse(adjustment('a', { event_name: 'other' }))).toMatchObject(refused);
    expect(await refuse({ event_name: 'tokens', type: 'cancel' })).toMatchObject(refused);
    expect(await metered.usage()).toBe('5');
    await metered.cancel('a');
    expect(await refuse(adjustment('a'))).toMatchObject({
      ...refused,
      message: expect.stringContaining('The meter event with identifier a is already cancelled.'),
    });
    expect(await metered.usage()).toBe('0');
  });

  test('v1 names the parameter', async () => {
    const { account } = await meteredAccount();
    const { body } = await account.request('POST', V1, adjustment('nope'));
    expect(body.error).toMatchObject({ param: 'cancel[identifier]', type: 'invalid_request_error' });
  });

  test.each([
    [{ type: 'undo' }, 'type'],
    [{ event_name: undefined }, 'event_name'],
    [{ cancel: { identifier: 'i'.repeat(101) } }, 'cancel[identifier]'],
  ])('wrong parameters: %o', async (params, param) => {
    const { account } = await meteredAccount();
    const { status, body } = await account.request('POST', V1, adjustment('a', params));
    expect({ status, param: body.error.param }).toEqual({ status: 400, param });
  });

  test('an event of another account', async () => {
    const owner = await meteredAccount();
    await owner.send('5', { identifier: 'a' });
    const { body } = await (await newAccount()).request('POST', V1, adjustment('a'));
    expect(body.error.message).toBe('No meter event was found with identifier a.');
    expect(await owner.usage()).toBe('5');
  });

  test('an event received longer ago than the settings allow, 24 hours by default', async () => {
    const metered = await meteredAccount();
    const { account, send, cancel, usage } = metered;
    await send('5', { identifier: 'a' });
    const receivedAt = Temporal.Now.instant().subtract({ hours: 25 });
    await database.kysely
      .updateTable('meter_events')
      .set({ received_at: receivedAt })
      .where('series_id', 'in', (query) =>
        query.selectFrom('usage_series').select('id').where('account_id', '=', account.accountId),
      )
      .execute();
    const late = await refusal(metered, V1, adjustment('a'));
    expect(late).toMatchObject(refused);
    expect(late.message).toMatch(/^Meter events can be cancelled for 24 hours after their receipt/);
    expect(await usage()).toBe('5');
    await account.request('POST', '/v1/usance/metering_settings', { correction_hours: 26 });
    await cancel('a');
    expect(await usage()).toBe('0');
  });
});

describe('formulas', () => {
  const hour = pastHour();

  /** Events as [identifier, value, second after the hour], in the order of their receipt. */
  const EVENTS = [
    ['a', '5', 10],
    ['b', '9', 20],
    ['c', '2', 130],
    ['d', '7', 3_700],
  ] as const;

  test.each([
    ['sum', undefined, ['23', '14', '12', '5']],
    ['count', undefined, ['4', '3', '2', '1']],
    ['last', undefined, ['7', '7', '7', '7'], ['a', 'b', 'c']],
    ['last', undefined, ['7', '2', '9', '5'], ['d', 'c', 'b']],
    ['max', undefined, ['9', '7', '5', '5'], ['b', 'd', 'c']],
    ['min', undefined, ['2', '5', '7', '9'], ['c', 'a', 'd']],
    ['average', undefined, ['5.75', '4.666666666667', '6', '7'], ['b', 'c', 'a']],
    ['unique_count', undefined, ['4', '3', '2', '1']],
    ['sum', 'hour', ['9', '16', '12', '5'], ['c', 'b', 'd']],
    ['last', 'hour', ['7', '2', '9', '5'], ['d', 'c', 'b']],
    ['count', 'hour', ['2', '2', '2', '1'], ['a', 'b', 'd']],
    ['last', 'day', ['7', '2', '9', '5'], ['d', 'c', 'b']],
  ] as const)('%s with window %s is exact after each cancellation: %o', async (...row) => {
    const [formula, window, expected, cancelled = ['b', 'c', 'd']] = row;
    // The two hours of the events must lie in one day for the day's window.
    const start = new Date(hour * 1000).getUTCHours() === 23 ? hour - HOUR : hour;
    const { send, cancel, usage } = await meteredAccount(formula, { event_time_window: window });
    for (const [identifier, value, second] of EVENTS) await send(value, { identifier, timestamp: start + second });
    const seen = [await usage()];
    for (const identifier of cancelled) {
      await cancel(identifier);
      seen.push(await usage());
    }
    expect(seen).toEqual(expected);
  });

  test('in a window the event received last counts, and after its cancellation the one received before it', async () => {
    const { send, cancel, usage } = await meteredAccount('sum', { event_time_window: 'hour' });
    await send('1', { identifier: 'first', timestamp: hour + 50 });
    await send('2', { identifier: 'second', timestamp: hour + 40 });
    await send('3', { identifier: 'third', timestamp: hour + 45 });
    await cancel('third');
    expect(await usage()).toBe('2');
    await cancel('second');
    expect(await usage()).toBe('1');
  });

  test.each(['sum', 'last', 'min', 'max'] as const)('%s: an emptied minute takes new events', async (formula) => {
    const { send, cancel, usage } = await meteredAccount(formula);
    await send('-5', { identifier: 'a', timestamp: hour });
    await cancel('a');
    expect(await usage()).toBe('0');
    await send('-3', { identifier: 'b', timestamp: hour });
    expect(await usage()).toBe('-3');
  });

  test('unique_count: a value is gone with the last of its events', async () => {
    const { send, cancel, usage } = await meteredAccount('unique_count');
    for (const identifier of ['a', 'b']) await send('red', { identifier, timestamp: hour });
    await cancel('a');
    expect(await usage()).toBe('1');
    await cancel('b');
    expect(await usage()).toBe('0');
    await send('red', { identifier: 'c', timestamp: hour + 1 });
    expect(await usage()).toBe('1');
  });

  test.each(['sum', 'last', 'max'] as const)('%s: hours that were folded are corrected as well', async (formula) => {
    const { send, cancel, usage } = await meteredAccount(formula);
    await send('5', { identifier: 'a', timestamp: hour + 10 });
    await send('9', { identifier: 'b', timestamp: hour + 700 });
    await foldUsage(database.kysely, Temporal.Now.instant());
    await cancel('b');
    expect(await usage()).toBe('5');
    await foldUsage(database.kysely, Temporal.Now.instant());
    expect(await usage()).toBe('5');
    await cancel('a');
    expect(await usage()).toBe('0');
    await foldUsage(database.kysely, Temporal.Now.instant());
    expect(await usage()).toBe('0');
  });
});

describe('corrections while events come in', () => {
  type Sent = { readonly identifier: string; readonly value: number };

  /** Sends to one minute, with cancellations of every third event in between; answers what is left. */
  async function raceIn({ send, cancel }: Metered, rounds: number): Promise<number[]> {
    const timestamp = pastHour() + 30;
    const kept: number[] = [];
    let before: Sent[] = [];
    for (let round = 0; round < rounds; round++) {
      const now: Sent[] = Array.from({ length: 12 }, (_, n) => ({
        identifier: `${round}-${n}`,
        value: ((round * 12 + n) * 7_919) % 1_009,
      }));
      const answers = await Promise.all([
        ...now.map(({ identifier, value }) => send(String(value), { identifier, timestamp })),
        ...before.filter((_, n) => n % 3 === 0).map(({ identifier }) => cancel(identifier)),
      ]);
      for (const answer of answers) expect('status' in answer && [200, 'complete']).toContain(answer.status);
      kept.push(...before.filter((_, n) => n % 3 !== 0).map(({ value }) => value));
      before = now;
    }
    return [...kept, ...before.map(({ value }) => value)];
  }

  test.each([
    ['sum', (kept: number[]) => kept.reduce((total, value) => total + value, 0)],
    ['count', (kept: number[]) => kept.length],
    ['max', (kept: number[]) => Math.max(...kept)],
    ['min', (kept: number[]) => Math.min(...kept)],
    ['unique_count', (kept: number[]) => new Set(kept).size],
  ] as const)('%s: no event is lost or doubled', async (formula, model) => {
    const metered = await meteredAccount(formula);
    const kept = await raceIn(metered, 12);
    expect(await metered.usage()).toBe(String(model(kept)));
    expect(await differences(metered)).toEqual([]);
  });

  test.each([undefined, 'hour'])('last with window %s: the minute is what its events make', async (window) => {
    const metered = await meteredAccount('last', { event_time_window: window });
    await raceIn(metered, 12);
    expect(await differences(metered)).toEqual([]);
  });

  test('of many requests that cancel one event one does', async () => {
    const { account, send, usage } = await meteredAccount();
    await send('5', { identifier: 'a' });
    await send('3', { identifier: 'b' });
    const answers = await Promise.all(Array.from({ length: 20 }, () => account.request('POST', V1, adjustment('a'))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await usage()).toBe('3');
  });

  /** Minutes of the account that differ from a recomputation, by a query of its own. */
  async function differences({ account }: Metered): Promise<unknown[]> {
    const { rows } = await database.pool.query(
      `select u.minute_at::text, u.event_count, u.value_sum, u.last_value, e.count, e.sum, l.value
       from usage_minutes u
       join usage_series s on s.id = u.series_id
       join meters m on m.account_id = s.account_id and m.id = s.meter_id
       cross join lateral (
         select count(*) as count, coalesce(sum(value), 0) as sum from meter_events e
         where e.series_id = u.series_id and date_trunc('minute', e.event_at) = u.minute_at and e.cancelled_at is null
       ) e
       left join lateral (
         select value, sequence from meter_events e
         where e.series_id = u.series_id and date_trunc('minute', e.event_at) = u.minute_at and e.cancelled_at is null
         order by case when m.event_time_window is null then e.event_at end desc, e.sequence desc limit 1
       ) l on true
       where s.account_id = $1 and (
         (u.event_count, u.value_sum) <> (e.count, e.sum)
         or (u.last_rank_at is not null and (u.last_value, u.last_sequence) is distinct from (l.value, l.sequence))
       )`,
      [account.accountId],
    );
    return rows as unknown[];
  }
});
