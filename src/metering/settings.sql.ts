import type { Selectable } from 'kysely';
import { raiseCacheEpoch } from '../accounts/epoch.sql.ts';
import { type Scope, selectFrom } from '../db/scope.ts';
import type { MeteringSettings as Row } from '../db/tables.generated.ts';
import { DEFAULT_SETTINGS, type MeteringSettings } from './settings.ts';

export async function findSettings(scope: Scope): Promise<MeteringSettings> {
  const row = await selectFrom(scope, 'metering_settings').selectAll().executeTakeFirst();
  return row === undefined ? DEFAULT_SETTINGS : toSettings(row);
}

/** An account's settings from its row, if it has one. */
export function toSettings(row: Selectable<Row>): MeteringSettings {
  return {
    repeatedIdentifiers: row.repeated_identifiers,
    maxEventAgeDays: row.max_event_age_days,
    correctionHours: row.correction_hours,
    maxCustomerCombinations: row.max_customer_combinations,
    maxHourlyCombinations: row.max_hourly_combinations,
  };
}

/** What is to change; undefined leaves as it is. */
export type SettingsChange = { readonly [K in keyof MeteringSettings]: MeteringSettings[K] | undefined };

/**
 * Changes some settings and leaves the others, also those that another request is changing at this moment. All processes
 * follow with their next batch of events. Must run in a transaction.
 */
export async function changeSettings(scope: Scope, change: SettingsChange): Promise<void> {
  const changed = Object.fromEntries(Object.entries(toColumns(change)).filter(([, value]) => value !== undefined));
  if (Object.keys(changed).length === 0) return;
  await scope.db
    .insertInto('metering_settings')
    .values({ account_id: scope.account.id, ...toColumns(DEFAULT_SETTINGS), ...changed })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(changed))
    .execute();
  await raiseCacheEpoch(scope);
}

function toColumns<T extends SettingsChange>(settings: T) {
  return {
    repeated_identifiers: settings.repeatedIdentifiers as T['repeatedIdentifiers'],
    max_event_age_days: settings.maxEventAgeDays as T['maxEventAgeDays'],
    correction_hours: settings.correctionHours as T['correctionHours'],
    max_customer_combinations: settings.maxCustomerCombinations as T['maxCustomerCombinations'],
    max_hourly_combinations: settings.maxHourlyCombinations as T['maxHourlyCombinations'],
  };
}
