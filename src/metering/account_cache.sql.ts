import { findClockTimes } from '../customers/customer.sql.ts';
import type { Queryable } from '../db/pool.ts';
import { DEFAULT_SETTINGS, type MeteringSettings } from './settings.ts';
import { toSettings } from './settings.sql.ts';

/** An account as ingest needs it: settings and clocks are as of the epoch or newer. */
export type CachedAccount = {
  readonly accountId: string;
  readonly epoch: bigint;
  readonly settings: MeteringSettings;
  /** What time it is, in unix milliseconds, for each customer on a test clock; undefined where there is none. */
  readonly clockTimes: ReadonlyMap<string, number> | undefined;
};

export async function loadAccounts(db: Queryable, accountIds: readonly string[]): Promise<CachedAccount[]> {
  // The epoch is read before the settings: what is read later can only be newer.
  // unscoped: ingest writes for many accounts at once.
  const accounts = await db
    .selectFrom('accounts')
    .select(['id', 'cache_epoch'])
    .where('id', 'in', accountIds)
    .execute();
  // unscoped: as above
  const rows = await db.selectFrom('metering_settings').selectAll().where('account_id', 'in', accountIds).execute();
  const settings = new Map(rows.map((row) => [row.account_id, toSettings(row)]));
  const clockTimes = await findClockTimes(db, accountIds);
  return accounts.map((account) => ({
    accountId: account.id,
    epoch: account.cache_epoch,
    settings: settings.get(account.id) ?? DEFAULT_SETTINGS,
    clockTimes: clockTimes.get(account.id),
  }));
}
