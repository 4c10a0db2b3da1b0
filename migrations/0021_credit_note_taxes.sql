-- What credit notes come to without taxes, which their lines keep since 0018.

alter table credit_notes add column subtotal_excluding_tax bigint;
alter table credit_notes add column total_excluding_tax bigint;
update credit_notes set subtotal_excluding_tax = subtotal, total_excluding_tax = total;
alter table credit_notes alter column subtotal_excluding_tax set not null;
alter table credit_notes alter column total_excluding_tax set not null;

-- What discounts leave of a line, without any tax.
alter table credit_note_lines add column amount_excluding_tax bigint;
update credit_note_lines l set amount_excluding_tax = l.amount - coalesce(
  (select sum((d ->> 'amount')::bigint) from jsonb_array_elements(l.discounts) as d), 0
);
alter table credit_note_lines alter column amount_excluding_tax set not null;
