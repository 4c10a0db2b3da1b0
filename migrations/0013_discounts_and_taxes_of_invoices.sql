-- The customer's balance meets invoices.

-- What the balance was when the invoice was finalized, and what finalization left of it; negative is to the customer's
-- credit. A draft tells the balance as it is, and has no ending one yet.
alter table invoices add column starting_balance bigint not null default 0;
alter table invoices add column ending_balance bigint;
update invoices set ending_balance = 0 where status <> 'draft';
alter table invoices add constraint invoices_ending_balance_check check ((ending_balance is null) = (status = 'draft'));

-- They are kept for 72 hours in the shape that the program gave them, which is another one now.
delete from invoice_previews;

create table discounts (
  account_id text not null,
  id text not null,
  -- Not the coupon's id, which can be given again once the coupon is deleted.
  coupon_key bigint not null,
  promotion_code_id text,
  customer_id text not null,
  -- A deleted draft leaves its discounts, as deleted ones.
  invoice_id text not null,
  start_at timestamptz not null,
  end_at timestamptz,
  deleted_at timestamptz,
  created_at timestamptz not null,
  primary key (account_id, id),
  foreign key (account_id, coupon_key) references coupons (account_id, key),
  foreign key (account_id, promotion_code_id) references promotion_codes (account_id, id),
  foreign key (account_id, customer_id) references customers (account_id, id)
);

create index discounts_coupon_key_idx on discounts (account_id, coupon_key);
create index discounts_invoice_id_idx on discounts (account_id, invoice_id);

-- The discounts of an invoice in their order, each with its terms and what it takes off; and what each takes off a line.
alter table invoices add column discounts jsonb not null default '[]';
alter table invoice_lines add column discounts jsonb not null default '[]';
