import { atTimeOf } from '../clocks/time.ts';
import { lockLivingCustomer, takeOnCurrency } from '../customers/write.ts';
import { recordEvents } from '../events/record.ts';
import { insertItems } from '../invoices/invoice_item.sql.ts';
import { viewItem } from '../invoices/invoice_item.view.ts';
import { asInvoice } from '../invoices/draft.ts';
import { collectOpen } from '../invoices/collect.ts';
import { finalizeInvoice } from '../invoices/finalize.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { findTaxFacts } from '../invoices/tax_facts.sql.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { type PreparedSubscription, prepareSubscription, storeSubscription } from '../subscriptions/create.ts';
import { inheritDiscounts, startDiscounts } from '../subscriptions/discounts.ts';
import { endDiscounts } from '../subscriptions/change.ts';
import type { CreateSubscriptionParams } from '../subscriptions/subscription.params.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { addedItems } from './added_items.ts';
import { emptyFirstInvoice } from './charges.ts';
import { firstDraft } from './first_draft.ts';
import { createWithPending, withPending } from './pending_items.ts';
import { findBillingSettings } from './settings.sql.ts';
import { draftHoursOf } from './settings.ts';

/** A subscription that has begun, and the attempt to pay its first invoice that is to be finished, where there is one. */
export type Subscribed = { readonly subscription: Subscription; readonly attemptId: string | null };

/**
 * Creates a subscription, and its first invoice where it has one: a draft where invoices are sent, else finalized and
 * collected at once. The events follow that order: the subscription, then each step of the invoice.
 */
export async function subscribe(
  requested: Context,
  payments: Payments,
  params: CreateSubscriptionParams,
): Promise<Subscribed> {
  const locked = await lockLivingCustomer(requested, params.customer, 'customer');
  const context = await atTimeOf(requested, locked.testClockId);
  const prepared = await prepareSubscription(context, locked, params);
  const draftHours = draftHoursOf(await findBillingSettings(context), prepared.subscription);
  const taxFacts = await findTaxFacts(context, locked.id);
  const facts = { ...prepared, taxFacts, draftHours };
  const added = await addedItems(context, prepared.subscription, params.add_invoice_items ?? []);
  await insertItems(context, added);
  // What is charged once is due at once, also where nothing else is.
  const draft = (await firstDraft(context, facts)) ?? (added.length === 0 ? undefined : emptyFirstInvoice(facts));
  const billed = draft && (await withPending(context, asInvoice(draft)));
  const started = await startDiscounts(context, prepared.subscription, params, billed?.whole);
  const inherited = billed && (await inheritDiscounts(context, started, billed.whole));
  const first = inherited?.whole;
  const subscription = { ...started, latestInvoiceId: first?.invoice.id ?? null };
  if (first !== undefined) checkPayable(prepared, first);
  const customer = await takeOnCurrency(context, prepared.customer, subscription.currency);
  await storeSubscription(context, subscription);
  await recordEvents(
    context,
    added.map((item) => ({ type: 'invoiceitem.created', object: viewItem(context, item) })),
  );
  if (billed === undefined || inherited === undefined || first === undefined) return { subscription, attemptId: null };
  await createWithPending(context, { ...billed, whole: first });
  const begun = await endDiscounts(context, subscription, inherited.ended);
  if (begun.collectionMethod === 'send_invoice') return { subscription: begun, attemptId: null };
  const whole = await finalizeInvoice(context, customer, first);
  return { subscription: begun, attemptId: await collectOpen(context, payments, { customer, whole }) };
}

/** Throws where a first invoice would be charged to a customer who has nothing to pay with. */
function checkPayable({ customer, subscription }: PreparedSubscription, { invoice }: WholeInvoice): void {
  if (invoice.collectionMethod === 'send_invoice' || invoice.amountDue === 0n) return;
  if ((subscription.defaultPaymentMethodId ?? customer.defaultPaymentMethodId) !== null) return;
  throw invalidRequest(
    'This customer has no attached payment source or default payment method. Please consider adding a default payment method.',
    undefined,
    'resource_missing',
  );
}
