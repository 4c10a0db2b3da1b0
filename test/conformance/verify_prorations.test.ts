import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { advance } from '../support/clock-shop.ts';
import { newPlans, SENT } from '../support/changed.ts';
import { invoiceDifferences } from '../support/invoice-differences.ts';
import { testServer } from '../support/test-server.ts';

let database: Database;

beforeAll(async () => {
  database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
});
afterAll(() => database.close());

/** From 10 to 20 USD half way through April, 5 USD back and 10 debited, on the invoice of May. */
async function upgraded(type: 'classic' | 'flexible') {
  const { account, stripe, clock, customer, plans } = await newPlans('2026-04-01T00:00:00Z', {
    Basic: 1000,
    Plus: 2000,
  });
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: plans.Basic.id }],
    billing_mode: { type },
    ...SENT,
  });
  await advance(stripe, clock, '2026-04-16T00:00:00Z');
  await stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: plans.Plus.id }] });
  await advance(stripe, clock, '2026-05-01T02:00:00Z');
  return { account, differences: () => invoiceDifferences(database, account.accountId) };
}

/** Makes a proration of an account other than it was, on its line and as an invoice item. */
async function tamper(accountId: string, isCredit: boolean, change: 'amount' | 'share'): Promise<void> {
  for (const table of ['invoice_items', 'invoice_lines']) {
    const set =
      change === 'amount'
        ? sql`amount = amount + 1`
        : sql`prorated_of = prorated_of || '{"period": {"start": "2026-04-02T00:00:00Z", "end": "2026-05-01T00:00:00Z"}}'`;
    await sql`
      update ${sql.table(table)} set ${set}
      where account_id = ${accountId} and prorated_of is not null and (amount < 0) = ${isCredit}
    `.execute(database.kysely);
  }
}

test.each(['classic', 'flexible'] as const)('a proration that is a cent off is found, %s', async (type) => {
  const { account, differences } = await upgraded(type);
  expect(await differences()).toEqual([]);
  await tamper(account.accountId, true, 'amount');
  const credit = await differences();
  expect(credit).toContain('amount of line: -500, -499');
  await tamper(account.accountId, false, 'amount');
  expect(await differences()).toContain('amount of line: 1000, 1001');
});

test('a proration that claims another period is found, by the seconds', async () => {
  const { account, differences } = await upgraded('classic');
  await tamper(account.accountId, false, 'share');
  // 15 of 29 days of 20 USD.
  expect(await differences()).toContain('amount of line: 1034, 1000');
});

test('a debit that is not what a flexible credit says is found on the credit, too', async () => {
  const { account, differences } = await upgraded('flexible');
  await sql`
    update invoice_lines set amount = 1200 where account_id = ${account.accountId} and amount = 1000 and prorated_of is null
  `.execute(database.kysely);
  expect(await differences()).toContain('amount of line: -600, -500');
});
