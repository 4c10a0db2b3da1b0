import { stopInvoices } from '../invoices/finalize.ts';
import { findInvoices } from '../invoices/invoice.sql.ts';
import type { Invoice } from '../invoices/invoice.ts';
import { findOpenPayment } from '../invoices/invoice_payment.sql.ts';
import { findWholeInvoices } from '../invoices/read.ts';
import { findLatestFinal, findRetryDays } from '../invoices/retries.sql.ts';
import { isGivenUp } from '../invoices/retries.ts';
import { giveUpLocked } from '../invoices/settle.ts';
import { findPaymentIntent } from '../payments/payment_intent.sql.ts';
import type { PaymentIntent } from '../payments/payment_intent.ts';
import type { Context } from '../stripe/context.ts';
import {
  changeStatus,
  type EndAction,
  endForNonpayment,
  type Outcome,
  statusAfter,
} from '../subscriptions/standing.ts';
import { lockSubscription } from '../subscriptions/subscription.sql.ts';
import { hasEnded, type Subscription } from '../subscriptions/subscription.ts';
import { followResumption } from './follow_resumption.ts';
import { discardUpdate } from './pending_updates/discard.ts';
import { followPendingUpdate } from './pending_updates/follow.ts';
import { findBillingSettings } from './settings.sql.ts';

/**
 * What the state of an invoice makes of its subscription, where it is the latest that counts: the status follows it, and when
 * no retry is left comes what the account's settings say. Customer, subscription and invoice must be locked, and `now` be
 * theirs. Doing it again changes nothing.
 */
export async function followInvoice(context: Context, invoiceId: string): Promise<void> {
  const [invoice] = await findInvoices(context, [invoiceId]);
  if (!invoice?.subscriptionId) return;
  const subscription = await lockSubscription(context, invoice.subscriptionId);
  if (subscription === undefined || hasEnded(subscription)) return;
  if (subscription.pendingUpdate?.invoiceId === invoiceId) return await followUpdate(context, subscription, invoice);
  if (subscription.resumption?.invoiceId === invoiceId) return await followResumed(context, subscription, invoice);
  if (invoice.status === 'void') return await followVoid(context, subscription);
  const outcome = outcomeOf(invoice, await intentOf(context, invoice));
  if (outcome === undefined) return;
  const turned = await turn(context, subscription, invoice, outcome);
  if (outcome !== 'failed' || !isGivenUp(invoice, await findRetryDays(context))) return;
  await endAs(context, turned, 'afterRetries');
  await giveUpInvoice(context, invoiceId);
}

/** What the account's settings say of an invoice that no retry is left for: it stays open, or is uncollectible. */
async function giveUpInvoice(context: Context, id: string): Promise<void> {
  if ((await findBillingSettings(context)).invoiceAfterRetries === 'open') return;
  const [whole] = await findWholeInvoices(context, [id]);
  if (whole?.invoice.status === 'open') await giveUpLocked(context, whole, 'max_payment_attempts');
}

/** The same of the invoice of a change that waits for it: once it is paid, it counts as every other. */
async function followUpdate(context: Context, subscription: Subscription, invoice: Invoice): Promise<void> {
  const followed = await followPendingUpdate(context, subscription, invoice, await intentOf(context, invoice));
  if (invoice.status === 'paid') await turn(context, followed, invoice, 'settled');
}

/** The same of the invoice that a paused subscription resumes with. */
async function followResumed(context: Context, subscription: Subscription, invoice: Invoice): Promise<void> {
  const outcome = invoice.status === 'void' ? 'void' : outcomeOf(invoice, await intentOf(context, invoice));
  if (outcome === undefined || outcome === 'pending') return;
  await followResumption(context, subscription, outcome);
}

async function turn(
  context: Context,
  subscription: Subscription,
  { id }: Invoice,
  outcome: Outcome,
): Promise<Subscription> {
  const status = statusAfter(subscription, outcome, context.now);
  if (status === subscription.status) return subscription;
  // Where no invoice has asked for money yet, the first one begins the subscription all the same.
  const latest = await findLatestFinal(context, subscription.id);
  return (latest?.id ?? id) === id ? await changeStatus(context, subscription, status) : subscription;
}

/** What is void is owed no more: what counts is the invoice before it. One that never began waits for its time to expire. */
async function followVoid(context: Context, subscription: Subscription): Promise<void> {
  if (subscription.status === 'incomplete') return;
  const latest = await findLatestFinal(context, subscription.id);
  if (latest?.status === 'open') return;
  await changeStatus(context, subscription, statusAfter(subscription, 'settled', context.now));
}

async function intentOf(context: Context, { id, status }: Invoice): Promise<PaymentIntent | undefined> {
  const payment = status === 'open' ? await findOpenPayment(context, id) : undefined;
  return payment && (await findPaymentIntent(context, payment.paymentIntentId));
}

/** Undefined: it says nothing about its subscription. One that is sent can be paid until it is due, however often that fails. */
function outcomeOf(invoice: Invoice, intent: PaymentIntent | undefined): Outcome | undefined {
  const { status, collectionMethod, attempted, uncollectibleReason: reason } = invoice;
  if (status === 'paid') return 'settled';
  if (status === 'uncollectible') return reason === 'user_forgiven' ? 'settled' : undefined;
  if (status !== 'open' || collectionMethod === 'send_invoice') return undefined;
  if (intent?.status === 'processing') return 'pending';
  return attempted && intent?.attemptId === null ? 'failed' : undefined;
}

/** Does with a locked subscription that is past due what the account's settings say for that case. */
export async function endAs(
  context: Context,
  subscription: Subscription,
  which: 'afterRetries' | 'afterOverdue',
): Promise<void> {
  if (subscription.status !== 'past_due') return;
  const action: EndAction = (await findBillingSettings(context))[which];
  if (action === 'unpaid') await changeStatus(context, subscription, 'unpaid');
  if (action !== 'cancel') return;
  const free = await discardUpdate(context, subscription, 'silently');
  await endForNonpayment(context, free ?? subscription);
  await stopInvoices(context, { subscriptionId: subscription.id });
}
