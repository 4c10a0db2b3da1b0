-- People who open the dashboard. Who operates the server sees all of its accounts, so a user belongs to none.
create table users (
  id text primary key,
  -- In lower case.
  email text not null,
  -- As `accounts/password.ts` writes it.
  password_hash text not null,
  created_at timestamptz not null
);
create unique index users_email_key on users (email);

-- What is printed at the first start, or by `usance login`: who follows it chooses an address and a password. Works once.
create table login_links (
  token_hash bytea primary key,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

create table dashboard_sessions (
  token_hash bytea primary key,
  user_id text not null references users (id) on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index dashboard_sessions_user_id_idx on dashboard_sessions (user_id);
