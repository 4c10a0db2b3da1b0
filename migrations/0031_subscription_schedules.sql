-- Subscriptions through phases that are planned ahead.

create table subscription_schedules (
  account_id text not null,
  id text not null,
  customer_id text not null,
  test_clock_id text,
  status text not null check (status in ('not_started', 'active', 'completed', 'released', 'canceled')),
  billing_mode text not null check (billing_mode in ('classic', 'flexible')),
  proration_discounts text not null check (proration_discounts in ('included', 'itemized')),
  billing_mode_updated_at timestamptz,
  end_behavior text not null check (end_behavior in ('cancel', 'none', 'release', 'renew')),
  -- What phases have that do not say otherwise.
  defaults jsonb not null,
  -- In their order, the first one first; each begins where the one before it ends.
  phases jsonb not null,
  -- Which of them the subscription is in.
  current_phase integer check ((current_phase is not null) = (status = 'active')),
  metadata jsonb not null,
  -- Set while it is active, and after it was canceled with its subscription or has ended it.
  subscription_id text,
  released_subscription_id text,
  canceled_at timestamptz,
  completed_at timestamptz,
  released_at timestamptz,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, customer_id) references customers (account_id, id)
);

create index subscription_schedules_created_at_idx on subscription_schedules (account_id, created_at, id);
create index subscription_schedules_customer_id_idx on subscription_schedules (account_id, customer_id);
