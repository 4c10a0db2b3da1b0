-- Coupons, promotion codes and tax rates; tax ids and the balance of customers.

create table coupons (
  account_id text not null references accounts (id),
  -- The id of a deleted coupon can be given again, while what was redeemed goes on under the old terms, by this key.
  key bigint generated always as identity,
  id text not null,
  name text,
  -- One of the two: a percentage of 2 decimals at most, or minor units of the currency.
  percent_off numeric check (percent_off > 0 and percent_off <= 100),
  amount_off bigint check (amount_off > 0),
  currency text,
  -- Other currencies, each with its amount as text.
  currency_options jsonb not null,
  -- The products that it is limited to; null for all.
  product_ids text[],
  duration text not null check (duration in ('forever', 'once', 'repeating')),
  duration_in_months integer check (duration_in_months > 0),
  max_redemptions bigint check (max_redemptions > 0),
  redeem_by_at timestamptz,
  times_redeemed bigint not null default 0,
  metadata jsonb not null,
  created_at timestamptz not null,
  deleted_at timestamptz,
  primary key (account_id, key),
  check ((percent_off is null) <> (amount_off is null)),
  check ((amount_off is null) = (currency is null)),
  check ((duration = 'repeating') = (duration_in_months is not null)),
  check (times_redeemed >= 0 and times_redeemed <= coalesce(max_redemptions, times_redeemed))
);

create unique index coupons_living_id_key on coupons (account_id, id) where deleted_at is null;
create index coupons_id_idx on coupons (account_id, id, key);
create index coupons_created_at_idx on coupons (account_id, created_at, key) where deleted_at is null;

create table promotion_codes (
  account_id text not null,
  id text not null,
  coupon_key bigint not null,
  code text not null,
  -- What was asked for. Whether it can be redeemed also depends on its limits and on the coupon.
  active boolean not null,
  customer_id text,
  max_redemptions bigint check (max_redemptions > 0),
  expires_at timestamptz,
  times_redeemed bigint not null default 0,
  first_time_transaction boolean not null,
  minimum_amount bigint check (minimum_amount > 0),
  minimum_amount_currency text,
  -- Other currencies, each with its minimum amount as text.
  currency_options jsonb not null,
  metadata jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, coupon_key) references coupons (account_id, key),
  foreign key (account_id, customer_id) references customers (account_id, id),
  check ((minimum_amount is null) = (minimum_amount_currency is null)),
  check (times_redeemed >= 0 and times_redeemed <= coalesce(max_redemptions, times_redeemed))
);

create index promotion_codes_code_idx on promotion_codes (account_id, lower(code));
create index promotion_codes_created_at_idx on promotion_codes (account_id, created_at, id);
create index promotion_codes_coupon_key_idx on promotion_codes (account_id, coupon_key);
create index promotion_codes_customer_id_idx on promotion_codes (account_id, customer_id) where customer_id is not null;

create table tax_rates (
  account_id text not null references accounts (id),
  id text not null,
  display_name text not null,
  -- Of 100, with 4 decimals at most.
  percentage numeric not null check (percentage >= 0 and percentage <= 100),
  inclusive boolean not null,
  active boolean not null,
  country text,
  state text,
  jurisdiction text,
  description text,
  tax_type text,
  metadata jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, id)
);

create index tax_rates_created_at_idx on tax_rates (account_id, created_at, id);

create table tax_ids (
  account_id text not null references accounts (id),
  id text not null,
  -- Whose it is; null for the account itself.
  customer_id text,
  type text not null,
  value text not null,
  country text,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, customer_id) references customers (account_id, id)
);

create index tax_ids_customer_id_idx on tax_ids (account_id, customer_id, created_at, id);

-- The sum of the transactions, in the customer's currency: negative is what the customer has to its credit.
alter table customers add column balance bigint not null default 0;
alter table customers add constraint customers_balance_check check (balance = 0 or currency is not null);

create table customer_balance_transactions (
  account_id text not null,
  id text not null,
  customer_id text not null,
  -- Minor units; with the ending balance of the one before, it makes the ending balance.
  amount bigint not null,
  ending_balance bigint not null,
  currency text not null,
  type text not null check (type in (
    'adjustment', 'applied_to_invoice', 'credit_note', 'initial', 'invoice_overpaid', 'invoice_too_large',
    'invoice_too_small', 'unapplied_from_invoice'
  )),
  description text,
  invoice_id text,
  credit_note_id text,
  metadata jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, customer_id) references customers (account_id, id)
);

create index customer_balance_transactions_customer_id_idx
  on customer_balance_transactions (account_id, customer_id, created_at, id);
create index customer_balance_transactions_invoice_id_idx
  on customer_balance_transactions (account_id, invoice_id) where invoice_id is not null;
