-- Tax rates meet invoices.

-- Rates of something stand in the order in which they were given; something that has none has those of what it is on.
alter table subscriptions add column default_tax_rate_ids text[] not null default '{}';
alter table subscription_items add column tax_rate_ids text[] not null default '{}';
alter table invoice_items add column tax_rate_ids text[] not null default '{}';

alter table invoices add column default_tax_rate_ids text[] not null default '{}';
-- As the account rounded taxes when the invoice was made.
alter table invoices add column tax_rounding text not null default 'line' check (tax_rounding in ('line', 'invoice'));
-- What each rate comes to on the invoice, with what it is of and why nothing is due where nothing is.
alter table invoices add column taxes jsonb not null default '[]';
alter table invoices add column subtotal_excluding_tax bigint;
alter table invoices add column total_excluding_tax bigint;
-- As finalization found them; null for a draft, which shows those that the customer has.
alter table invoices add column customer_tax_ids jsonb;
update invoices set subtotal_excluding_tax = subtotal, total_excluding_tax = total,
  customer_tax_ids = case when status <> 'draft' then '[]'::jsonb end;
alter table invoices alter column subtotal_excluding_tax set not null;
alter table invoices alter column total_excluding_tax set not null;
alter table invoices add constraint invoices_customer_tax_ids_check
  check ((customer_tax_ids is null) = (status = 'draft'));

-- The line's own rates with their terms, which never change; and what each rate that applies, its own or else the invoice's, makes of it.
alter table invoice_lines add column tax_rates jsonb not null default '[]';
alter table invoice_lines add column taxes jsonb not null default '[]';
-- What discounts leave of the line, without any tax.
alter table invoice_lines add column amount_excluding_tax bigint;
update invoice_lines set amount_excluding_tax = amount - coalesce(
  (select sum((d ->> 'amount')::bigint) from jsonb_array_elements(discounts) d), 0
);
alter table invoice_lines alter column amount_excluding_tax set not null;

alter table invoice_settings add column tax_rounding text not null default 'line'
  check (tax_rounding in ('line', 'invoice'));

-- They are kept for 72 hours in the shape that the program gave them, which is another one now.
delete from invoice_previews;
