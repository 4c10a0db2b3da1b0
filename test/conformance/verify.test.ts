import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { foldDays, foldUsage } from '../../src/metering/fold.ts';
import { newAccount, type TestAccount } from '../support/account.ts';
import { testServer } from '../support/test-server.ts';
import { findDifferences } from '../support/usage-differences.ts';

/** The start of an hour two days ago, and of the one after it. */
const HOUR = Temporal.Instant.fromEpochMilliseconds((Math.floor(Date.now() / 3_600_000) - 48) * 3_600_000);
const NEXT_HOUR = HOUR.add({ hours: 1 });

const FORMULAS = ['sum', 'last', 'max', 'unique_count'] as const;

let account: TestAccount;
let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
});
afterAll(() => database.close());

/** Three events of each meter: two in one minute and one an hour later. */
beforeEach(async () => {
  account = await newAccount();
  const customer = (await account.stripe.customers.create()).id;
  const token = (await account.stripe.v2.billing.meterEventSession.create()).authentication_token;
  for (const formula of FORMULAS) {
    const params = { display_name: formula, event_name: formula, default_aggregation: { formula } };
    expect((await account.request('POST', '/v1/usance/meters', params)).status).toBe(200);
  }
  const events = FORMULAS.flatMap((formula) =>
    [0, 10, 3_600].map((second, index) => ({
      event_name: formula,
      identifier: `${formula} ${index}`,
      timestamp: HOUR.add({ seconds: second }).toString({ fractionalSecondDigits: 3 }),
      payload: { stripe_customer_id: customer, value: String(index + 1) },
    })),
  );
  const headers = { authorization: `Bearer ${token}` };
  expect((await account.request('POST', '/v2/billing/meter_event_stream', { events }, headers)).status).toBe(200);
  // Another process may be folding the same series at this moment.
  await vi.waitFor(async () => {
    await foldUsage(database.kysely, Temporal.Now.instant());
    await foldDays(database.kysely, Temporal.Now.instant());
    expect(await unfolded()).toBe(0n);
  });
});

async function unfolded(): Promise<bigint | undefined> {
  const { rows } = await sql<{ count: bigint }>`
    with s as (select id from usage_series where account_id = ${account.accountId})
    select (select count(*) from usage_minutes where not folded and series_id in (select id from s))
      + (select count(*) from usage_hours where not folded and series_id in (select id from s)) as count
  `.execute(database.kysely);
  return rows[0]?.count;
}

const series = (formula: string) => sql`(
  select s.id from usage_series s join meters m on m.account_id = s.account_id and m.id = s.meter_id
  where s.account_id = ${account.accountId} and m.formula = ${formula}
)`;
const differences = (period?: { from?: Temporal.Instant; to?: Temporal.Instant }) =>
  findDifferences(database.kysely, account.accountId, period);

async function cancel(identifier: string): Promise<void> {
  const params = { event_name: identifier.split(' ')[0]!, type: 'cancel', cancel: { identifier } };
  expect((await account.request('POST', '/v1/billing/meter_event_adjustments', params)).status).toBe(200);
}

test('there is no difference, also after corrections and before they are folded', async () => {
  expect(await differences()).toEqual([]);
  for (const formula of FORMULAS) {
    await cancel(`${formula} 1`);
    await cancel(`${formula} 2`);
  }
  expect(await differences()).toEqual([]);
  await foldUsage(database.kysely, Temporal.Now.instant());
  expect(await differences()).toEqual([]);
});

test('a wrong minute is told, with what it should be', async () => {
  await sql`update usage_minutes set value_sum = 4 where minute_at = ${HOUR} and series_id = ${series('sum')}`.execute(
    database.kysely,
  );
  expect(await differences()).toEqual(['minute: 2 events, sum 3; 2 events, sum 4']);
});

