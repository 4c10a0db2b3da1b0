create table meters (
  account_id text not null references accounts (id),
  id text not null,
  display_name text not null,
  event_name text not null,
  formula text not null check (formula in ('sum', 'count', 'last')),
  event_time_window text check (event_time_window in ('hour', 'day')),
  customer_key text not null,
  value_key text not null,
  status text not null check (status in ('active', 'inactive')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deactivated_at timestamptz,
  primary key (account_id, id)
);

-- An event name belongs to one active meter; the name of a deactivated meter may be used again.
create unique index meters_active_event_name_key on meters (account_id, event_name) where status = 'active';
create index meters_created_at_idx on meters (account_id, created_at, id);

-- Carries "an identifier counts once". The key is 16 bytes of SHA-256 over account and identifier: 32 bytes less a row
-- than the text, and inserts into a small index. Unpartitioned, because uniqueness must span all of time.
create table meter_event_identifiers (
  hash uuid primary key,
  received_at timestamptz not null
);

-- For the sweep; new entries always go to its right end.
create index meter_event_identifiers_received_at_idx on meter_event_identifiers (received_at);

-- Append-only: what was acknowledged. The sequence is the order of receipt.
create table meter_events (
  account_id text not null,
  meter_id text not null,
  customer_id text not null,
  event_at timestamptz not null,
  sequence bigint generated always as identity,
  identifier text not null,
  value numeric not null,
  payload jsonb not null,
  received_at timestamptz not null,
  primary key (account_id, meter_id, customer_id, event_at, sequence)
);

-- The same events by UTC minute of their own time, written in the statement that writes the events.
create table usage_minutes (
  account_id text not null,
  meter_id text not null,
  customer_id text not null,
  minute_at timestamptz not null,
  event_count bigint not null,
  value_sum numeric not null,
  last_value numeric not null,
  last_event_at timestamptz not null,
  last_sequence bigint not null,
  primary key (account_id, meter_id, customer_id, minute_at)
);
