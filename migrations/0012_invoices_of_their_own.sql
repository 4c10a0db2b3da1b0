-- Invoices that are made through the API: without a subscription, with invoice items, edited as drafts, settled by hand.

alter table invoices alter column subscription_id drop not null;
alter table invoices alter column subscription_metadata drop not null;
alter table invoices add constraint invoices_subscription_check
  check ((subscription_id is null) = (subscription_metadata is null));

-- A draft may have a number that was chosen for it; all others have one.
alter table invoices drop constraint invoices_check;
alter table invoices add constraint invoices_number_check check (number is not null or status = 'draft');

-- True: the sequence of its prefix came to the number that was chosen for it, and counts it as given.
alter table invoices add column number_is_counted boolean not null default false;

alter table invoices add column description text;
-- The date that the invoice shows as its own, where it is not that of its finalization.
alter table invoices add column effective_at timestamptz;
alter table invoices add column marked_uncollectible_at timestamptz;
alter table invoices add column uncollectible_reason text;
alter table invoices add column voided_at timestamptz;
-- The part of amount_paid that was paid out of band.
alter table invoices add column amount_paid_off_stripe bigint not null default 0;

create index invoices_due_at_idx on invoices (account_id, due_at) where due_at is not null;

create table invoice_items (
  account_id text not null,
  id text not null,
  customer_id text not null,
  -- Null while it is pending.
  invoice_id text,
  subscription_id text,
  -- Null where the item has an amount of its own.
  price_id text,
  product_id text,
  currency text not null,
  description text,
  amount bigint not null,
  quantity numeric not null check (quantity >= 0),
  -- Minor units with up to 12 decimals.
  unit_amount numeric not null,
  period_start_at timestamptz not null,
  period_end_at timestamptz not null check (period_end_at >= period_start_at),
  discountable boolean not null,
  -- True: it was pending before an invoice took it, and is so again when that draft is deleted.
  was_pending boolean not null,
  metadata jsonb not null,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, customer_id) references customers (account_id, id),
  foreign key (account_id, invoice_id) references invoices (account_id, id),
  foreign key (account_id, price_id) references prices (account_id, id),
  check ((price_id is null) = (product_id is null)),
  check (invoice_id is not null or was_pending)
);

create index invoice_items_created_at_idx on invoice_items (account_id, created_at, id);
create index invoice_items_customer_id_idx on invoice_items (account_id, customer_id);
create index invoice_items_invoice_id_idx on invoice_items (account_id, invoice_id) where invoice_id is not null;
create index invoice_items_price_id_idx on invoice_items (account_id, price_id) where price_id is not null;

-- A line comes from a subscription item or from an invoice item.
alter table invoice_lines add column invoice_item_id text;
alter table invoice_lines add column discountable boolean not null default true;
alter table invoice_lines alter column subscription_id drop not null;
alter table invoice_lines alter column subscription_item_id drop not null;
alter table invoice_lines alter column price_id drop not null;
alter table invoice_lines alter column product_id drop not null;
alter table invoice_lines alter column description drop not null;
alter table invoice_lines add constraint invoice_lines_source_check
  check ((subscription_item_id is null) <> (invoice_item_id is null));
alter table invoice_lines add foreign key (account_id, invoice_item_id) references invoice_items (account_id, id);
create unique index invoice_lines_invoice_item_id_key on invoice_lines (account_id, invoice_item_id)
  where invoice_item_id is not null;

-- How an account numbers its invoices; no row means per customer.
create table invoice_settings (
  account_id text primary key references accounts (id),
  numbering text not null check (numbering in ('customer', 'account')),
  -- Of the account's own numbers, also while they are not used.
  number_prefix text not null,
  next_number_sequence bigint not null check (next_number_sequence > 0)
);

-- Null: the prefix is that of the account's own numbers.
alter table customer_invoice_prefixes alter column customer_id drop not null;

-- They are kept for 72 hours in the shape that the program gave them, which is another one now.
delete from invoice_previews;
