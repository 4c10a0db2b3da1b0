import type { Metadata } from '../stripe/metadata.ts';

/** Why a balance changed; the words of the reference that something here can cause. */
export type BalanceTransactionType =
  | 'adjustment'
  | 'applied_to_invoice'
  | 'credit_note'
  | 'initial'
  | 'invoice_overpaid'
  | 'invoice_too_large'
  | 'invoice_too_small'
  | 'unapplied_from_invoice';

/**
 * One change of a customer's balance, in minor units: negative amounts are to the customer's credit. What it says of
 * money never changes.
 */
export type BalanceTransaction = {
  readonly id: string;
  readonly customerId: string;
  readonly amount: bigint;
  /** The balance after it. */
  readonly endingBalance: bigint;
  readonly currency: string;
  readonly type: BalanceTransactionType;
  readonly description: string | null;
  readonly invoiceId: string | null;
  readonly creditNoteId: string | null;
  readonly metadata: Metadata;
  readonly createdAt: Temporal.Instant;
};
