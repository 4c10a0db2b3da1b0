import type { Queryable } from '../../db/pool.ts';
import { selectFrom } from '../../db/scope.ts';
import type { Refusal } from '../../stripe/errors.ts';

/** What the gateway decided when it was first asked; it may tell so only later. */
export type Decision =
  | { readonly result: 'succeeded'; readonly reference?: string }
  | { readonly result: 'requires_action' }
  | { readonly result: 'declined'; readonly refusal: Refusal }
  | { readonly result: 'failed'; readonly reason: string };

export type LedgerEntry = {
  readonly decision: Decision;
  /** Until then it is processing; null: decided at once. */
  readonly settlesAt: Temporal.Instant | null;
};

type Book = { readonly db: Queryable; readonly account: { readonly id: string } };

export type NewCharge = LedgerEntry & {
  readonly idempotencyKey: string;
  readonly subject: string;
  readonly reference: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly createdAt: Temporal.Instant;
};

/** Books a charge unless its key is booked already. Returns what stands in the book. */
export async function bookCharge(book: Book, charge: NewCharge): Promise<LedgerEntry> {
  await book.db
    .insertInto('test_gateway_charges')
    .values({
      account_id: book.account.id,
      idempotency_key: charge.idempotencyKey,
      subject: charge.subject,
      reference: charge.reference,
      amount: charge.amount,
      currency: charge.currency,
      outcome: JSON.stringify(charge.decision),
      settles_at: charge.settlesAt,
      created_at: charge.createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const booked = await findCharge(book, charge.idempotencyKey);
  if (booked?.amount === charge.amount && booked.currency === charge.currency) return booked;
  throw new Error(`the idempotency key ${charge.idempotencyKey} was used for another charge`);
}

export type BookedCharge = LedgerEntry & {
  readonly amount: bigint;
  readonly currency: string;
  readonly reference: string;
};

export async function findCharge(book: Book, idempotencyKey: string): Promise<BookedCharge | undefined> {
  const row = await selectFrom(book, 'test_gateway_charges')
    .selectAll()
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { amount, currency, reference, settles_at: settlesAt } = row;
  return { amount, currency, reference, decision: row.outcome as Decision, settlesAt };
}

export type NewRefund = LedgerEntry & {
  readonly idempotencyKey: string;
  readonly chargeKey: string;
  readonly amount: bigint;
  readonly createdAt: Temporal.Instant;
};

/** Books a refund unless its key is booked already. Returns what stands in the book. */
export async function bookRefund(book: Book, refund: NewRefund): Promise<LedgerEntry> {
  await book.db
    .insertInto('test_gateway_refunds')
    .values({
      account_id: book.account.id,
      idempotency_key: refund.idempotencyKey,
      charge_key: refund.chargeKey,
      amount: refund.amount,
      outcome: JSON.stringify(refund.decision),
      settles_at: refund.settlesAt,
      created_at: refund.createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const booked = await findRefund(book, refund.idempotencyKey);
  if (booked === undefined) throw new Error(`the refund ${refund.idempotencyKey} was not booked`);
  return booked;
}

export async function findRefund(book: Book, idempotencyKey: string): Promise<LedgerEntry | undefined> {
  const row = await selectFrom(book, 'test_gateway_refunds')
    .select(['outcome', 'settles_at'])
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst();
  return row && { decision: row.outcome as Decision, settlesAt: row.settles_at };
}
