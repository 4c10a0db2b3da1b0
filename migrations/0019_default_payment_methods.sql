-- What a single invoice or subscription is paid with, before what its customer pays with.

alter table invoices add column default_payment_method_id text;
-- The types of methods that may pay it; null: all that can.
alter table invoices add column payment_method_types text[];
alter table invoices add foreign key (account_id, default_payment_method_id) references payment_methods (account_id, id);
create index invoices_default_payment_method_id_idx on invoices (account_id, default_payment_method_id)
  where default_payment_method_id is not null;

alter table subscriptions add column default_payment_method_id text;
-- Of its invoices.
alter table subscriptions add column payment_method_types text[];
-- on_subscription: what pays one of its invoices becomes its default.
alter table subscriptions add column save_default_payment_method text not null default 'off'
  check (save_default_payment_method in ('off', 'on_subscription'));
alter table subscriptions add foreign key (account_id, default_payment_method_id)
  references payment_methods (account_id, id);
create index subscriptions_default_payment_method_id_idx on subscriptions (account_id, default_payment_method_id)
  where default_payment_method_id is not null;

-- They are kept for 72 hours in the shape that the program gave them, which is another one now.
delete from invoice_previews;
