-- What was asked of the API and what it answered, for who develops against it. No record of money: what a crash loses of
-- the last second is not missed.
create table request_logs (
  account_id text not null references accounts (id),
  id text not null,
  created_at timestamptz not null,
  method text not null,
  path text not null,
  query text not null,
  status integer not null,
  duration_ms integer not null,
  -- Null: by a secret key.
  user_email text,
  user_agent text,
  idempotency_key text,
  request_body text not null,
  response_body text not null,
  primary key (account_id, id)
);
create index request_logs_listed_idx on request_logs (account_id, created_at, id);
create index request_logs_failed_idx on request_logs (account_id, created_at, id) where status >= 400;
create index request_logs_created_at_idx on request_logs (created_at);