test('a wrong last event is told', async () => {
  await sql`
    update usage_minutes set last_sequence = last_sequence - 1 where minute_at = ${HOUR} and series_id = ${series('last')}
  `.execute(database.kysely);
  const [told, ...more] = await differences();
  expect(told).toMatch(/^minute: 2 events, sum 3, last 2 of .* #\d+; 2 events, sum 3, last 2 of .* #\d+$/);
  expect(more).toEqual([]);
});

test('a minute that is missing, and one that should not be there', async () => {
  await sql`
    update usage_minutes set minute_at = minute_at + interval '1 minute' where minute_at = ${HOUR}
      and series_id = ${series('max')}
  `.execute(database.kysely);
  expect(await differences()).toEqual([
    'minute: 2 events, sum 3, min 1, max 2; null',
    'minute: null; 2 events, sum 3, min 1, max 2',
  ]);
});

test('a wrong hour is told, unless readers take its minutes', async () => {
  await sql`update usage_hours set value_max = 9 where hour_at = ${HOUR} and series_id = ${series('max')}`.execute(
    database.kysely,
  );
  expect(await differences()).toEqual(['hour: 2 events, sum 3, min 1, max 2; 2 events, sum 3, min 1, max 9']);
  expect(await differences({ from: NEXT_HOUR })).toEqual([]);
  expect(await differences({ to: HOUR })).toEqual([]);
  await sql`update usage_minutes set folded = false where minute_at = ${HOUR} and series_id = ${series('max')}`.execute(
    database.kysely,
  );
  expect(await differences()).toEqual([]);
});

test('a wrong day is told, unless readers take its hours or minutes', async () => {
  const wrong = sql`update usage_days set value_sum = value_sum + 1 where series_id = ${series('sum')}`;
  await wrong.execute(database.kysely);
  const [told, ...others] = await differences();
  expect(told).toMatch(/^day: \d events, sum (\d); \d events, sum \d$/);
  // The day of the first two events may be another than that of the third.
  expect(others.length).toBeLessThan(2);
  // Of a day that is cut nobody can tell whether it is right.
  expect(await differences({ to: HOUR })).toEqual([]);
  await sql`update usage_hours set folded = false where series_id = ${series('sum')}`.execute(database.kysely);
  expect(await differences()).toEqual([]);
});

test('an hour that is missing is told', async () => {
  await sql`delete from usage_hours where hour_at = ${HOUR} and series_id = ${series('sum')}`.execute(database.kysely);
  expect(await differences()).toEqual(['hour: 2 events, sum 3; null']);
});

test('a wrong number of values is told', async () => {
  await sql`update usage_values set event_count = 2 where value = '1' and series_id = ${series('unique_count')}`.execute(
    database.kysely,
  );
  expect(await differences()).toEqual(['value: 1 events of value 1; 2 events of value 1']);
});

test('an event whose identifier is not known, and an identifier of no event', async () => {
  const db = database.kysely;
  await sql`
    delete from meter_event_identifiers i using meter_events e
    where e.series_id = ${series('sum')} and e.identifier = 'sum 0'
      and (i.series_id, i.event_at, i.sequence) = (e.series_id, e.event_at, e.sequence)
  `.execute(db);
  expect(await differences()).toEqual([
    expect.stringMatching(/^event without identifier: identifier sum 0 of .*; null$/),
  ]);
  await sql`update meter_events set identifier = 'other' where series_id = ${series('last')} and identifier = 'last 2'`.execute(
    db,
  );
  expect((await differences()).map((text) => text.split(':')[0])).toEqual([
    'event without identifier',
    'event without identifier',
    'identifier without event',
  ]);
});

test('the command prints the differences and ends with 1, or with 0 when there are none', async () => {
  const clean = await runVerify();
  // A slow machine also tells how far it is.
  expect([clean.code, clean.stdout]).toEqual([0, 'Usage is what the raw events say.\n']);
  await sql`update usage_minutes set value_sum = 4 where minute_at = ${HOUR} and series_id = ${series('sum')}`.execute(
    database.kysely,
  );
  const { code, stdout } = await runVerify();
  expect(code).toBe(1);
  expect(stdout).toMatch(
    new RegExp(
      `^minute ${account.accountId} mtr_\\S+ cus_\\S+ ${HOUR.toString()}: expected 2 events, sum 3; found 2 events, sum 4\n`,
    ),
  );
  expect(stdout).toContain('\n1 difference.\n');
  const refused = await runVerify('--from', 'yesterday');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("not 'yesterday'");
});

async function runVerify(...options: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const bin = fileURLToPath(new URL('../../bin/usance.js', import.meta.url));
  const args = [bin, 'verify', 'usage', '--account', account.accountId, ...options];
  const env = { PATH: process.env['PATH'], DATABASE_URL: (await testServer()).databaseUrl };
  return await new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}
