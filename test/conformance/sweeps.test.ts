import { expect, test } from 'vitest';
import { openDatabase } from '../../src/db/pool.ts';
import { deleteExpiredPreviews } from '../../src/invoices/preview.sql.ts';
import { deleteExpiredIdentifiers } from '../../src/metering/identifier.sql.ts';
import { deleteExpiredSessions } from '../../src/metering/meter_event_session.sql.ts';
import { deleteExpiredAnswers } from '../../src/stripe/idempotency.sql.ts';
import { newAccount } from '../support/account.ts';
import { testServer } from '../support/test-server.ts';

const CUTOFF = Temporal.Instant.from('1999-06-01T00:00:00Z');
const OLD = CUTOFF.subtract({ seconds: 1 });

test('a sweep deletes what is older than the cutoff and nothing else', async () => {
  const { accountId } = await newAccount();
  const { kysely: db, close } = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
  try {
    // So long ago that no other test's rows are meant.
    for (const [name, at] of [
      ['old', OLD],
      ['kept', CUTOFF],
    ] as const) {
      const answer = { request_hash: Buffer.alloc(1), status: 200, body: '{}', request_id: 'req_1', expires_at: at };
      await db
        .insertInto('idempotency_keys')
        .values({ account_id: accountId, key: name, ...answer })
        .execute();
      const preview = { account_id: accountId, id: name, body: '{}', created_at: at };
      await db.insertInto('invoice_previews').values(preview).execute();
      const session = { hash: Buffer.from(accountId + name), id: name, created_at: at, expires_at: at };
      await db
        .insertInto('meter_event_sessions')
        .values({ account_id: accountId, ...session })
        .execute();
      const event = { series_id: 1n, event_at: at, sequence: 1n };
      const identifier = { hash: crypto.randomUUID(), received_at: at, ...event };
      await db.insertInto('meter_event_identifiers').values(identifier).execute();
    }
    expect(await deleteExpiredAnswers(db, CUTOFF)).toBe(1n);
    expect(await deleteExpiredPreviews(db, CUTOFF)).toBe(1n);
    expect(await deleteExpiredSessions(db, CUTOFF)).toBe(1n);
    expect(await deleteExpiredIdentifiers(db, CUTOFF)).toBe(1n);
    for (const [table, column] of [
      ['idempotency_keys', 'key'],
      ['invoice_previews', 'id'],
      ['meter_event_sessions', 'id'],
    ] as const) {
      const rows = await db.selectFrom(table).select(column).where('account_id', '=', accountId).execute();
      expect(rows.map((row) => Object.values(row))).toEqual([['kept']]);
    }
    const after = CUTOFF.add({ seconds: 1 });
    expect(await deleteExpiredIdentifiers(db, after)).toBe(1n);
  } finally {
    await close();
  }
});
