/** A payment intent that is to pay an invoice, and what came of it. */
export type InvoicePayment = {
  readonly id: string;
  readonly invoiceId: string;
  readonly paymentIntentId: string;
  /** Minor units. */
  readonly amountRequested: bigint;
  /** Null until it is paid. */
  readonly amountPaid: bigint | null;
  readonly currency: string;
  /** The one that was made when the invoice was finalized, or in its place. */
  readonly isDefault: boolean;
  readonly status: 'open' | 'paid' | 'canceled';
  readonly paidAt: Temporal.Instant | null;
  readonly canceledAt: Temporal.Instant | null;
  readonly createdAt: Temporal.Instant;
};
