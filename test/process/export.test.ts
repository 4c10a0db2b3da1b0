import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { findMonths } from '../../src/metering/export/archive.sql.ts';
import { dropMonth } from '../../src/metering/export/drop_month.ts';
import {
  at,
  buckets,
  copyShop,
  exportEvents,
  forget,
  importEvents,
  keepSending,
  LIMIT_MS,
  MONTH,
  monthOf,
  NEXT,
  openShop,
  partition,
  play,
  send,
  takeOldEvents,
  usage,
} from './export_shop.ts';
import { usance } from './command.ts';

test('what is exported and imported into another account is the same usage', { timeout: LIMIT_MS }, async () => {
  const shop = await openShop();
  const { customer, level } = await play(shop);
  await copyShop(shop);
  const before = Temporal.Now.plainDateISO('UTC').toString();
  const own = await buckets(shop, shop.accountId);
  expect(own.length).toBeGreaterThan(4);
  for (const format of ['jsonl', 'csv']) {
    const { code, stderr, stdout } = await exportEvents(
      shop,
      '--before',
      before,
      '--format',
      format,
      '--gzip',
      '--out',
      shop.out,
    );
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    const folder = join(shop.out, shop.accountId);
    const files = readdirSync(folder)
      .filter((name) => name.endsWith(`.${format}.gz`))
      .toSorted();
    const stem = (month: Temporal.PlainYearMonth) => `meter_events_${month.toString().replace('-', '_')}`;
    expect(files).toEqual([
      `${stem(MONTH)}.cancelled.${format}.gz`,
      `${stem(MONTH)}.${format}.gz`,
      `${stem(NEXT)}.${format}.gz`,
    ]);
    expect(gunzipSync(readFileSync(join(folder, files[0]!))).toString()).toContain('999');
    for (const file of files.slice(1)) {
      const imported = await importEvents(shop, join(folder, file), shop.otherId);
      expect(imported.code, imported.stdout + imported.stderr).toBe(0);
    }
    expect(await buckets(shop, shop.otherId)).toEqual(own);
    const window = [at(MONTH, '01T00:00:00'), at(NEXT, '15T00:00:00')] as const;
    expect(await usage(shop, shop.otherId, level.id, customer, ...window)).toBe('4');
    await forget(shop);
  }
  const file = join(shop.out, 'all.jsonl');
  const single = await exportEvents(
    shop,
    '--before',
    before,
    '--format',
    'jsonl',
    '--account',
    shop.accountId,
    '--out',
    file,
  );
  expect(single.code, single.stderr).toBe(0);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(9);
  expect(JSON.parse(lines[1]!)).toMatchObject({
    timestamp: `${MONTH.toString()}-03T10:00:10Z`,
    event_name: 'tokens',
    payload: { stripe_customer_id: customer, value: '-2', note: 'a "b",\nc' },
  });
  const again = await exportEvents(
    shop,
    '--before',
    before,
    '--format',
    'jsonl',
    '--account',
    shop.accountId,
    '--out',
    file,
  );
  expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('overwrites nothing')]);
});

test('Parquet holds every column of every event, cancelled ones marked', { timeout: LIMIT_MS }, async () => {
  const shop = await openShop();
  const { customer, tokens } = await play(shop);
  const { code, stderr } = await exportEvents(
    shop,
    '--before',
    NEXT.toString(),
    '--format',
    'parquet',
    '--out',
    shop.out,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const path = join(shop.out, shop.accountId, `meter_events_${MONTH.toString().replace('-', '_')}.parquet`);
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
  expect(rows).toHaveLength(9);
  expect(rows[0]).toMatchObject({
    timestamp: new Date(at(MONTH, '03T10:00:59') * 1000),
    event_name: 'tokens',
    payload: { stripe_customer_id: customer, value: '10.500000000001' },
    account: shop.accountId,
    meter: tokens.id,
    customer,
    value: '10.500000000001',
    cancelled_at: null,
  });
  const sequences = rows.map((row) => row['sequence'] as bigint);
  expect(sequences).toEqual(sequences.toSorted((a, b) => Number(a - b)));
  expect(rows.filter((row) => row['cancelled_at'] !== null)).toMatchObject([
    { identifier: 'wrong', value: '999', cancelled_at: expect.any(Date) },
  ]);
});

test(
  'a dropped month leaves every figure as it was, and what can not be told exactly is refused',
  { timeout: LIMIT_MS },
  async () => {
    const shop = await openShop();
    const { customer, tokens, seats } = await play(shop);
    const { id: other } = await shop.stripe.customers.create({ name: 'John' });
    for (const second of ['10', '50'])
      await send(shop, {
        event_name: 'tokens',
        customer: other,
        value: '8',
        timestamp: at(MONTH, `09T12:30:${second}`),
      });
    // A yearly period that began inside a minute of that month is not over: its first minute must stay exact.
    const price = await shop.stripe.prices.create({
      currency: 'usd',
      unit_amount: 3,
      product_data: { name: 'Tokens' },
      recurring: { interval: 'year', usage_type: 'metered', meter: tokens.id },
    });
    const subscription = await shop.stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
    const start = Temporal.Instant.fromEpochMilliseconds(at(MONTH, '03T10:00:30') * 1000);
    await sql`update subscription_items set current_period_start_at = ${start}`.execute(shop.database.kysely);
    const total = async () => (await shop.stripe.invoices.createPreview({ subscription: subscription.id })).total;
    const whole = [at(MONTH, '01T00:00:00'), at(NEXT, '20T00:00:00')] as const;
    const figures = async () => [
      await total(),
      await usage(shop, shop.accountId, tokens.id, customer, ...whole),
      await usage(shop, shop.accountId, tokens.id, other, ...whole),
      await usage(shop, shop.accountId, seats.id, customer, ...whole),
    ];
    const before = await figures();
    expect(before).toEqual([353, '115.500000000001', '16', '1']);
    const args = ['--before', NEXT.toString(), '--format', 'jsonl', '--out', shop.out, '--drop'];

    const early = await exportEvents(shop, ...args);
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('--drop can go up to')]);
    await takeOldEvents(shop.database, 35);
    const busy = keepSending(shop, customer);
    const dropped = await exportEvents(shop, ...args);
    expect({ code: dropped.code, stderr: dropped.stderr }).toEqual({ code: 0, stderr: '' });
    expect(dropped.stdout).toContain(`${MONTH.toString()}  dropped`);
    expect(await busy()).toBeGreaterThan(0);
    expect(await figures()).toEqual([353 + 3 * (await busy()), ...before.slice(1)]);

    // Only the minute that the yearly period cuts is left of the month.
    const { rows } = await sql<{ value: string }>`
    select trim_scale(value)::text as value from meter_events
    where event_at < ${monthOf(NEXT)} order by event_at
  `.execute(shop.database.kysely);
    expect(rows.map((row) => row.value)).toEqual(['-2', '10.500000000001']);
    const cut = usage(shop, shop.accountId, tokens.id, other, at(MONTH, '09T12:30:30'), whole[1]);
    await expect(cut).rejects.toThrow(/can't be told exactly/);
    // A minute without events cuts nothing.
    expect(await usage(shop, shop.accountId, tokens.id, other, at(MONTH, '09T12:31:30'), whole[1])).toBe('0');
    const again = await exportEvents(shop, ...args);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('was exported and dropped before')]);
    const verified = await usance(['verify', 'usage'], { USANCE_DATA_DIR: shop.dataFolder }).ended;
    expect(verified.code, verified.stdout).toBe(0);
    // Settings may not reach back into it.
    const settings = (days: number) =>
      fetch(`${shop.url}/v1/usance/metering_settings`, {
        method: 'POST',
        headers: { authorization: `Bearer ${shop.secretKey}` },
        body: new URLSearchParams({ max_event_age_days: String(days) }),
      });
    expect((await settings(36)).status).toBe(200);
    const refused = await settings(200);
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('were exported and dropped')]);
  },
);

