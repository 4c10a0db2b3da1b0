-- Discounts of single invoice items, which are on their lines before those of the invoice.

alter table discounts add column invoice_item_id text;
alter table discounts drop constraint discounts_target_check;
alter table discounts
  add constraint discounts_target_check
    check (num_nonnulls(invoice_id, subscription_id, subscription_item_id, invoice_item_id) = 1);

-- With the coupons' terms, as on invoices.
alter table invoice_items add column discounts jsonb not null default '[]';
