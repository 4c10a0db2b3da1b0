import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { foldDays, foldUsage } from '../../src/metering/fold.ts';
import { findMeter } from '../../src/metering/meter.sql.ts';
import type { Meter } from '../../src/metering/meter.ts';
import { usageOf } from '../../src/metering/usage.sql.ts';
import { formatDecimal } from '../../src/money/decimal.ts';
import { newAccount, type TestAccount } from '../support/account.ts';
import { testServer } from '../support/test-server.ts';

const HOUR_SECONDS = 3_600;
/**
 * The start of this hour, whose first five minutes take events already, and which the server does not fold by itself as
 * long as these tests run.
 */
const START = Math.floor(Date.now() / 1000 / HOUR_SECONDS) * HOUR_SECONDS;
const OVER = instant(HOUR_SECONDS).add({ minutes: 5 });

let account: TestAccount;
let database: Database;
let meter: Meter;
let customer: string;
let token: string;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 8 });
});
afterAll(() => database.close());

beforeEach(async () => {
  account = await newAccount();
  customer = (await account.stripe.customers.create()).id;
  token = (await account.stripe.v2.billing.meterEventSession.create()).authentication_token;
  meter = await createMeter('sum');
});

const scope = () => ({ db: database.kysely, account: { id: account.accountId } });
const fold = (at = OVER) => foldUsage(database.kysely, at);

/** A number of seconds after START. */
function instant(second: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds((START + second) * 1000);
}

async function createMeter(formula: 'sum' | 'last'): Promise<Meter> {
  const params = { display_name: formula, event_name: formula, default_aggregation: { formula } };
  return (await findMeter(scope(), (await account.stripe.billing.meters.create(params)).id))!;
}

/** Sends values; the first number of each is the second after START. */
async function send(...events: [second: number, value: string][]): Promise<void> {
  const body = events.map(([second, value]) => ({
    event_name: meter.eventName,
    timestamp: new Date((START + second) * 1000).toISOString(),
    payload: { stripe_customer_id: customer, value },
  }));
  const headers = { authorization: `Bearer ${token}` };
  const { status } = await account.request('POST', '/v2/billing/meter_event_stream', { events: body }, headers);
  expect(status).toBe(200);
}

async function usage(fromSecond = 0, toSecond = HOUR_SECONDS): Promise<string> {
  const period = { start: instant(fromSecond), end: instant(toSecond) };
  return formatDecimal(await usageOf(scope(), meter, customer, period));
}

const series = () =>
  database.kysely.selectFrom('usage_series').select('id').where('account_id', '=', account.accountId);

async function stored(): Promise<{ hours: string[]; unfolded: number }> {
  const hours = await database.kysely
    .selectFrom('usage_hours')
    .select(['event_count', 'value_sum'])
    .where('series_id', 'in', series())
    .orderBy('hour_at')
    .execute();
  const unfolded = await database.kysely
    .selectFrom('usage_minutes')
    .select('minute_at')
    .where('series_id', 'in', series())
    .where('folded', '=', false)
    .execute();
  return { hours: hours.map((hour) => `${hour.event_count}: ${hour.value_sum}`), unfolded: unfolded.length };
}

test('an hour is folded from all its minutes, and again after late events', async () => {
  await send([0, '1'], [59, '2'], [120, '3.5']);
  await fold();
  expect(await stored()).toEqual({ hours: ['3: 6.5'], unfolded: 0 });
  await send([30, '10'], [180, '-20']);
  expect((await stored()).unfolded).toBe(2);
  expect(await usage()).toBe('-3.5');
  await fold();
  expect(await stored()).toEqual({ hours: ['5: -3.5'], unfolded: 0 });
  expect(await usage()).toBe('-3.5');
});

test('an hour is over five minutes after its end', async () => {
  await send([299, '1']);
  await fold(OVER.subtract({ seconds: 1 }));
  expect((await stored()).unfolded).toBe(1);
  await fold(OVER);
  expect((await stored()).unfolded).toBe(0);
});

test('readers of folded usage read hours, of cut hours minutes, and of hours with late events minutes', async () => {
  await send([0, '1'], [200, '2']);
  await fold();
  // A mark that only the hours have tells where a figure comes from.
  await database.kysely.updateTable('usage_hours').set({ value_sum: '9' }).where('series_id', 'in', series()).execute();
  expect(await usage()).toBe('9');
  expect(await usage(0, 3599)).toBe('3');
  await send([1, '1']);
  expect(await usage()).toBe('4');
});

/** Seconds of hours of the day before yesterday, and of yesterday's first. */
const DAY = Math.floor(START / 86_400) * 86_400 - 2 * 86_400 - START;
const days = () => database.kysely.selectFrom('usage_days').where('series_id', 'in', series());
const setDays = (value: string) =>
  database.kysely.updateTable('usage_days').set({ value_sum: value }).where('series_id', 'in', series()).execute();

