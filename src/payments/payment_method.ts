import type { Address } from '../customers/customer.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { MethodDetails } from './gateway.ts';

export const PAYMENT_METHOD_TYPES = ['card', 'us_bank_account'] as const;

export type BillingDetails = {
  readonly address: Address | null;
  readonly email: string | null;
  readonly name: string | null;
  readonly phone: string | null;
  readonly taxId: string | null;
};

export const NO_BILLING_DETAILS: BillingDetails = { address: null, email: null, name: null, phone: null, taxId: null };

/** What a customer pays with. Its numbers are the gateway's; here is what may be shown, and how it is called there. */
export type PaymentMethod = {
  readonly id: string;
  readonly customerId: string | null;
  readonly gatewayReference: string;
  readonly details: MethodDetails;
  readonly billingDetails: BillingDetails;
  readonly allowRedisplay: 'always' | 'limited' | 'unspecified';
  /** It was paid with while it belonged to nobody, or was detached: it may not be used again. */
  readonly spent: boolean;
  readonly metadata: Metadata;
  readonly createdAt: Temporal.Instant;
};

/**
 * The types that can pay in a currency, of those that are allowed; a bank account in the US pays dollars only.
 */
export function payableTypes(currency: string, allowed: readonly string[] = PAYMENT_METHOD_TYPES): string[] {
  return allowed.filter((type) => type !== 'us_bank_account' || currency === 'usd');
}
