-- Sums of invoices by when they became final and when they were paid: read from the indexes alone.
create index invoices_finalized_idx on invoices (account_id, finalized_at)
  include (currency, total, status, test_clock_id) where finalized_at is not null;
create index invoices_paid_idx on invoices (account_id, paid_at)
  include (currency, amount_paid, test_clock_id) where paid_at is not null;

-- What is not settled is few among many, and is asked for by its state.
create index invoices_unsettled_idx on invoices (account_id, status, created_at, id)
  where status in ('draft', 'open', 'uncollectible');

-- Invoices of a test clock, newest first.
create index invoices_test_clock_idx on invoices (account_id, test_clock_id, created_at, id)
  where test_clock_id is not null;
