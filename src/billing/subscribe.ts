import { atTimeOf } from '../clocks/time.ts';
import { lockLivingCustomer, takeOnCurrency } from '../customers/write.ts';
import { asInvoice } from '../invoices/draft.ts';
import { createInvoice, finalizeInvoice } from '../invoices/finalize.ts';
import type { Context } from '../stripe/context.ts';
import { prepareSubscription, storeSubscription } from '../subscriptions/create.ts';
import type { CreateSubscriptionParams } from '../subscriptions/subscription.params.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { firstInvoice } from './charges.ts';
import { findBillingSettings } from './settings.sql.ts';
import { draftHoursOf } from './settings.ts';

/**
 * Creates a subscription, and its first invoice where it has one: a draft where invoices are sent, else finalized and
 * settled at once. The events follow that order: the subscription, then each step of the invoice.
 */
export async function subscribe(requested: Context, params: CreateSubscriptionParams): Promise<Subscription> {
  const locked = await lockLivingCustomer(requested, params.customer, 'customer');
  const context = await atTimeOf(requested, locked.testClockId);
  const prepared = await prepareSubscription(context, locked, params);
  const draftHours = draftHoursOf(await findBillingSettings(context), prepared.subscription);
  const draft = firstInvoice({ ...prepared, draftHours });
  const first = draft && asInvoice(draft);
  const subscription = { ...prepared.subscription, latestInvoiceId: first?.invoice.id ?? null };
  const customer = await takeOnCurrency(context, prepared.customer, subscription.currency);
  await storeSubscription(context, subscription);
  if (first === undefined) return subscription;
  await createInvoice(context, first);
  if (subscription.collectionMethod === 'charge_automatically') await finalizeInvoice(context, customer, first);
  return subscription;
}
