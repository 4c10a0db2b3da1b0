-- How subscriptions end, and invoices before a period does.

-- A line for a period that is cut short bills the share of the whole one that falls on it.
alter table invoice_lines
  add column whole_period_start_at timestamptz,
  add column whole_period_end_at timestamptz,
  add constraint invoice_lines_whole_period_check
    check ((whole_period_start_at is null) = (whole_period_end_at is null) and whole_period_start_at < whole_period_end_at);

-- What threshold invoices have billed before of the usage that a line is of; the line bills the rest. Null: nothing.
alter table invoice_lines
  add column billed_so_far numeric,
  add constraint invoice_lines_billed_so_far_check check (billed_so_far >= 0);

-- Why an invoice was made before its period ended.
alter table invoices add column threshold_reason jsonb;

-- Subscriptions that may be invoiced before a period ends, so that those whose usage has changed are found at once.
alter table subscriptions add column has_thresholds boolean not null default false;
create index subscriptions_thresholds_idx on subscriptions (account_id, customer_id) where has_thresholds and ended_at is null;

-- What the invoices of a subscription show in the place of what the customer has.
alter table subscriptions add column invoice_settings jsonb;

-- Lists by a status that few of many have, newest first.
create index subscriptions_status_idx on subscriptions (account_id, status, created_at, id);
create index subscriptions_ended_idx on subscriptions (account_id, created_at, id) where ended_at is not null;
