import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { payableTypes } from './payment_method.ts';
import { findPaymentMethod } from './payment_method.sql.ts';

/**
 * What an invoice or a subscription is to be paid with must be attached to its customer, who is locked or kept, so that it
 * stays so. Throws resource_missing.
 */
export async function checkDefaultMethod(context: Context, customerId: string, id: string | null): Promise<void> {
  if (id === null) return;
  const method = await findPaymentMethod(context, id);
  if (method?.customerId === customerId) return;
  throw invalidRequest(
    `The customer does not have a payment method with the ID ${id}. The payment method must be attached to the customer.`,
    'default_payment_method',
    'resource_missing',
  );
}

/** The types that may pay what is in a currency; none is named: all that can. Throws for types that can't pay in it. */
export function checkMethodTypes(types: readonly string[] | null, currency: string): readonly string[] | null {
  if (types === null || types.length === 0) return null;
  if (payableTypes(currency, types).length === types.length) return types;
  throw invalidRequest(
    `The payment method types ${types.join(', ')} cannot all pay in ${currency}.`,
    'payment_settings[payment_method_types]',
  );
}
