-- Test clocks, the work that waits for its time, and how long drafts stay open.

-- A clock that stands still until it is advanced; customers on it live in its time. Deleted ones are kept, because
-- what remains of their customers still names them.
create table test_clocks (
  account_id text not null references accounts (id),
  id text not null,
  name text,
  status text not null check (status in ('ready', 'advancing', 'internal_failure')),
  -- What time it is on the clock. While it advances, the time of the work that was done last.
  frozen_at timestamptz not null,
  target_at timestamptz check ((target_at is not null) = (status = 'advancing')),
  -- In wall time, as created_at and deleted_at are.
  deletes_after timestamptz not null,
  created_at timestamptz not null,
  deleted_at timestamptz,
  primary key (account_id, id)
);

create index test_clocks_created_at_idx on test_clocks (account_id, created_at, id) where deleted_at is null;
create index test_clocks_advancing_idx on test_clocks (account_id, id) where status = 'advancing';
create index test_clocks_deletes_after_idx on test_clocks (deletes_after) where deleted_at is null;

alter table customers add column test_clock_id text;
alter table customers add foreign key (account_id, test_clock_id) references test_clocks (account_id, id);
create index customers_test_clock_id_idx on customers (account_id, test_clock_id) where test_clock_id is not null;

-- The customer's, which never changes: lists leave out what lives on a clock.
alter table subscriptions add column test_clock_id text;
create index subscriptions_test_clock_id_idx on subscriptions (account_id, test_clock_id) where test_clock_id is not null;
alter table invoices add column test_clock_id text;

-- Work that waits for its time: at most one row for each kind and object, made and removed in the transaction that
-- changes the object, and removed in the transaction that does the work.
create table due_work (
  account_id text not null references accounts (id),
  object_id text not null,
  kind text not null,
  customer_id text not null,
  -- Whose time due_at is meant in; null: wall time.
  test_clock_id text,
  due_at timestamptz not null,
  -- The order of what is due at one instant.
  rank smallint not null,
  -- Wall time: due_at, or later where an attempt failed.
  attempt_at timestamptz not null,
  failure_count integer not null default 0,
  primary key (account_id, object_id, kind)
);

create index due_work_wall_idx on due_work (attempt_at, rank, object_id) where test_clock_id is null;
create index due_work_clock_idx on due_work (account_id, test_clock_id, due_at, rank, object_id)
  where test_clock_id is not null;

insert into due_work (account_id, object_id, kind, customer_id, due_at, rank, attempt_at)
select s.account_id, s.id, 'renew_subscription', s.customer_id, min(i.current_period_end_at), 20,
  min(i.current_period_end_at)
from subscriptions s
join subscription_items i on i.account_id = s.account_id and i.subscription_id = s.id
where s.status = 'active'
group by s.account_id, s.id, s.customer_id;

insert into due_work (account_id, object_id, kind, customer_id, due_at, rank, attempt_at)
select account_id, id, 'finalize_invoice', customer_id, automatically_finalizes_at, 30, automatically_finalizes_at
from invoices
where status = 'draft' and auto_advance and automatically_finalizes_at is not null;

-- How an account wants its invoices made; no row means the original's rules.
create table billing_settings (
  account_id text primary key references accounts (id),
  -- Hours for which a draft follows late usage before it is finalized.
  draft_hours integer not null check (draft_hours between 1 and 72)
);
