-- Changes of subscriptions that wait for their payment, and what is told and given up by itself.

-- The invoice of such a change. It counts for the subscription once it is paid, and never where it is not.
alter table invoices add column of_pending_update boolean not null default false;

-- For which end of a period it was told that an invoice is coming.
alter table subscriptions add column upcoming_told_for timestamptz;

alter table billing_settings
  -- Days before an invoice of a subscription at which it is told of; null: it is not.
  add column upcoming_days integer check (upcoming_days between 1 and 45),
  -- What becomes of an invoice when no retry is left.
  add column invoice_after_retries text not null default 'open' check (invoice_after_retries in ('open', 'uncollectible'));
