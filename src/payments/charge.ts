import type { JsonObject } from '../stripe/json.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Shipping } from './address.ts';
import type { MethodDetails } from './gateway.ts';
import type { BillingDetails } from './payment_method.ts';

/** One attempt to take money that a bank has heard of. Its amounts and its method never change. */
export type Charge = {
  readonly id: string;
  readonly paymentIntentId: string;
  readonly paymentMethodId: string;
  /** The attempt that made it, by which the gateway knows it. */
  readonly attemptId: string;
  readonly customerId: string | null;
  readonly amount: bigint;
  /** The sum of its refunds that have not failed. */
  readonly amountRefunded: bigint;
  readonly currency: string;
  readonly status: 'pending' | 'succeeded' | 'failed';
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
  readonly outcome: JsonObject;
  /** The method as it was when it was charged. */
  readonly method: MethodDetails;
  readonly billingDetails: BillingDetails;
  readonly description: string | null;
  readonly receiptEmail: string | null;
  readonly shipping: Shipping | null;
  readonly statementDescriptor: string | null;
  readonly statementDescriptorSuffix: string | null;
  /** What the customer reads on the statement. */
  readonly calculatedStatementDescriptor: string;
  readonly userReport: 'fraudulent' | 'safe' | null;
  readonly metadata: Metadata;
  readonly createdAt: Temporal.Instant;
};
