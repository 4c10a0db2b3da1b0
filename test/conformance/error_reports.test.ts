import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { reportErrors } from '../../src/metering/error_report.ts';
import { testServer } from '../support/test-server.ts';
import { type Metered, meteredAccount } from './metered.ts';

/** Reports are read in the database: /v2/core/events is not served yet. */
let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 4 });
});
afterAll(() => database.close());

type Sample = { error_message: string; request: { identifier: string } };

type Report = {
  type: string;
  id: string;
  related_object_id: string | null;
  related_object_type: string | null;
  created_at: Temporal.Instant;
  data: {
    developer_message_summary: string;
    reason: { error_count: number; error_types: { code: string; error_count: number; sample_errors: Sample[] }[] };
    validation_start: string;
    validation_end: string;
  };
};

async function reportsOf({ account }: Metered): Promise<Report[]> {
  const query = database.kysely.selectFrom('thin_events').selectAll().where('account_id', '=', account.accountId);
  return (await query.orderBy('created_at').orderBy('id').execute()) as unknown as Report[];
}

/** Waits until the server itself has made so many reports: at most a window, the delay and a turn of the ticker. */
async function untilReported(metered: Metered, count: number): Promise<Report[]> {
  await vi.waitFor(async () => expect((await reportsOf(metered)).length).toBeGreaterThanOrEqual(count), 20_000);
  return await reportsOf(metered);
}

const bad = (identifier: string, payload: object = {}) => ({ event_name: 'tokens', identifier, payload });

/** Waits for the begin of a window, so that what follows within some seconds lies in one. */
async function startOfWindow(): Promise<void> {
  const rest = 10_000 - (Date.now() % 10_000);
  if (rest < 5_000) await new Promise((resolve) => setTimeout(resolve, rest + 50));
}

describe('errors of the stream', () => {
  test('are reported by meter for each ten seconds, about two seconds after their end', async () => {
    const metered = await meteredAccount();
    const { customer, meter, stream, account } = metered;
    await startOfWindow();
    await stream([
      bad('none'),
      bad('word', { stripe_customer_id: customer, value: 'x' }),
      { event_name: 'unknown', identifier: 'lost', payload: {} },
    ]);
    await stream([bad('stranger', { stripe_customer_id: 'cus_nope', value: '1' }), bad('none again')]);
    const reports = await untilReported(metered, 2);
    expect(reports).toHaveLength(2);
    const report = reports.find(({ type }) => type === 'v1.billing.meter.error_report_triggered')!;
    expect(report.id).toMatch(/^evt_test_\w{24}$/);
    expect(report).toMatchObject({ related_object_id: meter, related_object_type: 'billing.meter' });
    expect(report.data).toEqual({
      developer_message_summary: 'There are 4 invalid events',
      reason: {
        error_count: 4,
        error_types: [
          {
            code: 'meter_event_no_customer_defined',
            error_count: 2,
            sample_errors: ['none', 'none again'].map((identifier) => ({
              error_message: 'Customer mapping key stripe_customer_id not found in payload.',
              request: { identifier },
            })),
          },
          expect.objectContaining({ code: 'meter_event_customer_not_found', error_count: 1 }),
          expect.objectContaining({ code: 'meter_event_invalid_value', error_count: 1 }),
        ],
      },
      validation_start: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d0\.000Z$/),
      validation_end: expect.any(String),
    });
    const end = Date.parse(report.data.validation_end);
    expect(end - Date.parse(report.data.validation_start)).toBe(10_000);
    expect(report.created_at.epochMilliseconds - end).toBeGreaterThanOrEqual(2_000);
    expect(report.created_at.epochMilliseconds - end).toBeLessThan(6_000);
    const lost = reports.find(({ type }) => type === 'v1.billing.meter.no_meter_found')!;
    expect(lost).toMatchObject({ related_object_id: null, related_object_type: null });
    expect(lost.data.developer_message_summary).toBe('There is 1 invalid event');
    expect(lost.data.reason.error_types).toEqual([
      {
        code: 'no_meter',
        error_count: 1,
        sample_errors: [
          { error_message: 'No meter was found matching event_name unknown.', request: { identifier: 'lost' } },
        ],
      },
    ]);
    await expectHistory(
      account.accountId,
      new Map([
        [report.id, 4],
        [lost.id, 1],
      ]),
    );
  });

  /** Each rejected event names the report that told of it. */
  async function expectHistory(accountId: string, counts: ReadonlyMap<string, number>): Promise<void> {
    const rows = await database.kysely
      .selectFrom('rejected_meter_events')
      .select(['report_id'])
      .where('account_id', '=', accountId)
      .execute();
    const byReport = Map.groupBy(rows, ({ report_id }) => report_id ?? '');
    expect(new Map([...byReport].map(([id, events]) => [id, events.length]))).toEqual(counts);
  }
});

