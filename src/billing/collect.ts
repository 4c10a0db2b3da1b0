import type { Queryable } from '../db/pool.ts';
import type { Account } from '../stripe/context.ts';

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

/** Payments do not collect invoices yet: what is due stays open. */
export const leaveOpen: CollectInvoice = async () => {};
