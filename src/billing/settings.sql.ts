import { type Scope, selectFrom } from '../db/scope.ts';
import { type BillingSettings, DEFAULT_BILLING_SETTINGS } from './settings.ts';

export async function findBillingSettings(scope: Scope): Promise<BillingSettings> {
  const row = await selectFrom(scope, 'billing_settings').selectAll().executeTakeFirst();
  return row === undefined ? DEFAULT_BILLING_SETTINGS : { draftHours: row.draft_hours, lateUsage: row.late_usage };
}

/** What is to change; undefined leaves as it is. */
export type BillingSettingsChange = { readonly [K in keyof BillingSettings]: BillingSettings[K] | undefined };

/** Changes some settings and leaves the others, also those that another request is changing at this moment. */
export async function changeBillingSettings(scope: Scope, change: BillingSettingsChange): Promise<void> {
  const changed = {
    ...(change.draftHours === undefined ? {} : { draft_hours: change.draftHours }),
    ...(change.lateUsage === undefined ? {} : { late_usage: change.lateUsage }),
  };
  if (Object.keys(changed).length === 0) return;
  const { draftHours, lateUsage } = DEFAULT_BILLING_SETTINGS;
  await scope.db
    .insertInto('billing_settings')
    .values({ account_id: scope.account.id, draft_hours: draftHours, late_usage: lateUsage, ...changed })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(changed))
    .execute();
}
