import { createAccount } from '../../src/accounts/create.ts';
import { type Database, openDatabase } from '../../src/db/pool.ts';
import { invoiceDifferences } from '../support/invoice-differences.ts';
import { findDifferences } from '../support/usage-differences.ts';
import { type Flight, openRemote } from './remote.ts';
import type { Subject } from './run.ts';

/** Servers on one database, where simulated accounts live side by side. */
export type Place = {
  /** A fresh account, spoken to through whichever server is named then. */
  newSubject(flight?: Flight): Promise<Subject & { close(): void }>;
  close(): Promise<void>;
};

/** What a server must be started with: clocks go as far as a simulation wants, and all tell the same links. */
export const LIFTED = {
  USANCE_PUBLIC_URL: 'http://usance.test',
  USANCE_CLOCK_INTERVALS: 'unlimited',
  USANCE_CLOCK_YEARS: 'unlimited',
  USANCE_CLOCK_CUSTOMERS: 'unlimited',
};

export async function openPlace(databaseUrl: string, address: () => { readonly url: string }): Promise<Place> {
  const database = openDatabase(databaseUrl, { maxConnections: 2 });
  return {
    async newSubject(flight) {
      const details = { name: 'Simulated', livemode: false, now: Temporal.Now.instant() };
      const { accountId, secretKey } = await createAccount(database.kysely, details);
      const remote = openRemote(address, secretKey, flight);
      return { remote, verify: () => verify(database, accountId), close: () => remote.close() };
    },
    close: () => database.close(),
  };
}

/** What `usance verify` tells of an account; a line that can't be checked any more is no difference. */
async function verify(database: Database, accountId: string): Promise<string[]> {
  const found = await invoiceDifferences(database, accountId);
  const usage = await findDifferences(database.kysely, accountId);
  return [...found.filter((line) => !line.startsWith('unchecked')), ...usage].map((line) => `verify: ${line}`);
}
