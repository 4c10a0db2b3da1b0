import type { Customer } from '../customers/customer.ts';
import type { Scope } from '../db/scope.ts';
import type { Invoice } from './invoice.ts';
import { findInvoicedSubscription } from './subscription.sql.ts';

/**
 * What an invoice is paid with where the request names nothing: its own default payment method, else that of its
 * subscription, else that of its customer. Null: there is none.
 */
export async function defaultMethodOf(
  scope: Scope,
  { defaultPaymentMethodId, subscriptionId }: Pick<Invoice, 'defaultPaymentMethodId' | 'subscriptionId'>,
  customer: Customer,
): Promise<string | null> {
  if (defaultPaymentMethodId !== null) return defaultPaymentMethodId;
  const subscription = subscriptionId === null ? undefined : await findInvoicedSubscription(scope, subscriptionId);
  return subscription?.defaultPaymentMethodId ?? customer.defaultPaymentMethodId;
}