test(
  'a month that holds anything else than its export is put back, and an unfinished drop is finished',
  { timeout: LIMIT_MS },
  async () => {
    const shop = await openShop();
    const { customer, tokens } = await play(shop);
    const stored = async () => {
      const { rows } = await sql<{ count: string }>`select count(*)::text from meter_events`.execute(
        shop.database.kysely,
      );
      return rows[0]!.count;
    };
    const before = await stored();
    await takeOldEvents(shop.database, 35);
    const now = Temporal.Now.instant();
    const missing = { counted: 7n, cancelled: 1n };
    await expect(dropMonth(shop.database, MONTH, missing, [], now)).rejects.toThrow(/changed during its export/);
    expect(await stored()).toBe(before);
    expect((await findMonths(shop.database.kysely)).map(String)).toContain(MONTH.toString());
    // It takes events as before.
    await takeOldEvents(shop.database, 200);
    await send(shop, { event_name: 'tokens', customer, value: '1', timestamp: at(MONTH, '03T10:00:40') });
    const minute = [at(MONTH, '03T10:00:30'), at(MONTH, '03T10:00:59')] as const;
    expect(await usage(shop, shop.accountId, tokens.id, customer, ...minute)).toBe('1');

    // As a run leaves it that was killed between the two steps.
    await takeOldEvents(shop.database, 35);
    await sql`alter table meter_events detach partition ${sql.table(partition())}`.execute(shop.database.kysely);
    await sql`alter table ${sql.table(partition())} rename to ${sql.id(`${partition()}_archived`)}`.execute(
      shop.database.kysely,
    );
    await sql`insert into archived_event_months values (${monthOf(MONTH)}, 9, 1, now(), null)`.execute(
      shop.database.kysely,
    );
    const args = ['--before', MONTH.toString(), '--format', 'parquet', '--out', shop.out, '--drop'];
    const { code, stdout, stderr } = await exportEvents(shop, ...args);
    expect([code, stderr, stdout]).toEqual([0, '', expect.stringContaining('as an earlier run had begun')]);
    const { rows } = await sql`select from pg_class where relname = ${`${partition()}_archived`}`.execute(
      shop.database.kysely,
    );
    expect(rows).toHaveLength(0);
  },
);

test('what can not be exported as asked is refused before anything is written', { timeout: LIMIT_MS }, async () => {
  const shop = await openShop();
  const refuse = async (...args: string[]) => {
    const { code, stderr } = await exportEvents(shop, '--out', shop.out, ...args);
    expect(code).toBe(1);
    return stderr;
  };
  expect(await refuse('--before', '2026-13', '--format', 'csv')).toContain('--before must be a month or a date');
  expect(await refuse('--before', '2026-01', '--format', 'xml')).toContain('--format must be');
  expect(await refuse('--before', '2026-01', '--format', 'parquet', '--gzip')).toContain('--gzip is for csv and jsonl');
  expect(await refuse('--before', '2026-01', '--format', 'csv', '--drop', '--account', shop.accountId)).toContain(
    '--account',
  );
  expect(await refuse('--before', '2026-01', '--format', 'csv', '--account', 'acct_no')).toContain('No such account');
  expect(readdirSync(shop.out)).toEqual([]);
});
