import { type Scope, selectFrom } from '../db/scope.ts';
import { type BillingSettings, DEFAULT_BILLING_SETTINGS } from './settings.ts';

export async function findBillingSettings(scope: Scope): Promise<BillingSettings> {
  const row = await selectFrom(scope, 'billing_settings').selectAll().executeTakeFirst();
  if (row === undefined) return DEFAULT_BILLING_SETTINGS;
  return {
    draftHours: row.draft_hours,
    retryDays: row.retry_days,
    afterRetries: row.after_retries,
    overdueDays: row.overdue_days,
    afterOverdue: row.after_overdue,
  };
}

export async function storeBillingSettings(scope: Scope, settings: BillingSettings): Promise<void> {
  const columns = {
    draft_hours: settings.draftHours,
    retry_days: [...settings.retryDays],
    after_retries: settings.afterRetries,
    overdue_days: settings.overdueDays,
    after_overdue: settings.afterOverdue,
  };
  await scope.db
    .insertInto('billing_settings')
    .values({ account_id: scope.account.id, ...columns })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(columns))
    .execute();
}
