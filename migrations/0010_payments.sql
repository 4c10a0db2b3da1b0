-- What customers pay with, attempts to take money and to give it back, and the ledger of the built-in test gateway.

create table payment_methods (
  account_id text not null,
  id text not null,
  type text not null check (type in ('card', 'us_bank_account')),
  -- The customer it is attached to.
  customer_id text,
  -- What the gateway knows it by. Numbers of cards and accounts are stored nowhere.
  gateway_reference text not null,
  -- What may be shown of it: a card's brand, last four digits and so on.
  details jsonb not null,
  billing_details jsonb not null,
  allow_redisplay text not null check (allow_redisplay in ('always', 'limited', 'unspecified')),
  -- Paid with while it belonged to nobody, or detached: it may not be used again.
  spent boolean not null,
  metadata jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, customer_id) references customers (account_id, id)
);

create index payment_methods_created_at_idx on payment_methods (account_id, created_at, id);
create index payment_methods_customer_id_idx on payment_methods (account_id, customer_id, created_at, id);

-- A default must be attached to its customer, which the key of three columns enforces.
alter table payment_methods add constraint payment_methods_owner_key unique (account_id, id, customer_id);
alter table customers add column default_payment_method_id text;
alter table customers add constraint customers_default_payment_method_fkey
  foreign key (account_id, default_payment_method_id, id) references payment_methods (account_id, id, customer_id);

create table payment_intents (
  account_id text not null,
  id text not null,
  client_secret text not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  customer_id text,
  payment_method_id text,
  status text not null check (status in ('requires_payment_method', 'requires_confirmation', 'requires_action', 'processing', 'succeeded', 'canceled')),
  capture_method text not null check (capture_method in ('automatic', 'automatic_async')),
  payment_method_types text[] not null,
  automatic_payment_methods jsonb,
  description text,
  receipt_email text,
  setup_future_usage text check (setup_future_usage in ('off_session', 'on_session')),
  shipping jsonb,
  statement_descriptor text,
  statement_descriptor_suffix text,
  -- The last refusal as an error of the API, with the payment method as it was then.
  last_payment_error jsonb,
  latest_charge_id text,
  -- The attempt whose outcome is not known yet: the intent can't change meanwhile.
  attempt_id text,
  canceled_at timestamptz check ((canceled_at is not null) = (status = 'canceled')),
  cancellation_reason text,
  metadata jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, customer_id) references customers (account_id, id)
);

create index payment_intents_created_at_idx on payment_intents (account_id, created_at, id);
create index payment_intents_customer_id_idx on payment_intents (account_id, customer_id, created_at, id);

-- A call of the gateway to take money: written before the call, settled after it. Its id is the gateway's idempotency key.
create table payment_attempts (
  account_id text not null,
  id text not null,
  payment_intent_id text not null,
  payment_method_id text not null,
  amount bigint not null,
  currency text not null,
  off_session boolean not null,
  -- The customer has authenticated this payment with the bank.
  authenticated boolean not null,
  refuse_action boolean not null,
  -- begun: the gateway may or may not have heard of it. processing: it has, and will tell the outcome later.
  status text not null check (status in ('begun', 'processing', 'settled')),
  -- The refusal, to be answered again to who asks again.
  error jsonb,
  -- The test clock of the customer, on whose time the gateway is asked again; null: wall time.
  clock_id text,
  begun_at timestamptz not null,
  -- When the gateway is to be asked again: after a crash, or for what it is still processing.
  ask_again_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, payment_intent_id) references payment_intents (account_id, id)
);

create index payment_attempts_ask_again_at_idx on payment_attempts (ask_again_at) where status <> 'settled';
create index payment_attempts_payment_intent_id_idx on payment_attempts (account_id, payment_intent_id);