test('hours of a day that is over become a day, and again after a late event', async () => {
  await send([DAY, '1'], [DAY + 2 * HOUR_SECONDS, '2'], [DAY + 2 * HOUR_SECONDS + 1, '2'], [DAY + 86_400, '10']);
  await fold();
  // Not before the last hour of the day can be folded.
  await foldDays(database.kysely, instant(DAY + 86_400).add({ minutes: 4, seconds: 59 }));
  expect(await days().selectAll().execute()).toEqual([]);
  await foldDays(database.kysely, instant(DAY + 86_400).add({ minutes: 5 }));
  expect(await days().select(['event_count', 'value_sum']).execute()).toEqual([{ event_count: 3n, value_sum: '5' }]);
  // A mark that only the days have tells where a figure comes from.
  await setDays('9');
  expect(await usage(DAY, DAY + 86_400)).toBe('9');
  expect(await usage(DAY, DAY + 2 * 86_400)).toBe('19');
  expect(await usage(DAY - 1, DAY + 86_401)).toBe('19');
  expect(await usage(DAY + 1, DAY + 86_400)).toBe('4');
  // The minute is not folded, then the hour is not, then the day is anew.
  await send([DAY + HOUR_SECONDS, '7']);
  expect(await usage(DAY, DAY + 86_400)).toBe('12');
  await fold();
  expect(await usage(DAY, DAY + 86_400)).toBe('12');
  await foldDays(database.kysely, OVER);
  expect(await usage(DAY, DAY + 86_400)).toBe('12');
  await setDays('9');
  expect(await usage(DAY, DAY + 86_400)).toBe('9');
});

test('a meter with a window is read by hours, whatever its days say', async () => {
  const params = { display_name: 'w', event_name: 'w', default_aggregation: { formula: 'sum' } } as const;
  const { id } = await account.stripe.billing.meters.create({ ...params, event_time_window: 'hour' });
  meter = (await findMeter(scope(), id))!;
  await send([DAY, '1'], [DAY + 1, '2'], [DAY + HOUR_SECONDS, '4']);
  await fold();
  await foldDays(database.kysely, OVER);
  expect(await usage(DAY, DAY + 86_400)).toBe('6');
});

test('of events of one second the one received last is the last, folded or not', async () => {
  meter = await createMeter('last');
  await send([10, '5'], [10, '6'], [9, '7']);
  expect(await usage()).toBe('6');
  await fold();
  expect(await usage()).toBe('6');
  await send([10, '8']);
  await fold();
  expect(await usage()).toBe('8');
});

test('a pass goes through any number of slices', async () => {
  for (let part = 1; part <= 5; part++) {
    await send(
      ...Array.from({ length: 100 }, (_, hour): [number, string] => [(hour - part * 100) * HOUR_SECONDS, '1']),
    );
  }
  // The server may be folding the same series at this moment.
  await vi.waitFor(async () => {
    await fold();
    const { hours, unfolded } = await stored();
    expect([hours.length, unfolded]).toEqual([500, 0]);
  });
});

test('a pass stops when it is told to', async () => {
  await send([0, '1']);
  expect(await foldUsage(database.kysely, OVER, AbortSignal.abort())).toBe(0);
  expect((await stored()).unfolded).toBe(1);
});

test('no event is lost or counted twice while events come in, several processes fold, and readers look', async () => {
  const hours = 24;
  let sent = 0;
  let acknowledged = 0;
  const end = new AbortController();
  const write = async () => {
    for (let round = 0; round < 60; round++) {
      const batch = Array.from({ length: 20 }, (): [number, string] => [-Math.ceil(Math.random() * hours * 3600), '1']);
      sent += batch.length;
      await send(...batch);
      acknowledged += batch.length;
    }
  };
  let folded = 0;
  const foldOn = async () => {
    while (!end.signal.aborted) {
      folded += await fold();
      await foldDays(database.kysely, OVER);
      await sleep(1);
    }
  };
  let looks = 0;
  const look = async () => {
    for (; !end.signal.aborted; looks++) {
      const before = acknowledged;
      const found = Number(await usage(-hours * HOUR_SECONDS, 0));
      expect(found).toBeGreaterThanOrEqual(before);
      expect(found).toBeLessThanOrEqual(sent);
    }
  };
  const writing = Promise.all([write(), write(), write()]).finally(() => end.abort());
  await Promise.all([writing, foldOn(), foldOn(), foldOn(), look(), look()]);
  expect(folded).toBeGreaterThan(20);
  expect(looks).toBeGreaterThan(20);
  await vi.waitFor(async () => {
    await fold();
    await foldDays(database.kysely, OVER);
    expect((await stored()).unfolded).toBe(0);
  });
  expect(await usage(-hours * HOUR_SECONDS, 0)).toBe('3600');
});
