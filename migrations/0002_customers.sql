create table customers (
  account_id text not null references accounts (id),
  id text not null,
  name text,
  email text,
  description text,
  phone text,
  business_name text,
  individual_name text,
  address jsonb,
  shipping jsonb,
  tax_exempt text not null check (tax_exempt in ('none', 'exempt', 'reverse')),
  preferred_locales text[] not null,
  invoice_prefix text not null,
  next_invoice_sequence bigint not null check (next_invoice_sequence > 0),
  invoice_footer text,
  invoice_custom_fields jsonb,
  currency text,
  metadata jsonb not null,
  created_at timestamptz not null,
  deleted_at timestamptz,
  primary key (account_id, id)
);

-- Every prefix that a customer ever had: invoices keep their numbers, so nobody else may count with it again.
create table customer_invoice_prefixes (
  account_id text not null,
  prefix text not null,
  customer_id text not null,
  primary key (account_id, prefix),
  foreign key (account_id, customer_id) references customers (account_id, id)
);

create index customers_created_at_idx on customers (account_id, created_at, id) where deleted_at is null;
create index customers_email_idx on customers (account_id, email) where deleted_at is null;
