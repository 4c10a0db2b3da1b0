import { atTimeOf } from '../clocks/time.ts';
import { lockLivingCustomer, replaceDefaultPaymentMethod } from '../customers/write.ts';
import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { cardError, invalidRequest, resourceMissing, type StripeError } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import type { Begun } from '../stripe/route.ts';
import type { Gateway, Verification } from './gateway.ts';
import type { PaymentMethod } from './payment_method.ts';
import type { PaymentListener } from './payments.ts';
import type { AttachParams } from './payment_method.params.ts';
import { lockPaymentMethod, updatePaymentMethod } from './payment_method.sql.ts';
import { viewPaymentMethod } from './payment_method.view.ts';
import { checkUsable, requirePaymentMethod, spentMethod, takePaymentMethod } from './write_payment_method.ts';

/**
 * Attaching begins with the checks; the gateway is asked next, about the method whose id goes on. Throws resource_missing, and
 * for methods that are used up or of another customer.
 */
export async function beginAttach(
  context: Context,
  gateway: Gateway,
  id: string,
  { customer }: AttachParams,
): Promise<Begun> {
  await lockLivingCustomer(context, customer, 'customer');
  const method = await takePaymentMethod(context, gateway, id, 'id');
  if (method.customerId === customer) return { answer: viewPaymentMethod(context, method) };
  checkFree(method);
  return { next: method.id };
}

/** Throws for a method that is used up, or that a customer has. */
export function checkFree(method: PaymentMethod): void {
  if (method.spent) throw spentMethod();
  if (method.customerId === null) return;
  throw invalidRequest(
    'The payment method you provided has already been attached to a customer.',
    'payment_method',
    'payment_method_unexpected_state',
  );
}

/** What the bank says to keeping a method. */
export async function verifyForAttach(context: Context, gateway: Gateway, id: string): Promise<Verification> {
  const { gatewayReference: reference } = await requirePaymentMethod(context, id, 'id');
  return await gateway.verify(context.account, { reference, for: 'attach', authenticated: false });
}

/** Attaches the method, or tells why the bank would not have it. */
export async function endAttach(
  requested: Context,
  id: string,
  verification: Verification,
  { customer }: AttachParams,
): Promise<JsonObject | StripeError> {
  if (verification.result === 'declined') return cardError(verification.refusal);
  const { testClockId } = await lockLivingCustomer(requested, customer, 'customer');
  const context = await atTimeOf(requested, testClockId);
  const method = await lockStored(context, id);
  if (method.customerId !== customer) checkFree(method);
  return viewPaymentMethod(context, await attach(context, method, customer));
}

/** A method that is known to be stored, locked. */
export async function lockStored(context: Context, id: string): Promise<PaymentMethod> {
  const method = await lockPaymentMethod(context, id);
  if (method === undefined) throw resourceMissing('PaymentMethod', id);
  return method;
}

/** Makes a locked method that belongs to nobody one of a locked customer, and tells `payment_method.attached`. */
export async function attach(context: Context, method: PaymentMethod, customerId: string): Promise<PaymentMethod> {
  if (method.customerId === customerId) return method;
  checkUsable(method, null);
  const attached: PaymentMethod = { ...method, customerId };
  await updatePaymentMethod(context, attached);
  await recordEvent(context, 'payment_method.attached', viewPaymentMethod(context, attached));
  return attached;
}

/**
 * Takes a method from its customer for ever, and tells `payment_method.detached`; where it was the default, the customer
 * and what is to be paid by it have none from then on. Throws resource_missing, and for methods that belong to nobody.
 */
export async function detach(requested: Context, listener: PaymentListener, id: string): Promise<PaymentMethod> {
  const owner = (await requirePaymentMethod(requested, id, 'id')).customerId;
  if (owner === null) {
    throw invalidRequest(
      'The payment method you provided is not attached to a customer so detachment is impossible.',
      'payment_method',
      'payment_method_unexpected_state',
    );
  }
  const { testClockId } = await replaceDefaultPaymentMethod(requested, owner, { from: id, to: null });
  const context = await atTimeOf(requested, testClockId);
  await listener.detached(context, { customerId: owner, methodId: id });
  const method = await lockStored(context, id);
  const detached: PaymentMethod = { ...method, customerId: null, spent: true };
  await updatePaymentMethod(context, detached);
  const before = viewPaymentMethod(context, method);
  await recordEvent(context, 'payment_method.detached', viewPaymentMethod(context, detached), before);
  return detached;
}
