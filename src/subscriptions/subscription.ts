import type { Price } from '../catalog/price.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Period } from '../time/period.ts';

type CancellationFeedback =
  | 'customer_service'
  | 'low_quality'
  | 'missing_features'
  | 'other'
  | 'switched_service'
  | 'too_complex'
  | 'too_expensive'
  | 'unused';

export type Cancellation = {
  readonly reason: 'cancellation_requested' | null;
  readonly comment: string | null;
  readonly feedback: CancellationFeedback | null;
};

export type Subscription = {
  readonly id: string;
  readonly customerId: string;
  readonly status: 'active' | 'canceled';
  readonly billingMode: 'classic' | 'flexible';
  readonly collectionMethod: 'charge_automatically' | 'send_invoice';
  /** Set exactly when invoices are sent. */
  readonly daysUntilDue: number | null;
  /** Attached to the customer; what its invoices are charged to, before what the customer pays with. */
  readonly defaultPaymentMethodId: string | null;
  /** The types of methods that may pay its invoices; null: all that can. */
  readonly paymentMethodTypes: readonly string[] | null;
  /** `on_subscription`: what pays one of its invoices becomes its default. */
  readonly saveDefaultPaymentMethod: 'off' | 'on_subscription';
  readonly currency: string;
  readonly description: string | null;
  /** Of the discounts that it has now, in the order in which they apply. */
  readonly discountIds: readonly string[];
  /** Of items that have none of their own. */
  readonly defaultTaxRates: readonly TaxRate[];
  readonly metadata: Metadata;
  /** Every period of every item is counted from here. */
  readonly billingCycleAnchor: Temporal.Instant;
  readonly startedAt: Temporal.Instant;
  readonly canceledAt: Temporal.Instant | null;
  readonly endedAt: Temporal.Instant | null;
  readonly cancellation: Cancellation;
  readonly latestInvoiceId: string | null;
  /** The customer's: the clock that it lives on, or null for wall time. */
  readonly testClockId: string | null;
  readonly createdAt: Temporal.Instant;
  /** 1 to 20, oldest first. */
  readonly items: readonly SubscriptionItem[];
};

export type SubscriptionItem = {
  readonly id: string;
  readonly subscriptionId: string;
  /** Recurring. */
  readonly price: Price;
  /** Null for a metered price, whose quantity is the usage. */
  readonly quantity: bigint | null;
  readonly taxRates: readonly TaxRate[];
  /** As of a subscription; on the lines of this item alone, before those of the invoice. */
  readonly discountIds: readonly string[];
  readonly metadata: Metadata;
  readonly currentPeriod: Period;
  readonly createdAt: Temporal.Instant;
};

export function isMetered(price: Price): boolean {
  return price.recurring?.usageType === 'metered';
}
