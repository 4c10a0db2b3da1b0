import { atTimeOf } from '../clocks/time.ts';
import type { Customer } from '../customers/customer.ts';
import { lockLivingCustomer, takeOnCurrency } from '../customers/write.ts';
import { meetBalance } from '../invoices/balance.ts';
import { recordEvents } from '../events/record.ts';
import type { InvoiceItem } from '../invoices/invoice_item.ts';
import { insertItems } from '../invoices/invoice_item.sql.ts';
import { viewItem } from '../invoices/invoice_item.view.ts';
import { asInvoice } from '../invoices/draft.ts';
import type { Discount } from '../invoices/discount.ts';
import { collectOpen } from '../invoices/collect.ts';
import { finalizeInvoice } from '../invoices/finalize.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { takePayment } from '../invoices/open_payment.ts';
import { findTaxFacts } from '../invoices/tax_facts.sql.ts';
import type { PaymentIntent } from '../payments/payment_intent.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { type PreparedSubscription, prepareSubscription, storeSubscription } from '../subscriptions/create.ts';
import { inheritDiscounts, startDiscounts } from '../subscriptions/discounts.ts';
import { endDiscounts } from '../subscriptions/change.ts';
import { nameInlinePrices } from '../subscriptions/inline_price.ts';
import type { CreateSubscriptionParams } from '../subscriptions/subscription.params.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { addedItems } from './added_items.ts';
import { emptyFirstInvoice } from './charges.ts';
import { countingUnbilled } from './counting.ts';
import { firstDraft } from './first_draft.ts';
import { createWithPending, type WithPending, withPending } from './pending_items.ts';
import { findBillingSettings } from './settings.sql.ts';
import { draftHoursOf } from './settings.ts';
import { watchSubscription } from './watch_usage.ts';

/** A subscription that has begun or changed, and the attempt to pay its invoice that is to be finished, where there is one. */
export type Subscribed = { readonly subscription: Subscription; readonly attemptId: string | null };

/** An intent that has paid an invoice before it is made, or says that one will later; null: it is charged when it is there. */
export type PaidBy = PaymentIntent | 'later' | null;

/**
 * Creates a subscription, and its first invoice where it has one: a draft where invoices are sent, else finalized and
 * collected at once, unless the request wants to confirm the payment itself. Until what is charged is paid, the subscription
 * is incomplete; `paidBy` is an intent that has paid it before, or says that one will later. The events follow that order: the subscription, then each
 * step of the invoice.
 */
export async function subscribe(
  requested: Context,
  payments: Payments,
  params: CreateSubscriptionParams,
  paidBy: PaidBy = null,
): Promise<Subscribed & { readonly first: WholeInvoice | null }> {
  const locked = await lockLivingCustomer(requested, params.customer, 'customer');
  const context = await atTimeOf(requested, locked.testClockId);
  const computed = await compute(context, locked, params);
  const begun = await begin(context, params, computed, isIntent(paidBy));
  const { first } = computed;
  if (first === undefined) return { subscription: begun.subscription, first: null, attemptId: null };
  if (begun.subscription.collectionMethod === 'send_invoice') {
    return { subscription: begun.subscription, first: first.whole, attemptId: null };
  }
  const whole = await finalizeInvoice(context, begun.customer, first.whole, { opensPayments: !isIntent(paidBy) });
  const final = { customer: begun.customer, whole, offSession: params.off_session };
  if (isIntent(paidBy)) await takePayment(context, payments, whole, paidBy);
  const collects = paidBy === null && params.payment_behavior !== 'default_incomplete';
  const attemptId = collects ? await collectOpen(context, payments, final) : null;
  return { subscription: begun.subscription, first: whole, attemptId };
}

export function isIntent(paidBy: PaidBy): paidBy is PaymentIntent {
  return paidBy !== null && paidBy !== 'later';
}

/** What a request makes: the subscription, and its first invoice with the discounts that end with it. */
type Computed = {
  readonly prepared: PreparedSubscription;
  readonly started: Subscription;
  /** What else is charged once; stored. */
  readonly added: readonly InvoiceItem[];
  readonly first: (WithPending & { readonly ended: readonly Discount[] }) | undefined;
};

async function compute(context: Context, locked: Customer, asked: CreateSubscriptionParams): Promise<Computed> {
  const ownPrices = new Set<string>();
  const params = { ...asked, items: await nameInlinePrices(context, asked.items, 'items', ownPrices) };
  const checked = await prepareSubscription(context, locked, params, { ownPrices });
  const prepared = { ...checked, subscription: await countingUnbilled(context, null, checked.subscription) };
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
  return { prepared, started, added, first: billed && inherited && { ...billed, ...inherited } };
}

/** Stores that, the invoice as a draft. Throws where something is to be charged to a customer who has nothing to pay with. */
async function begin(
  context: Context,
  { payment_behavior: behavior }: CreateSubscriptionParams,
  { prepared, started, added, first }: Computed,
  isPaid: boolean,
): Promise<{ subscription: Subscription; customer: Customer }> {
  const isOwed = !isPaid && first !== undefined && isChargedNow(first.whole.invoice);
  if (isOwed && behavior !== 'default_incomplete') checkPayable(prepared);
  const status = isOwed ? 'incomplete' : started.status;
  const subscription: Subscription = { ...started, status, latestInvoiceId: first?.whole.invoice.id ?? null };
  const customer = await takeOnCurrency(context, prepared.customer, subscription.currency);
  await storeSubscription(context, subscription);
  await watchSubscription(context, subscription);
  await recordEvents(
    context,
    added.map((item) => ({ type: 'invoiceitem.created', object: viewItem(context, item) })),
  );
  if (first === undefined) return { subscription, customer };
  await createWithPending(context, first);
  return { subscription: await endDiscounts(context, subscription, first.ended), customer };
}

/** Whether something of a first invoice is to be charged, so that its subscription waits for that. */
function isChargedNow(invoice: WholeInvoice['invoice']): boolean {
  return invoice.collectionMethod === 'charge_automatically' && meetBalance(invoice).amountDue > 0n;
}

/** Throws for a customer who has nothing to pay a first invoice with. */
function checkPayable({ customer, subscription }: PreparedSubscription): void {
  if ((subscription.defaultPaymentMethodId ?? customer.defaultPaymentMethodId) !== null) return;
  throw invalidRequest(
    'This customer has no attached payment source or default payment method. Please consider adding a default payment method.',
    undefined,
    'resource_missing',
  );
}
