-- What a paused subscription goes back to where the invoice of its resume is void: its anchor, its periods and its end.
alter table subscriptions add column resumption_before jsonb check (resumption_before is null or resumption_invoice_id is not null);