/** Far in the past, so that the server's own ticker can be told apart by what it has reported before. */
const WINDOW = Temporal.Instant.from('2001-01-01T00:00:00Z');

/** Rejected events as the stream keeps them, received some seconds after WINDOW. */
async function reject({ account }: Metered, ...rows: { second?: number; name?: string; code?: string }[]) {
  const values = rows.map(({ second = 0, name = 'tokens', code = 'meter_event_invalid_value' }, n) => ({
    account_id: account.accountId,
    id: `mtr_event_rej_${String(n).padStart(6, '0')}_${second}`,
    received_at: WINDOW.add({ seconds: second }),
    event_name: name === '' ? null : name,
    identifier: name === '' ? null : `i${n}`,
    code,
    message: 'No.',
  }));
  await database.kysely.transaction().execute(async (db) => {
    await db.insertInto('rejected_meter_events').values(values).execute();
  });
}

const errorsOf = ({ data }: Report) => data.reason.error_types.map(({ code, error_count: count }) => [code, count]);

describe('a report', () => {
  test('has at most ten examples of a kind, and counts all', async () => {
    const metered = await meteredAccount();
    await reject(metered, ...Array.from({ length: 25 }, () => ({})));
    const [report] = await untilReported(metered, 1);
    expect(report!.data.reason.error_count).toBe(25);
    expect(report!.data.reason.error_types[0]!.sample_errors).toHaveLength(10);
  });

  test('belongs to one window', async () => {
    const metered = await meteredAccount();
    await reject(metered, { second: 0 }, { second: 9 }, { second: 10 });
    const reports = await untilReported(metered, 2);
    const counts = new Map(reports.map(({ data }) => [data.validation_start, data.reason.error_count]));
    expect(counts).toEqual(
      new Map([
        ['2001-01-01T00:00:00.000Z', 2],
        ['2001-01-01T00:00:10.000Z', 1],
      ]),
    );
  });

  test('has entries of a wrong shape by the meter that they name, or by none', async () => {
    const metered = await meteredAccount();
    const code = 'invalid_fields';
    await reject(metered, { code }, { code, name: 'nope' }, { code, name: '' }, { name: 'nope', code: 'no_meter' });
    const reports = await untilReported(metered, 2);
    expect(new Map(reports.map((report) => [report.related_object_id, errorsOf(report)]))).toEqual(
      new Map([
        [metered.meter, [[code, 1]]],
        [
          null,
          [
            [code, 2],
            ['no_meter', 1],
          ],
        ],
      ]),
    );
  });

  test('of an inactive meter belongs to it', async () => {
    const metered = await meteredAccount();
    await metered.account.stripe.billing.meters.deactivate(metered.meter);
    await reject(metered, { code: 'archived_meter' });
    const [report] = await untilReported(metered, 1);
    expect(report).toMatchObject({ related_object_id: metered.meter });
  });

  test('waits until its window has been over for two seconds', async () => {
    const metered = await meteredAccount();
    // In the future, where the server itself does not look yet.
    const received = Temporal.Instant.from('2090-01-01T00:00:00Z');
    const row = { account_id: metered.account.accountId, received_at: received, code: 'no_meter', message: 'No.' };
    await database.kysely
      .insertInto('rejected_meter_events')
      .values({ ...row, id: 'mtr_event_rej_1' })
      .execute();
    const madeAfter = async (milliseconds: number) => {
      await reportErrors(database.kysely, received.add({ milliseconds }));
      return (await reportsOf(metered)).length;
    };
    expect([await madeAfter(0), await madeAfter(10_000), await madeAfter(11_999)]).toEqual([0, 0, 0]);
    expect([await madeAfter(12_000), await madeAfter(13_000)]).toEqual([1, 1]);
  });

  test('is made once, however many processes are at it', async () => {
    const metered = await meteredAccount();
    await reject(metered, ...Array.from({ length: 300 }, (_, n) => ({ second: n })));
    const now = WINDOW.add({ hours: 1 });
    await Promise.all(Array.from({ length: 4 }, () => reportErrors(database.kysely, now)));
    const reports = await untilReported(metered, 30);
    expect(reports).toHaveLength(30);
    expect(reports.map(({ data }) => data.reason.error_count)).toEqual(Array.from({ length: 30 }, () => 10));
  });

  test('that comes late is one more', async () => {
    const metered = await meteredAccount();
    await reject(metered, { second: 1 });
    await untilReported(metered, 1);
    await reject(metered, { second: 2 });
    const reports = await untilReported(metered, 2);
    expect(reports.map(({ data }) => data.validation_start)).toEqual(
      Array.from({ length: 2 }, () => '2001-01-01T00:00:00.000Z'),
    );
  });
});
