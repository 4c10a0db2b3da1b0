import { invalidRequest } from '../stripe/errors.ts';
import type { Metadata } from '../stripe/metadata.ts';

export type Address = {
  readonly city: string | null;
  readonly country: string | null;
  readonly line1: string | null;
  readonly line2: string | null;
  readonly postal_code: string | null;
  readonly state: string | null;
};

export type Shipping = { readonly address: Address; readonly name: string; readonly phone: string | null };

export type CustomField = { readonly name: string; readonly value: string };

export type Customer = {
  readonly id: string;
  readonly name: string | null;
  readonly email: string | null;
  readonly description: string | null;
  readonly phone: string | null;
  readonly businessName: string | null;
  readonly individualName: string | null;
  readonly address: Address | null;
  readonly shipping: Shipping | null;
  readonly taxExempt: 'none' | 'exempt' | 'reverse';
  readonly preferredLocales: readonly string[];
  /** The head of this customer's invoice numbers. */
  readonly invoicePrefix: string;
  readonly nextInvoiceSequence: bigint;
  readonly invoiceFooter: string | null;
  readonly invoiceCustomFields: readonly CustomField[] | null;
  /** Attached to this customer; what invoices are charged to. */
  readonly defaultPaymentMethodId: string | null;
  /** Set by the first subscription, invoice or balance; all later ones must be in it. */
  readonly currency: string | null;
  /** Minor units of the currency, the sum of the balance transactions; negative is to the customer's credit. */
  readonly balance: bigint;
  /** The last thing that became of one of its invoices was that it was not paid. */
  readonly delinquent: boolean;
  readonly metadata: Metadata;
  /** The clock that it lives on, from its creation on; null: wall time. */
  readonly testClockId: string | null;
  readonly createdAt: Temporal.Instant;
  readonly deletedAt: Temporal.Instant | null;
};

/** Throws when a customer is billed in another currency already. */
export function checkCurrency(customer: Customer, currency: string): void {
  if (customer.currency === null || customer.currency === currency) return;
  throw invalidRequest(
    `You cannot combine currencies on a single customer. This customer has an active subscription, subscription schedule, discount, quote, or invoice item with currency ${customer.currency}.`,
  );
}
