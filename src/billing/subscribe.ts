import { takeOnCurrency } from '../customers/write.ts';
import { asInvoice } from '../invoices/draft.ts';
import { createInvoice, finalizeInvoice } from '../invoices/finalize.ts';
import type { Context } from '../stripe/context.ts';
import { prepareSubscription, storeSubscription } from '../subscriptions/create.ts';
import type { CreateSubscriptionParams } from '../subscriptions/subscription.params.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { firstInvoice } from './charges.ts';

/**
 * Creates a subscription, and its first invoice where it has one: a draft where invoices are sent, else finalized and
 * settled at once. The events follow that order: the subscription, then each step of the invoice.
 */
export async function subscribe(context: Context, params: CreateSubscriptionParams): Promise<Subscription> {
  const prepared = await prepareSubscription(context, params);
  const draft = firstInvoice(prepared);
  const first = draft && asInvoice(draft);
  const subscription = { ...prepared.subscription, latestInvoiceId: first?.invoice.id ?? null };
  const customer = await takeOnCurrency(context, prepared.customer, subscription.currency);
  await storeSubscription(context, subscription);
  if (first === undefined) return subscription;
  await createInvoice(context, first);
  if (subscription.collectionMethod === 'charge_automatically') await finalizeInvoice(context, customer, first);
  return subscription;
}
