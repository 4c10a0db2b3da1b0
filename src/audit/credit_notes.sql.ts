import { sql } from 'kysely';
import type { Queryable } from '../db/pool.ts';
import type { StoredTax } from './stored.sql.ts';

/** A credit note as it is stored, with what other tables say of it. */
export type StoredNote = {
  readonly id: string;
  readonly invoice_id: string;
  readonly number: string;
  readonly status: 'issued' | 'void';
  readonly subtotal: bigint;
  readonly total: bigint;
  readonly total_excluding_tax: bigint;
  readonly pre_payment_amount: bigint;
  readonly post_payment_amount: bigint;
  readonly credit_amount: bigint;
  readonly out_of_band_amount: bigint | null;
  /** What its refunds come to, and what the transactions of the customer's balance say that it changed. */
  readonly refunded: bigint;
  readonly balance_changed: bigint;
};

export type StoredNoteLine = {
  readonly id: string;
  readonly credit_note_id: string;
  readonly invoice_line_id: string | null;
  readonly amount: bigint;
  readonly quantity: string | null;
  readonly unit_amount: string | null;
  readonly discounts: readonly { readonly id: string; readonly amount: string }[];
  readonly taxes: readonly StoredTax[];
  readonly amount_excluding_tax: bigint;
};

/** All credit notes of some invoices, in the order of their numbers. */
export async function storedNotes(
  db: Queryable,
  accountId: string,
  invoiceIds: readonly string[],
): Promise<StoredNote[]> {
  const { rows } = await sql<StoredNote>`
    select n.id, n.invoice_id, n.number, n.status, n.subtotal, n.total, n.total_excluding_tax, n.pre_payment_amount, n.post_payment_amount,
      n.credit_amount, n.out_of_band_amount,
      (
        select coalesce(sum(r.amount), 0)::bigint from credit_note_refunds r
        where r.account_id = n.account_id and r.credit_note_id = n.id
      ) as refunded,
      (
        select coalesce(sum(t.amount), 0)::bigint from customer_balance_transactions t
        where t.account_id = n.account_id and t.customer_id = n.customer_id and t.credit_note_id = n.id
      ) as balance_changed
    from credit_notes n
    where n.account_id = ${accountId} and n.invoice_id = any (${[...invoiceIds]}::text[])
    order by n.invoice_id, n.sequence
  `.execute(db);
  return rows;
}

/** All lines of some credit notes, by credit note and place. */
export async function storedNoteLines(
  db: Queryable,
  accountId: string,
  noteIds: readonly string[],
): Promise<StoredNoteLine[]> {
  const { rows } = await sql<StoredNoteLine>`
    select id, credit_note_id, invoice_line_id, amount, quantity::text as quantity,
      trim_scale(unit_amount)::text as unit_amount, discounts, taxes, amount_excluding_tax
    from credit_note_lines
    where account_id = ${accountId} and credit_note_id = any (${[...noteIds]}::text[])
    order by credit_note_id, position
  `.execute(db);
  return rows;
}

/** Refunds of which more belongs to credit notes than was refunded. */
export async function overlinkedRefunds(
  db: Queryable,
  accountId: string,
): Promise<{ id: string; amount: bigint; linked: bigint }[]> {
  const { rows } = await sql<{ id: string; amount: bigint; linked: bigint }>`
    select r.id, r.amount, sum(n.amount)::bigint as linked
    from credit_note_refunds n join refunds r on r.account_id = n.account_id and r.id = n.refund_id
    where n.account_id = ${accountId}
    group by r.id, r.amount
    having sum(n.amount) > r.amount
  `.execute(db);
  return rows;
}

/** A refund of a credit note that came to nothing: what the note says was given back, was not. */
export type FailedRefund = { readonly creditNoteId: string; readonly refundId: string; readonly amount: bigint };

/** The refunds of issued credit notes that failed. */
export async function failedRefunds(db: Queryable, accountId: string): Promise<FailedRefund[]> {
  const { rows } = await sql<FailedRefund>`
    select n.credit_note_id as "creditNoteId", n.refund_id as "refundId", n.amount
    from credit_note_refunds n
    join credit_notes c on c.account_id = n.account_id and c.id = n.credit_note_id
    join refunds r on r.account_id = n.account_id and r.id = n.refund_id
    where n.account_id = ${accountId} and c.status = 'issued' and r.status = 'failed'
    order by n.credit_note_id, n.position
  `.execute(db);
  return rows;
}

/** Customers whose balance is not what its transactions add up to. */
export async function unequalBalances(
  db: Queryable,
  accountId: string,
): Promise<{ id: string; balance: bigint; sum: bigint }[]> {
  const { rows } = await sql<{ id: string; balance: bigint; sum: bigint }>`
    select c.id, c.balance, coalesce(t.sum, 0)::bigint as sum
    from customers c
    left join (
      select customer_id, sum(amount) as sum from customer_balance_transactions
      where account_id = ${accountId} group by customer_id
    ) t on t.customer_id = c.id
    where c.account_id = ${accountId} and c.balance <> coalesce(t.sum, 0)
  `.execute(db);
  return rows;
}
