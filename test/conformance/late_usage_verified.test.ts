import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { openPeriodEdges } from '../../src/subscriptions/cut_points.sql.ts';
import { SENT } from '../support/billed.ts';
import { advance, invoicesOf } from '../support/clock-shop.ts';
import { invoiceDifferences } from '../support/invoice-differences.ts';
import { newLateShop, setPolicy, useLate } from '../support/late-shop.ts';
import { testServer } from '../support/test-server.ts';

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 2 });
});
afterAll(() => database.close());

test('events at the edges of a period stay in the database for as long as the next invoice looks at it', async () => {
  const shop = await newLateShop('drop');
  const { stripe, clock, price } = shop;
  const customer = await stripe.customers.create({ email: 'd@example.com', test_clock: clock.id });
  await advance(stripe, clock, '2026-02-10T00:20:30Z');
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], ...SENT });
  const range = { start: Temporal.Instant.from('2026-02-01T00:00Z'), end: Temporal.Instant.from('2026-03-01T00:00Z') };
  const edges = async () => {
    const all = await openPeriodEdges(database.kysely, range);
    return all.filter(({ customerId }) => customerId === customer.id).map(({ at }) => at.toString());
  };
  const start = '2026-02-10T00:20:30Z';
  expect(await edges()).toEqual([start]);
  await advance(stripe, clock, '2026-03-12T00:00:00Z');
  expect(await edges()).toEqual([]);
  await setPolicy(shop, 'next_invoice');
  expect(await edges()).toEqual([start]);
  // In May the period that began in February ended more than 36 days before the current one began.
  await advance(stripe, clock, '2026-05-12T00:00:00Z');
  expect(await edges()).toEqual([]);
});

describe('a verification', () => {
  /** An account whose February invoice has a late line of 20 for 80; each is tampered with in its own way. */
  async function billedLate() {
    const shop = await newLateShop('next_invoice');
    const { stripe, clock, customer } = shop;
    await useLate(shop, 20);
    await advance(stripe, clock, '2026-03-05T00:00:00Z');
    const [january, february] = await invoicesOf(stripe, customer.id);
    const differences = async () => await invoiceDifferences(database, shop.account.accountId);
    expect(await differences()).toEqual([]);
    return { ...shop, january: january!, february: february!, lineId: february!.lines.data[1]!.id, differences };
  }

  test('finds a late line that costs something else', async () => {
    const { lineId, differences } = await billedLate();
    await sql`update invoice_lines set amount = 81, amount_excluding_tax = 81 where id = ${lineId}`.execute(
      database.kysely,
    );
    expect(await differences()).toContain('amount of line: 80, 81');
  });

  test('finds a late line that bills again what was billed before', async () => {
    const { lineId, differences } = await billedLate();
    await sql`
      update invoice_lines set billed_before = 90, quantity = 30, amount = 120, amount_excluding_tax = 120 where id = ${lineId}
    `.execute(database.kysely);
    expect(await differences()).toContain('billed before line: 100, 90');
  });

  test('tells on a clock late usage from a wrong bill, by the order of receipt', async () => {
    const shop = await billedLate();
    const [line] = shop.january.lines.data;
    await setPolicy(shop, 'drop');
    await useLate(shop, 1);
    // 121 were used: 100 before the invoice of January was final, 20 before that of February.
    expect(await shop.differences()).toEqual([]);
    const bill = async (id: string, quantity: number, amount: number) =>
      await sql`
        update invoice_lines set quantity = ${quantity}, amount = ${amount}, amount_excluding_tax = ${amount} where id = ${id}
      `.execute(database.kysely);
    await bill(line!.id, 99, 396);
    expect(await shop.differences()).toContain('usage of line: 100, 99');
    await bill(line!.id, 121, 484);
    // As many as are used by now; but it is final, and of that the late line billed 20 again.
    expect(await shop.differences()).toContain('billed before line: 121, 100');
    await bill(line!.id, 100, 400);
    await bill(shop.lineId, 21, 84);
    expect(await shop.differences()).not.toEqual([]);
    await bill(shop.lineId, 19, 76);
    expect(await shop.differences()).toContain('usage of line: 20, 19');
  });

  test('tells in wall time what came before and after each invoice', async () => {
    const shop = await billedLate();
    const { accountId } = shop.account;
    // The same story in wall time: each event was received when it was sent, by the clock.
    await sql`update invoices set test_clock_id = null where account_id = ${accountId}`.execute(database.kysely);
    await sql`
      update meter_events set received_at = case when value = 100 then event_at else '2026-02-10T00:00Z'::timestamptz end
      where series_id in (select id from usage_series where account_id = ${accountId})
    `.execute(database.kysely);
    await setPolicy(shop, 'drop');
    await useLate(shop, 1);
    expect(await shop.differences()).toEqual([]);
    await sql`
      update meter_events set received_at = event_at
      where series_id in (select id from usage_series where account_id = ${accountId})
    `.execute(database.kysely);
    expect(await shop.differences()).toEqual(['usage of line: 121, 100', 'usage of line: 21, 20']);
  });

  test('comes with an explanation', async () => {
    const { account, february } = await billedLate();
    const { body } = await account.request('GET', `/v1/usance/invoices/${february.id}/explain`);
    expect(body.charges[0]).toMatchObject({ quantity: '0', quantity_billed_before: null });
    expect(body.charges[1]).toMatchObject({
      quantity: '20',
      quantity_billed_before: '100',
      amount: 80,
      lines: [
        {
          steps: [
            '120 were used in the period, of which 100 were billed before',
            'all: 120 × 4 = 480',
            'billed before: 100 × 4 = 400',
            '480 - 400 = 80',
          ],
        },
      ],
      usage: { quantity: '120', quantity_not_billed: '0' },
    });
  });
});
