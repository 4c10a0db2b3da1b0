import { openDatabase } from '../../src/db/pool.ts';
import { invoiceDifferences } from './invoice-differences.ts';
import { testServer } from './test-server.ts';

/** What our own auditor finds wrong with the invoices of an account. Which usage came before an invoice on a clock it can't always tell. */
export async function auditOf({ accountId }: { readonly accountId: string }): Promise<string[]> {
  const database = openDatabase((await testServer()).databaseUrl, { maxConnections: 1 });
  try {
    const told = await invoiceDifferences(database, accountId);
    return told.filter((each) => !each.startsWith('unchecked '));
  } finally {
    await database.close();
  }
}
