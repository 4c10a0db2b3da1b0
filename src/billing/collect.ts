import type { Queryable } from '../db/pool.ts';
import { inTransaction } from '../db/transaction.ts';
import { collectById } from '../invoices/collect.ts';
import { finishCollection } from '../payments/collect.ts';
import type { Payments } from '../payments/payments.ts';
import { type Account, backgroundContext } from '../stripe/context.ts';

/** What is to be collected, and what time it is for its customer. */
type Collection = {
  readonly db: Queryable;
  readonly account: Account;
  readonly invoiceId: string;
  readonly now: Temporal.Instant;
};

/**
 * Collects an invoice that was finalized with something due, whether it is charged or sent. Called outside any
 * transaction, after the commit of the finalization, by one process at a time; a clock waits for it. It may be called
 * again for the same invoice when a process dies, so repeating it must be safe. When it throws it is called again later;
 * on a clock the clock breaks down.
 */
export type CollectInvoice = (collection: Collection) => Promise<void>;

/** Collects by payments: begun in one transaction, ended in another, with the gateway asked between. */
export function collectByPayments(payments: Payments): CollectInvoice {
  return async ({ db, account, now, invoiceId }) => {
    const context = backgroundContext(db, account, now, payments.baseUrl);
    const attemptId = await inTransaction(db, (inside) => collectById({ ...context, db: inside }, payments, invoiceId));
    if (attemptId !== null) await finishCollection(context, payments, attemptId);
  };
}
