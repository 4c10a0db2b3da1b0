import { draftInvoice, type InvoiceDraft } from '../invoices/draft.ts';
import { finalizeInvoice } from '../invoices/finalize.ts';
import type { InvoiceItem } from '../invoices/invoice_item.ts';
import type { Customer } from '../customers/customer.ts';
import { recordEvent } from '../events/record.ts';
import { findInvoices } from '../invoices/invoice.sql.ts';
import { RESUMPTION_HOURS } from '../limits.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { refuseEnded, requireSubscription } from '../subscriptions/change.ts';
import { keepingEnding } from '../subscriptions/ending.ts';
import { keepSubscriptions } from '../subscriptions/keep.ts';
import type { ResumeParams } from '../subscriptions/pause.params.ts';
import { resumedNow } from '../subscriptions/resume.ts';
import { timesOf } from '../subscriptions/resumption.ts';
import type { BeforeResume, Subscription } from '../subscriptions/subscription.ts';
import { viewSubscription } from '../subscriptions/subscription.view.ts';
import { computeChange, makeChange } from './apply_change.ts';
import { chargesOfCurrent, termsOf } from './charges.ts';
import { countingUnbilled } from './counting.ts';
import { factsOf } from './facts.ts';
import { updateDraft } from './pause.ts';
import { followInvoice } from './standing.ts';
import type { Subscribed } from './subscribe.ts';
import { lockToChange, prorationTime } from './update_subscription.ts';

/**
 * Resumes a paused subscription. Where that is billed with an invoice, the invoice is finalized at once and the subscription
 * stays paused until somebody tries to pay it, or until it is paid; else it is active at once. Tells
 * `customer.subscription.updated`, what is billed, and `customer.subscription.resumed` when it is.
 */
export async function resumeSubscription(
  requested: Context,
  payments: Payments,
  id: string,
  params: ResumeParams,
): Promise<Subscribed> {
  const { context, customer, subscription: before } = await lockToChange(requested, id);
  const resumption = await computeResumption(context, customer, before, params);
  const { items, draft } = resumption;
  const after = await countingUnbilled(context, null, countingAfterPause(before, resumption.after, context.now));
  const change = { customer, before };
  if (draft === undefined) {
    const made = await makeChange(context, payments, change, { after, items, draft });
    await recordEvent(context, 'customer.subscription.resumed', viewSubscription(context, made.subscription));
    return made;
  }
  const waitsFor = params.payment_behavior === 'resume_on_payment_success' ? 'success' : 'attempt';
  // Nobody tries to pay it unless that is asked for.
  const invoice = { ...draft.invoice, autoAdvance: waitsFor === 'success', nextPaymentAttemptAt: null };
  const paused: Subscription = { ...after, status: 'paused', pause: before.pause };
  const payer = waitsFor === 'success' ? payments : null;
  const made = await makeChange(context, payer, change, { after: paused, items, draft: { ...draft, invoice } });
  await waitForPayment(context, customer, made.subscription, { waitsFor, before: timesOf(before) });
  return { subscription: await requireSubscription(context, id), attemptId: made.attemptId };
}

/** Keeps what a paused subscription waits for, with the invoice final; it waits for nothing where that is paid already. */
async function waitForPayment(
  context: Context,
  customer: Customer,
  before: Subscription,
  wait: { readonly waitsFor: 'attempt' | 'success'; readonly before: BeforeResume },
): Promise<void> {
  const invoiceId = before.latestInvoiceId;
  if (invoiceId === null) throw new Error(`the subscription ${before.id} was resumed without an invoice`);
  const expiresAt = context.now.add({ hours: RESUMPTION_HOURS });
  const waiting: Subscription = { ...before, resumption: { invoiceId, expiresAt, ...wait } };
  await keepSubscriptions(context, [{ before, after: waiting }]);
  const [invoice] = await findInvoices(context, [invoiceId]);
  // While collection is paused it may be kept as a draft, for somebody to finalize, or be settled by now.
  const isHeld = before.pauseCollection !== null;
  if (invoice?.status === 'draft' && !isHeld) await finalizeInvoice(context, customer, { invoice });
  await followInvoice(context, invoiceId);
}

/**
 * A pause has closed its second, also where it bills nothing of that; so what is resumed in that same second, as on a clock
 * that stands, counts from the next one.
 */
function countingAfterPause({ pause }: Subscription, after: Subscription, now: Temporal.Instant): Subscription {
  const from = pause?.at.add({ seconds: 1 });
  if (from === undefined || Temporal.Instant.compare(from, now) <= 0) return after;
  const items = after.items.map((item) => (item.quantity === null ? { ...item, usageStartAt: from } : item));
  return { ...after, items };
}

/** A resumed subscription, what becomes pending with that, and the invoice of it where it has one. */
type Resumption = {
  readonly after: Subscription;
  readonly items: readonly InvoiceItem[];
  readonly draft: InvoiceDraft | undefined;
};

/** What resuming a subscription bills. Nothing is written: a preview stops here. */
export async function computeResumption(
  context: Context,
  customer: Customer,
  paused: Subscription,
  params: ResumeParams,
): Promise<Resumption> {
  checkResume(paused, params);
  if (params.billing_cycle_anchor?.type === 'unchanged') return await inOldCycle(context, customer, paused, params);
  const after = keepingEnding(resumedNow(paused, context.now));
  const facts = await factsOf(context, customer, after);
  const period = { start: context.now, end: context.now };
  const terms = { ...termsOf(facts), billingReason: 'subscription_update', period, createdAt: context.now } as const;
  const charges = chargesOfCurrent(facts);
  return { after, items: [], draft: charges.length === 0 ? undefined : draftInvoice(terms, charges) };
}

function checkResume(subscription: Subscription, params: ResumeParams): void {
  refuseEnded(subscription);
  const { id, collectionMethod, resumption, status } = subscription;
  if (status !== 'paused') throw invalidRequest(`Only paused subscriptions can be resumed: ${id} is \`${status}\`.`);
  if (resumption !== null) {
    throw invalidRequest(
      `The subscription ${id} is being resumed: pay or void its invoice ${resumption.invoiceId} first.`,
    );
  }
  if (collectionMethod !== 'charge_automatically') {
    throw invalidRequest('Only subscriptions with `collection_method=charge_automatically` can be resumed.');
  }
  if (params.proration_date === undefined || params.billing_cycle_anchor?.type === 'unchanged') return;
  throw invalidRequest('`proration_date` needs `billing_cycle_anchor[type]=unchanged`.', 'proration_date');
}

/** The rest of the period in which the subscription is, counted from the anchor that it has. */
async function inOldCycle(
  context: Context,
  customer: Customer,
  paused: Subscription,
  { proration_behavior: behavior = 'create_prorations', proration_date: date }: ResumeParams,
): Promise<Resumption> {
  const active: Subscription = { ...paused, status: 'active', pause: null };
  // As if all items were added now: what they have of the period is prorated that is not paid for, as a pause without credit leaves it.
  const without = { ...active, items: [] };
  const change = { customer, before: without, wanted: active, anchor: 'unchanged' } as const;
  const { after } = await computeChange(context, { ...change, behavior: 'none', at: context.now });
  const at = prorationTime(context, after, date);
  const { items: owed } = await computeChange(context, { ...change, at, behavior });
  const isInvoiced = behavior === 'always_invoice' && owed.length > 0;
  const draft = isInvoiced ? updateDraft(context, after, await factsOf(context, customer, after)) : undefined;
  return { after, items: owed, draft };
}