create table charges (
  account_id text not null,
  id text not null,
  payment_intent_id text not null,
  payment_method_id text not null,
  -- The attempt that made it, by which the gateway knows it.
  attempt_id text not null,
  customer_id text,
  amount bigint not null check (amount > 0),
  -- The sum of its refunds that have not failed.
  amount_refunded bigint not null check (amount_refunded between 0 and amount),
  currency text not null,
  status text not null check (status in ('pending', 'succeeded', 'failed')),
  failure_code text,
  failure_message text,
  outcome jsonb not null,
  -- The payment method as it was when it was charged.
  payment_method_type text not null,
  payment_method_details jsonb not null,
  billing_details jsonb not null,
  description text,
  receipt_email text,
  shipping jsonb,
  statement_descriptor text,
  statement_descriptor_suffix text,
  calculated_statement_descriptor text not null,
  user_report text check (user_report in ('fraudulent', 'safe')),
  metadata jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, payment_intent_id) references payment_intents (account_id, id),
  foreign key (account_id, customer_id) references customers (account_id, id)
);

create index charges_created_at_idx on charges (account_id, created_at, id);
create index charges_payment_intent_id_idx on charges (account_id, payment_intent_id, created_at, id);
create index charges_customer_id_idx on charges (account_id, customer_id, created_at, id);

-- Its id is also the gateway's idempotency key, and it is written before the gateway is called.
create table refunds (
  account_id text not null,
  id text not null,
  charge_id text not null,
  payment_intent_id text not null,
  payment_method_id text not null,
  customer_id text,
  -- The attempt that took the money, by which the gateway knows it.
  attempt_id text not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  status text not null check (status in ('pending', 'succeeded', 'failed')),
  failure_reason text check ((failure_reason is not null) = (status = 'failed')),
  reason text check (reason in ('duplicate', 'fraudulent', 'requested_by_customer')),
  -- As that of an attempt.
  gateway_status text not null check (gateway_status in ('begun', 'processing', 'settled')),
  clock_id text,
  ask_again_at timestamptz not null,
  metadata jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, charge_id) references charges (account_id, id)
);

create index refunds_created_at_idx on refunds (account_id, created_at, id);
create index refunds_charge_id_idx on refunds (account_id, charge_id, created_at, id);
create index refunds_payment_intent_id_idx on refunds (account_id, payment_intent_id, created_at, id);
create index refunds_ask_again_at_idx on refunds (ask_again_at) where gateway_status <> 'settled';

create table setup_intents (
  account_id text not null,
  id text not null,
  client_secret text not null,
  customer_id text,
  payment_method_id text,
  status text not null check (status in ('requires_payment_method', 'requires_confirmation', 'requires_action', 'succeeded', 'canceled')),
  usage text not null check (usage in ('off_session', 'on_session')),
  payment_method_types text[] not null,
  automatic_payment_methods jsonb,
  description text,
  last_setup_error jsonb,
  cancellation_reason text,
  metadata jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, customer_id) references customers (account_id, id)
);

create index setup_intents_created_at_idx on setup_intents (account_id, created_at, id);
create index setup_intents_customer_id_idx on setup_intents (account_id, customer_id, created_at, id);

-- The built-in test gateway's own book. It is written in its own transactions on its own connection, as that of a
-- gateway elsewhere would be, and refers to nothing of the tables above.
create table test_gateway_charges (
  account_id text not null,
  idempotency_key text not null,
  -- Whatever the caller wants to find its charges by.
  subject text not null,
  reference text not null,
  amount bigint not null,
  currency text not null,
  outcome jsonb not null,
  -- Bank debits are decided then.
  settles_at timestamptz,
  created_at timestamptz not null,
  primary key (account_id, idempotency_key)
);

create table test_gateway_refunds (
  account_id text not null,
  idempotency_key text not null,
  charge_key text not null,
  amount bigint not null,
  outcome jsonb not null,
  settles_at timestamptz,
  created_at timestamptz not null,
  primary key (account_id, idempotency_key),
  foreign key (account_id, charge_key) references test_gateway_charges (account_id, idempotency_key)
);
