import type { Customer, CustomField } from '../customers/customer.ts';
import type { Decimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Period } from '../time/period.ts';

type InvoiceStatus = 'draft' | 'open' | 'paid' | 'uncollectible' | 'void';

export type BillingReason = 'subscription_create' | 'subscription_cycle' | 'upcoming';

export type CollectionMethod = 'charge_automatically' | 'send_invoice';

/** The customer as an invoice shows it: as it is until finalization, as it was then ever after. */
export type CustomerSnapshot = Pick<Customer, 'name' | 'email' | 'phone' | 'address' | 'shipping' | 'taxExempt'>;

/** An invoice without its lines. Amounts are minor units of `currency`. */
export type Invoice = {
  readonly id: string;
  readonly customerId: string;
  readonly subscriptionId: string;
  readonly status: InvoiceStatus;
  readonly billingReason: BillingReason;
  readonly collectionMethod: CollectionMethod;
  readonly currency: string;
  /** Null until finalization. */
  readonly number: string | null;
  readonly subtotal: bigint;
  readonly total: bigint;
  readonly amountDue: bigint;
  readonly amountPaid: bigint;
  readonly autoAdvance: boolean;
  readonly attempted: boolean;
  readonly attemptCount: number;
  /** Looks back: of the first invoice of a subscription it is empty. Each line has a period of its own. */
  readonly period: Period;
  readonly dueAt: Temporal.Instant | null;
  readonly automaticallyFinalizesAt: Temporal.Instant | null;
  readonly nextPaymentAttemptAt: Temporal.Instant | null;
  readonly finalizedAt: Temporal.Instant | null;
  readonly paidAt: Temporal.Instant | null;
  readonly customer: CustomerSnapshot;
  /** The subscription's metadata when the invoice was made. */
  readonly subscriptionMetadata: Metadata;
  readonly customFields: readonly CustomField[] | null;
  readonly footer: string | null;
  readonly metadata: Metadata;
  /** The customer's: the clock that it lives on, or null for wall time. */
  readonly testClockId: string | null;
  readonly createdAt: Temporal.Instant;
};

export type InvoiceLine = {
  readonly id: string;
  readonly subscriptionId: string;
  readonly subscriptionItemId: string;
  readonly priceId: string;
  readonly productId: string;
  readonly description: string;
  readonly amount: bigint;
  readonly quantity: Decimal;
  /** The price shown, in minor units: of a unit, of a package, or a flat fee. */
  readonly unitAmount: Decimal;
  readonly period: Period;
  /** The subscription's, as it is now. */
  readonly metadata: Metadata;
};

/** An invoice with its lines in order: all of them, or the first so many that the reader asked for. */
export type WholeInvoice = { readonly invoice: Invoice; readonly lines: readonly InvoiceLine[] };

export function snapshotOf({ name, email, phone, address, shipping, taxExempt }: Customer): CustomerSnapshot {
  return { name, email, phone, address, shipping, taxExempt };
}

/** When an invoice is to be finalized: null for those that are, and for drafts that wait for somebody. */
export function finalizationOf({ status, autoAdvance, automaticallyFinalizesAt }: Invoice): Temporal.Instant | null {
  return status === 'draft' && autoAdvance ? automaticallyFinalizesAt : null;
}
