create table products (
  account_id text not null references accounts (id),
  id text not null,
  name text not null,
  active boolean not null,
  description text,
  unit_label text,
  statement_descriptor text,
  url text,
  shippable boolean,
  images text[] not null,
  marketing_features jsonb not null,
  package_dimensions jsonb,
  default_price_id text,
  metadata jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, id)
);

create index products_created_at_idx on products (account_id, created_at, id);

create table prices (
  account_id text not null,
  id text not null,
  product_id text not null,
  active boolean not null,
  currency text not null,
  nickname text,
  lookup_key text,
  tax_behavior text not null check (tax_behavior in ('exclusive', 'inclusive', 'unspecified')),
  billing_scheme text not null check (billing_scheme in ('per_unit', 'tiered')),
  -- Minor units with up to 12 decimals; null for tiered prices.
  unit_amount numeric,
  tiers_mode text check (tiers_mode in ('graduated', 'volume')),
  tiers jsonb,
  transform_divide_by bigint,
  transform_round text check (transform_round in ('up', 'down')),
  currency_options jsonb not null,
  -- Null for one-time prices.
  recurring_interval text check (recurring_interval in ('day', 'week', 'month', 'year')),
  recurring_interval_count integer,
  usage_type text check (usage_type in ('licensed', 'metered')),
  meter_id text,
  metadata jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, product_id) references products (account_id, id),
  foreign key (account_id, meter_id) references meters (account_id, id),
  check ((billing_scheme = 'tiered') = (tiers is not null)),
  check ((billing_scheme = 'tiered') = (tiers_mode is not null)),
  check ((billing_scheme = 'tiered') = (unit_amount is null)),
  check (billing_scheme = 'per_unit' or (recurring_interval is not null and transform_divide_by is null)),
  check ((transform_divide_by is null) = (transform_round is null)),
  check ((recurring_interval is null) = (recurring_interval_count is null)),
  check ((recurring_interval is null) = (usage_type is null)),
  check (coalesce(usage_type = 'metered', false) = (meter_id is not null))
);

create unique index prices_lookup_key_key on prices (account_id, lookup_key);
create index prices_created_at_idx on prices (account_id, created_at, id);
create index prices_product_id_idx on prices (account_id, product_id);

-- The two tables refer to each other: a product is written first, then its prices, then its default price.
alter table products add foreign key (account_id, default_price_id) references prices (account_id, id);
