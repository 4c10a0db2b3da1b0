import { type Scope, selectFrom } from '../db/scope.ts';
import { type BillingSettings, DEFAULT_BILLING_SETTINGS } from './settings.ts';

/** Where each setting is kept; a row that says nothing of one has its default. */
const COLUMNS = {
  draftHours: 'draft_hours',
  lateUsage: 'late_usage',
  retryDays: 'retry_days',
  afterRetries: 'after_retries',
  overdueDays: 'overdue_days',
  afterOverdue: 'after_overdue',
  invoiceAfterRetries: 'invoice_after_retries',
  upcomingDays: 'upcoming_days',
} as const satisfies Record<keyof BillingSettings, string>;

export async function findBillingSettings(scope: Scope): Promise<BillingSettings> {
  const row = await selectFrom(scope, 'billing_settings').selectAll().executeTakeFirst();
  if (row === undefined) return DEFAULT_BILLING_SETTINGS;
  return {
    draftHours: row.draft_hours,
    lateUsage: row.late_usage,
    retryDays: row.retry_days,
    afterRetries: row.after_retries,
    overdueDays: row.overdue_days,
    afterOverdue: row.after_overdue,
    invoiceAfterRetries: row.invoice_after_retries,
    upcomingDays: row.upcoming_days,
  };
}

/** What is to change; undefined leaves as it is. */
export type BillingSettingsChange = { readonly [K in keyof BillingSettings]: BillingSettings[K] | undefined };

/** Changes some settings and leaves the others, also those that another request is changing at this moment. */
export async function changeBillingSettings(scope: Scope, change: BillingSettingsChange): Promise<void> {
  const names = (Object.keys(COLUMNS) as (keyof BillingSettings)[]).filter((name) => change[name] !== undefined);
  if (names.length === 0) return;
  const changed = Object.fromEntries(names.map((name) => [COLUMNS[name], change[name]]));
  await scope.db
    .insertInto('billing_settings')
    .values({ account_id: scope.account.id, ...changed })
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(changed))
    .execute();
}
