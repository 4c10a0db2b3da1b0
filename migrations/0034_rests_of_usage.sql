-- Usage that a change closes is an invoice item: of its usage, what earlier invoices had billed.
alter table invoice_items
  add column billed_so_far numeric,
  add constraint invoice_items_billed_so_far_check check (billed_so_far >= 0);
