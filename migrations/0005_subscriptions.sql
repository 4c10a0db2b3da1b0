create table subscriptions (
  account_id text not null,
  id text not null,
  customer_id text not null,
  status text not null check (status in ('active', 'canceled')),
  billing_mode text not null check (billing_mode in ('classic', 'flexible')),
  collection_method text not null check (collection_method in ('charge_automatically', 'send_invoice')),
  -- Set exactly when invoices are sent.
  days_until_due integer check ((days_until_due is not null) = (collection_method = 'send_invoice')),
  currency text not null,
  description text,
  metadata jsonb not null,
  billing_cycle_anchor timestamptz not null,
  started_at timestamptz not null,
  canceled_at timestamptz,
  ended_at timestamptz check ((ended_at is not null) = (status = 'canceled')),
  cancellation_reason text,
  cancellation_comment text,
  cancellation_feedback text,
  latest_invoice_id text,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, customer_id) references customers (account_id, id)
);

create index subscriptions_created_at_idx on subscriptions (account_id, created_at, id);
create index subscriptions_customer_id_idx on subscriptions (account_id, customer_id);

create table subscription_items (
  account_id text not null,
  id text not null,
  subscription_id text not null,
  price_id text not null,
  -- Null for metered prices, whose quantity is the usage.
  quantity bigint check (quantity >= 0),
  metadata jsonb not null,
  current_period_start_at timestamptz not null,
  current_period_end_at timestamptz not null check (current_period_end_at > current_period_start_at),
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, subscription_id) references subscriptions (account_id, id),
  foreign key (account_id, price_id) references prices (account_id, id)
);

create index subscription_items_subscription_id_idx on subscription_items (account_id, subscription_id);
create index subscription_items_price_id_idx on subscription_items (account_id, price_id);
