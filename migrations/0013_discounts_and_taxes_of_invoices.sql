-- The customer's balance meets invoices.

-- What the balance was when the invoice was finalized, and what finalization left of it; negative is to the customer's
-- credit. A draft tells the balance as it is, and has no ending one yet.
alter table invoices add column starting_balance bigint not null default 0;
alter table invoices add column ending_balance bigint;
update invoices set ending_balance = 0 where status <> 'draft';
alter table invoices add constraint invoices_ending_balance_check check ((ending_balance is null) = (status = 'draft'));

-- They are kept for 72 hours in the shape that the program gave them, which is another one now.
delete from invoice_previews;
