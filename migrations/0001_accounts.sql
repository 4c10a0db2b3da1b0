-- Accounts are the data spaces: every other row belongs to one, and the primary keys of resources start with it.

create table accounts (
  id text primary key,
  name text not null,
  livemode boolean not null,
  country text not null,
  default_currency text not null,
  created_at timestamptz not null
);

create table api_keys (
  id text primary key,
  account_id text not null references accounts (id),
  name text,
  -- SHA-256 of the secret: a generated one has 143 random bits, to which a slow password hash would add nothing.
  secret_hash bytea not null unique,
  redacted text not null,
  created_at timestamptz not null,
  revoked_at timestamptz
);

create index api_keys_account_id_idx on api_keys (account_id, created_at);

create table idempotency_keys (
  account_id text not null,
  key text not null,
  request_hash bytea not null,
  status smallint not null,
  body text not null,
  request_id text not null,
  created_at timestamptz not null,
  primary key (account_id, key)
);

-- For the sweep. A BRIN index would be smaller, but its ranges keep their oldest time when pages are used again.
create index idempotency_keys_created_at_idx on idempotency_keys (created_at);

create table events (
  account_id text not null references accounts (id),
  id text not null,
  type text not null,
  object_id text not null,
  -- json, not jsonb: the object is told again in the key order in which it was written.
  data json not null,
  -- The API version in whose shapes the object was written.
  api_version text not null,
  request_id text,
  idempotency_key text,
  created_at timestamptz not null,
  primary key (account_id, id)
);

create index events_created_at_idx on events (account_id, created_at, id);
create index events_type_idx on events (account_id, type, created_at, id);
