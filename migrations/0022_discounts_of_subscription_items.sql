-- Discounts of single items of subscriptions, which come before those of the invoice.

alter table discounts add column subscription_item_id text;
alter table discounts drop constraint discounts_target_check;
alter table discounts
  add constraint discounts_target_check check (num_nonnulls(invoice_id, subscription_id, subscription_item_id) = 1);

-- As on subscriptions.
alter table subscription_items add column discount_ids text[] not null default '{}';
