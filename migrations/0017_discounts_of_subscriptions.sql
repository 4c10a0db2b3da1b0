-- Discounts of subscriptions, which their invoices inherit.

alter table discounts alter column invoice_id drop not null;
alter table discounts add column subscription_id text;
alter table discounts add constraint discounts_target_check check (num_nonnulls(invoice_id, subscription_id) = 1);

-- In the order in which they apply. What is used up, expired or taken off is no part of it.
alter table subscriptions add column discount_ids text[] not null default '{}';
