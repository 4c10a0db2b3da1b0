-- Usage that came after the invoice of its period was final.

-- On a line of late usage: what was billed of the same item and period before. Null on all other lines.
alter table invoice_lines add column billed_before numeric;
alter table invoice_lines
  add constraint invoice_lines_billed_before_check check (
    billed_before is null or (billed_before >= 0 and subscription_item_id is not null)
  );

-- Few lines are late, and each of them is looked up by the period that it belongs to.
create index invoice_lines_late_idx on invoice_lines (account_id, subscription_item_id) where billed_before is not null;

-- What becomes of it: the original drops it.
alter table billing_settings add column late_usage text not null default 'drop';
alter table billing_settings
  add constraint billing_settings_late_usage_check check (late_usage in ('drop', 'next_invoice'));
