-- Credit notes: what of a final invoice is not owed after all, or is given back.

create table credit_notes (
  account_id text not null,
  id text not null,
  invoice_id text not null,
  customer_id text not null,
  -- Counts the credit notes of an invoice, void ones too; their numbers end in it.
  sequence integer not null check (sequence > 0),
  number text not null,
  currency text not null,
  status text not null check (status in ('issued', 'void')),
  reason text check (reason in ('duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory')),
  memo text,
  -- Minor units, as all amounts here: of the lines, and what discounts and taxes make of it.
  subtotal bigint not null,
  total bigint not null check (total > 0),
  -- What the invoice is owed less, and what is given back of what was paid.
  pre_payment_amount bigint not null check (pre_payment_amount >= 0),
  post_payment_amount bigint not null check (post_payment_amount >= 0),
  -- Of the second: to the customer's balance, and outside of here. The rest is refunds.
  credit_amount bigint not null check (credit_amount >= 0),
  out_of_band_amount bigint check (out_of_band_amount >= 0),
  balance_transaction_id text,
  effective_at timestamptz,
  voided_at timestamptz check ((voided_at is not null) = (status = 'void')),
  metadata jsonb not null,
  test_clock_id text,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, invoice_id) references invoices (account_id, id),
  foreign key (account_id, customer_id) references customers (account_id, id),
  foreign key (account_id, balance_transaction_id) references customer_balance_transactions (account_id, id),
  check (pre_payment_amount + post_payment_amount = total),
  check ((balance_transaction_id is not null) = (credit_amount > 0)),
  -- What was given back is not taken again.
  check (status = 'issued' or post_payment_amount = 0)
);

create unique index credit_notes_sequence_key on credit_notes (account_id, invoice_id, sequence);
create index credit_notes_created_at_idx on credit_notes (account_id, created_at, id);
create index credit_notes_customer_id_idx on credit_notes (account_id, customer_id, created_at, id);

create table credit_note_lines (
  account_id text not null,
  id text not null,
  credit_note_id text not null,
  position integer not null,
  -- The line of the invoice that is credited; null for a line of the credit note's own.
  invoice_line_id text,
  description text,
  amount bigint not null,
  -- Null where an amount was credited, and not so many units.
  quantity bigint check (quantity > 0),
  unit_amount numeric,
  -- What of the line's discounts and taxes is credited with it.
  discounts jsonb not null,
  taxes jsonb not null,
  metadata jsonb not null,
  primary key (account_id, id),
  foreign key (account_id, credit_note_id) references credit_notes (account_id, id),
  foreign key (account_id, invoice_line_id) references invoice_lines (account_id, id)
);

create unique index credit_note_lines_position_key on credit_note_lines (account_id, credit_note_id, position);
create index credit_note_lines_invoice_line_id_idx on credit_note_lines (account_id, invoice_line_id);

-- The refunds that a credit note made, or was linked to.
create table credit_note_refunds (
  account_id text not null,
  credit_note_id text not null,
  refund_id text not null,
  position integer not null,
  amount bigint not null check (amount > 0),
  primary key (account_id, credit_note_id, refund_id),
  foreign key (account_id, credit_note_id) references credit_notes (account_id, id),
  foreign key (account_id, refund_id) references refunds (account_id, id)
);

create index credit_note_refunds_refund_id_idx on credit_note_refunds (account_id, refund_id);

-- The sums of the credit notes that are issued; the first is taken off the amount due.
alter table invoices add column pre_payment_credit_notes_amount bigint not null default 0;
alter table invoices add column post_payment_credit_notes_amount bigint not null default 0;

-- They are kept for 72 hours in the shape that the program gave them, which is another one now.
delete from invoice_previews;
