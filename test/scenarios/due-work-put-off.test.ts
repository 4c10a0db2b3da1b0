import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { SENT } from '../support/billed.ts';
import { advance, invoicesOf, newClockShop, unix, useAt } from '../support/clock-shop.ts';
import { licensedPrice } from '../support/shop.ts';
import { testServer } from '../support/test-server.ts';

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
});
afterAll(() => database.close());

test('work that somebody has put off between the look and the lock is not done, and waits for its time again', async () => {
  const { stripe, price, meter, clock, customer } = await newClockShop('2026-01-01T00:00:00Z');
  const seat = await licensedPrice(stripe);
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: seat.id }, { price: price.id }],
    pending_invoice_item_interval: { interval: 'week' },
    ...SENT,
  });
  await useAt(stripe, meter, customer.id, 500);
  await advance(stripe, clock, '2026-01-02T00:00:00Z');
  const pause = { behavior: 'keep_as_draft', resumes_at: unix('2026-01-20T00:00:00Z') } as const;
  await stripe.subscriptions.update(id, { pause_collection: pause, cancel_at: unix('2026-05-01T00:00:00Z') });
  await stripe.invoices.create({ customer: customer.id, auto_advance: true });
  const due = async () => {
    const { rows } = await sql<{ kind: string; due_at: Temporal.Instant }>`
      select kind, due_at from due_work where customer_id = ${customer.id} order by kind
    `.execute(database.kysely);
    return rows.map(({ kind, due_at: at }) => [kind, at.toString()]);
  };
  const before = await due();
  expect(before.map(([kind]) => kind)).toEqual([
    'bill_pending_items',
    'cancel_subscription',
    'finalize_invoice',
    'mark_past_due',
    'renew_subscription',
    'resume_collection',
  ]);
  const subscription = await stripe.subscriptions.retrieve(id);
  const invoices = await invoicesOf(stripe, customer.id);

  // As if it had been due when somebody looked, but for what is told whatever its time.
  await sql`
    update due_work set due_at = '2026-01-02T00:00:01Z', attempt_at = '2026-01-02T00:00:01Z'
    where customer_id = ${customer.id} and kind <> 'mark_past_due'
  `.execute(database.kysely);
  await advance(stripe, clock, '2026-01-02T00:00:02Z');
  expect(await due()).toEqual(before);
  expect(await stripe.subscriptions.retrieve(id)).toEqual(subscription);
  expect(await invoicesOf(stripe, customer.id)).toEqual(invoices);
});
