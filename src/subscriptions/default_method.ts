import { findPaymentMethod } from '../payments/payment_method.sql.ts';
import type { Context } from '../stripe/context.ts';
import { keepUpdate } from './keep.ts';
import { lockSubscription, lockSubscriptionsPaidWith } from './subscription.sql.ts';
import { hasEnded, type Subscription } from './subscription.ts';

/**
 * What has paid an invoice becomes the default of its locked subscription, where that keeps it, and the customer has it.
 * Tells `customer.subscription.updated`.
 */
export async function keepPayingMethod(context: Context, id: string, methodId: string): Promise<void> {
  const subscription = await lockSubscription(context, id);
  if (subscription === undefined || hasEnded(subscription) || subscription.saveDefaultPaymentMethod === 'off') return;
  if (subscription.defaultPaymentMethodId === methodId) return;
  const method = await findPaymentMethod(context, methodId);
  if (method?.customerId !== subscription.customerId) return;
  await setDefaultMethod(context, subscription, methodId);
}

/** A method was taken from its locked customer: subscriptions that have not ended can't be paid with it any more. */
export async function forgetSubscriptionMethod(context: Context, methodId: string): Promise<void> {
  for (const subscription of await lockSubscriptionsPaidWith(context, methodId)) {
    await setDefaultMethod(context, subscription, null);
  }
}

async function setDefaultMethod(
  context: Context,
  subscription: Subscription,
  defaultPaymentMethodId: string | null,
): Promise<void> {
  await keepUpdate(context, subscription, { ...subscription, defaultPaymentMethodId });
}
