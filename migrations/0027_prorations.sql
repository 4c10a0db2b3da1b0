-- What a proration is a share of: the amount of a whole period, what discounts took off it, and the period.
alter table invoice_items add column prorated_of jsonb;
alter table invoice_lines add column prorated_of jsonb;
