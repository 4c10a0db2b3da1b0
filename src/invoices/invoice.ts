import type { TaxRate } from '../catalog/tax_rate.ts';
import type { Customer, CustomField } from '../customers/customer.ts';
import type { Decimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Period } from '../time/period.ts';
import type { InvoiceDiscount, LineDiscount } from './discount.ts';
import type { InvoiceTax, LineTaxRate, ShownTaxId, TaxRounding } from './tax.ts';
import type { ThresholdReason } from './threshold_reason.ts';

export type InvoiceStatus = 'draft' | 'open' | 'paid' | 'uncollectible' | 'void';

export type BillingReason =
  | 'automatic_pending_invoice_item_invoice'
  | 'manual'
  | 'subscription'
  | 'subscription_create'
  | 'subscription_cycle'
  | 'subscription_threshold'
  | 'subscription_update'
  | 'upcoming';

export type CollectionMethod = 'charge_automatically' | 'send_invoice';

/** An error as the API tells it, without the parameter of a request. */
export type FinalizationError = {
  readonly code?: string;
  readonly doc_url?: string;
  readonly message: string;
  readonly type: string;
};

/** The customer as an invoice shows it: as it is until finalization, as it was then ever after. */
export type CustomerSnapshot = Pick<Customer, 'name' | 'email' | 'phone' | 'address' | 'shipping' | 'taxExempt'>;

/** An invoice without its lines. Amounts are minor units of `currency`. */
export type Invoice = {
  readonly id: string;
  readonly customerId: string;
  /** Null for an invoice that stands alone. */
  readonly subscriptionId: string | null;
  readonly status: InvoiceStatus;
  readonly billingReason: BillingReason;
  /** Why it was made before its period ended; null: it was not. */
  readonly thresholdReason: ThresholdReason | null;
  readonly collectionMethod: CollectionMethod;
  readonly currency: string;
  /** Null until finalization, unless one was chosen before. */
  readonly number: string | null;
  /** True: a sequence counts the chosen number as given, so that it may not be given back. */
  readonly numberIsCounted: boolean;
  readonly subtotal: bigint;
  /** The lines before discounts, without the taxes that they contain. */
  readonly subtotalExcludingTax: bigint;
  /** In the order in which they apply. */
  readonly discounts: readonly InvoiceDiscount[];
  /** Of lines that have no rates of their own. */
  readonly defaultTaxRates: readonly TaxRate[];
  /** As the account rounded when the invoice was made. */
  readonly taxRounding: TaxRounding;
  /** What each rate comes to, in the order in which the lines have them. */
  readonly taxes: readonly InvoiceTax[];
  readonly totalExcludingTax: bigint;
  readonly total: bigint;
  /** The customer's balance: of a draft as it is, else as it was before finalization. Negative is credit. */
  readonly startingBalance: bigint;
  /** What finalization left of it; null before. */
  readonly endingBalance: bigint | null;
  readonly amountDue: bigint;
  readonly amountPaid: bigint;
  /** The part of it that was paid out of band. */
  readonly amountPaidOffStripe: bigint;
  /** What its issued credit notes took off the amount due, and what they gave back of what was paid. */
  readonly prePaymentCredit: bigint;
  readonly postPaymentCredit: bigint;
  readonly autoAdvance: boolean;
  readonly attempted: boolean;
  readonly attemptCount: number;
  /** Its own, before that of its subscription and that of its customer; attached to the customer. */
  readonly defaultPaymentMethodId: string | null;
  /** The types of methods that may pay it; null: all that can. */
  readonly paymentMethodTypes: readonly string[] | null;
  /** Looks back: of the first invoice of a subscription it is empty. Each line has a period of its own. */
  readonly period: Period;
  readonly dueAt: Temporal.Instant | null;
  /** The date that it shows as its own, where it is not that of its finalization. */
  readonly effectiveAt: Temporal.Instant | null;
  readonly automaticallyFinalizesAt: Temporal.Instant | null;
  readonly nextPaymentAttemptAt: Temporal.Instant | null;
  /** Why a draft could not be finalized by itself when that was last tried; null once it is, or was never refused. */
  readonly lastFinalizationError: FinalizationError | null;
  readonly finalizedAt: Temporal.Instant | null;
  readonly paidAt: Temporal.Instant | null;
  readonly markedUncollectibleAt: Temporal.Instant | null;
  readonly uncollectibleReason: 'max_payment_attempts' | 'subscription_paused' | 'user_forgiven' | null;
  readonly voidedAt: Temporal.Instant | null;
  /** True: it counts for its subscription once it is paid, and the change that it bills is made then. */
  readonly isOfPendingUpdate: boolean;
  readonly customer: CustomerSnapshot;
  /** Newest first; until finalization those that the customer has. */
  readonly customerTaxIds: readonly ShownTaxId[];
  /** Of a preview of a change: from when on its prorations count. */
  readonly prorationAt: Temporal.Instant | null;
  /** The subscription's metadata when the invoice was made; null where there is none. */
  readonly subscriptionMetadata: Metadata | null;
  readonly description: string | null;
  readonly customFields: readonly CustomField[] | null;
  readonly footer: string | null;
  readonly metadata: Metadata;
  /** The customer's: the clock that it lives on, or null for wall time. */
  readonly testClockId: string | null;
  readonly createdAt: Temporal.Instant;
};

