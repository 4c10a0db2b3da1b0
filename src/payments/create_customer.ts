import { atTimeOf } from '../clocks/time.ts';
import type { ClockLimits } from '../config.ts';
import type { CreateCustomerParams } from '../customers/customer.params.ts';
import { viewCustomer } from '../customers/customer.view.ts';
import { createCustomer, replaceDefaultPaymentMethod } from '../customers/write.ts';
import type { Context } from '../stripe/context.ts';
import { cardError, type StripeError } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import type { Begun } from '../stripe/route.ts';
import { attach, checkFree, lockStored } from './attach.ts';
import type { Gateway, Verification } from './gateway.ts';
import { takePaymentMethod } from './write_payment_method.ts';

/**
 * Creates a customer; where a payment method is to be attached, the gateway is asked about it first, and there is no customer
 * when it refuses.
 */
export async function beginCustomer(
  context: Context,
  gateway: Gateway,
  params: CreateCustomerParams,
  limits: ClockLimits,
): Promise<Begun> {
  if (params.payment_method === undefined) {
    return { answer: viewCustomer(context, await createCustomer(context, params, limits)) };
  }
  const method = await takePaymentMethod(context, gateway, params.payment_method, 'payment_method');
  checkFree(method);
  return { next: method.id };
}

/** Creates the customer with its method, which is its default where the request names the same id twice. */
export async function endCustomer(
  context: Context,
  methodId: string,
  verification: Verification,
  params: CreateCustomerParams,
  limits: ClockLimits,
): Promise<JsonObject | StripeError> {
  if (verification.result === 'declined') return cardError(verification.refusal);
  const { default_payment_method: wanted, ...settings } = params.invoice_settings ?? {};
  const isDefault = wanted !== undefined && wanted === params.payment_method;
  const given = isDefault ? { ...params, invoice_settings: settings } : params;
  const created = await createCustomer(context, given, limits);
  const timed = await atTimeOf(context, created.testClockId);
  await attach(timed, await lockStored(timed, methodId), created.id);
  if (!isDefault) return viewCustomer(context, created);
  return viewCustomer(context, await replaceDefaultPaymentMethod(context, created.id, { from: null, to: methodId }));
}
