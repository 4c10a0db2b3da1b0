import { type Scope, selectFrom } from '../db/scope.ts';
import { type BillingSettings, DEFAULT_BILLING_SETTINGS } from './settings.ts';

export async function findBillingSettings(scope: Scope): Promise<BillingSettings> {
  const row = await selectFrom(scope, 'billing_settings').selectAll().executeTakeFirst();
  return row === undefined ? DEFAULT_BILLING_SETTINGS : { draftHours: row.draft_hours };
}

export async function storeBillingSettings(scope: Scope, { draftHours }: BillingSettings): Promise<void> {
  await scope.db
    .insertInto('billing_settings')
    .values({ account_id: scope.account.id, draft_hours: draftHours })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet({ draft_hours: draftHours }))
    .execute();
}
