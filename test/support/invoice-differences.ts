import { verifyInvoices } from '../../src/audit/verify.ts';
import type { Database } from '../../src/db/pool.ts';

/** What a verification of one account tells, a line each, without ids. */
export async function invoiceDifferences(database: Database, accountId: string): Promise<string[]> {
  const told: string[] = [];
  await verifyInvoices(database.kysely, [accountId], {
    difference: ({ what, expected, found }) =>
      told.push(`${what.replaceAll(/ ?(il|si|ii)_\w+/g, '')}: ${expected}, ${found}`),
    failedRefund() {},
    unchecked: (subject) => told.push(`unchecked ${subject}`),
    progress() {},
  });
  return told;
}
