-- How subscriptions end, and invoices before a period does.

-- A line for a period that is cut short bills the share of the whole one that falls on it.
alter table invoice_lines
  add column whole_period_start_at timestamptz,
  add column whole_period_end_at timestamptz,
  add constraint invoice_lines_whole_period_check
    check ((whole_period_start_at is null) = (whole_period_end_at is null) and whole_period_start_at < whole_period_end_at);
