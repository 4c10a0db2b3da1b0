-- What becomes of subscriptions whose invoices are not paid, and which customers are behind.

alter table billing_settings
  alter column draft_hours set default 1,
  -- Days from one attempt to the next.
  add column retry_days integer[] not null default '{3,5,6,7}',
  add constraint billing_settings_retry_days_check check (cardinality(retry_days) <= 8),
  add column after_retries text not null default 'past_due',
  add constraint billing_settings_after_retries_check check (after_retries in ('cancel', 'past_due', 'unpaid')),
  -- Days after the due date of a sent invoice; null: nothing more happens.
  add column overdue_days integer,
  add constraint billing_settings_overdue_days_check check (overdue_days > 0),
  add column after_overdue text not null default 'past_due',
  add constraint billing_settings_after_overdue_check check (after_overdue in ('cancel', 'past_due', 'unpaid'));

alter table customers add column delinquent boolean not null default false;
