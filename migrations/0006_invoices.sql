create table invoices (
  account_id text not null,
  id text not null,
  customer_id text not null,
  subscription_id text not null,
  status text not null check (status in ('draft', 'open', 'paid', 'uncollectible', 'void')),
  billing_reason text not null,
  collection_method text not null check (collection_method in ('charge_automatically', 'send_invoice')),
  currency text not null,
  -- Given when the invoice is finalized.
  number text check ((number is null) = (status = 'draft')),
  -- Minor units of the currency.
  subtotal bigint not null,
  total bigint not null,
  amount_due bigint not null,
  amount_paid bigint not null,
  auto_advance boolean not null,
  attempted boolean not null,
  attempt_count integer not null,
  period_start_at timestamptz not null,
  period_end_at timestamptz not null,
  due_at timestamptz,
  automatically_finalizes_at timestamptz,
  next_payment_attempt_at timestamptz,
  finalized_at timestamptz,
  paid_at timestamptz,
  -- What the customer was when the invoice was finalized: name, email, phone, address, shipping, tax_exempt.
  -- Null while the invoice is a draft, which shows the customer as it is.
  customer_snapshot jsonb check ((customer_snapshot is null) = (status = 'draft')),
  subscription_metadata jsonb not null,
  custom_fields jsonb,
  footer text,
  metadata jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, customer_id) references customers (account_id, id)
);

create unique index invoices_number_key on invoices (account_id, number);
create index invoices_created_at_idx on invoices (account_id, created_at, id);
create index invoices_customer_id_idx on invoices (account_id, customer_id);
create index invoices_subscription_id_idx on invoices (account_id, subscription_id);

create table invoice_lines (
  account_id text not null,
  id text not null,
  invoice_id text not null,
  -- Place in the invoice, from 0.
  position integer not null,
  subscription_id text not null,
  subscription_item_id text not null,
  price_id text not null,
  product_id text not null,
  description text not null,
  amount bigint not null,
  quantity numeric not null,
  unit_amount numeric not null,
  period_start_at timestamptz not null,
  period_end_at timestamptz not null,
  -- Null: those of the subscription, as they are when the line is read.
  metadata jsonb,
  primary key (account_id, id),
  foreign key (account_id, invoice_id) references invoices (account_id, id)
);

create unique index invoice_lines_position_key on invoice_lines (account_id, invoice_id, position);

-- Previews are never invoices; what one told is kept for 72 hours so that it, and its lines past the tenth, can be read.
create table invoice_previews (
  account_id text not null,
  id text not null,
  body json not null,
  created_at timestamptz not null,
  primary key (account_id, id)
);

create index invoice_previews_created_at_idx on invoice_previews (created_at);
