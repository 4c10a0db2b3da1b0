-- How invoices are paid: each payment intent that is to pay an invoice, and what came of it.

create table invoice_payments (
  account_id text not null,
  id text not null,
  invoice_id text not null,
  payment_intent_id text not null,
  -- Minor units of the currency.
  amount_requested bigint not null,
  amount_paid bigint,
  currency text not null,
  is_default boolean not null,
  status text not null check (status in ('open', 'paid', 'canceled')),
  paid_at timestamptz check ((paid_at is not null) = (status = 'paid')),
  canceled_at timestamptz check ((canceled_at is not null) = (status = 'canceled')),
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, invoice_id) references invoices (account_id, id),
  foreign key (account_id, payment_intent_id) references payment_intents (account_id, id),
  check ((amount_paid is not null) = (status = 'paid'))
);

-- An intent pays one invoice, and an invoice waits for one payment at a time.
create unique index invoice_payments_payment_intent_id_idx on invoice_payments (account_id, payment_intent_id);
create unique index invoice_payments_open_idx on invoice_payments (account_id, invoice_id) where status = 'open';
create index invoice_payments_created_at_idx on invoice_payments (account_id, created_at, id);
create index invoice_payments_invoice_id_idx on invoice_payments (account_id, invoice_id, created_at, id);