/** What a proration gives back in part: lines of an earlier invoice, or an invoice item that was on none yet. */
export type CreditedItems =
  | { readonly invoice: string; readonly lineIds: readonly string[] }
  | { readonly invoiceItem: string };

/** What a proration is a share of: what an item costs for a whole period, or what was debited for one. */
export type ProratedOf = {
  /** What discounts left of it, and what they took. */
  readonly amount: bigint;
  readonly discount: bigint;
  readonly period: Period;
  /** True where it is what was debited, whatever the price is now. */
  readonly isDebit: boolean;
  /** True where the taxes are those of what was debited, or none where it had none. */
  readonly hasOwnTaxes: boolean;
};

/** As jsonb holds it: amounts and instants are text. */
type KeptShare = {
  readonly amount: string;
  readonly discount: string;
  readonly isDebit: boolean;
  /** Missing in what an older version kept. */
  readonly hasOwnTaxes?: boolean;
  readonly period: { readonly start: string; readonly end: string };
};

export function toProratedOf(kept: unknown): ProratedOf | null {
  if (kept === null || kept === undefined) return null;
  const { amount, discount, isDebit, hasOwnTaxes = false, period } = kept as KeptShare;
  const { start, end } = period;
  return {
    amount: BigInt(amount),
    discount: BigInt(discount),
    isDebit,
    hasOwnTaxes,
    period: { start: Temporal.Instant.from(start), end: Temporal.Instant.from(end) },
  };
}

/** The text that jsonb holds. */
export function keptProratedOf(of: ProratedOf | null): string | null {
  return of && JSON.stringify({ ...of, amount: String(of.amount), discount: String(of.discount) });
}

export type InvoiceLine = {
  readonly id: string;
  readonly subscriptionId: string | null;
  /** A line comes from an item of a subscription, from an invoice item, or, as a proration, from an invoice item that is about one of a subscription. */
  readonly subscriptionItemId: string | null;
  readonly invoiceItemId: string | null;
  readonly proration: boolean;
  /** Where the line bills the share of a longer period that falls on its own: that period. */
  readonly wholePeriod: Period | null;
  readonly creditedItems: CreditedItems | null;
  /** Of the usage of its item and period, what threshold invoices billed before: the line bills the rest. Null: nothing. */
  readonly billedSoFar: Decimal | null;
  /** Set exactly for prorations that are invoice items. */
  readonly proratedOf: ProratedOf | null;
  /** On a line of a free trial: the billing mode in whose words it is. It costs nothing, whatever its price. */
  readonly freeTrial: 'classic' | 'flexible' | null;
  /** Null, with the product, where an invoice item has an amount of its own. */
  readonly priceId: string | null;
  readonly productId: string | null;
  readonly description: string | null;
  readonly amount: bigint;
  readonly quantity: Decimal;
  /**
   * On a line of usage that came after the invoice of its period was final: what was billed of the same item and period
   * before, so that this line bills the difference. Null on all others.
   */
  readonly billedBefore: Decimal | null;
  /** The price shown, in minor units: of a unit, of a package, or a flat fee. */
  readonly unitAmount: Decimal;
  readonly period: Period;
  readonly discountable: boolean;
  /** What the discounts of the invoice that concern it take off it, in their order. */
  readonly discounts: readonly LineDiscount[];
  /** Its own; a line that has none has the default ones of the invoice, unless it has the taxes of a debit that had none. */
  readonly taxRates: readonly LineTaxRate[];
  /** What the rates that apply make of it, in their order. */
  readonly taxes: readonly InvoiceTax[];
  /** What discounts leave of it, without any tax. */
  readonly amountExcludingTax: bigint;
  /** Its own, or those that its subscription has now. */
  readonly metadata: Metadata;
  readonly hasOwnMetadata: boolean;
};

/** An invoice with its lines in order: all of them, or the first so many that the reader asked for. */
export type WholeInvoice = { readonly invoice: Invoice; readonly lines: readonly InvoiceLine[] };

export function snapshotOf({ name, email, phone, address, shipping, taxExempt }: Customer): CustomerSnapshot {
  return { name, email, phone, address, shipping, taxExempt };
}

/** What is still to be paid of an invoice. */
export function remainingOf({ amountDue, amountPaid }: Pick<Invoice, 'amountDue' | 'amountPaid'>): bigint {
  return amountDue - amountPaid;
}

/** When an invoice is to be finalized: null for those that are, and for drafts that wait for somebody. */
export function finalizationOf({ status, autoAdvance, automaticallyFinalizesAt }: Invoice): Temporal.Instant | null {
  return status === 'draft' && autoAdvance ? automaticallyFinalizesAt : null;
}
