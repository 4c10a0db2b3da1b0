import { removeDue, setDue } from '../clocks/due_work.sql.ts';
import { lockCustomer } from '../customers/customer.sql.ts';
import type { Customer } from '../customers/customer.ts';
import { inSavepoint } from '../db/transaction.ts';
import { recordEvents } from '../events/record.ts';
import { beginCollection } from '../payments/collect.ts';
import { canRetryWith } from '../payments/hard_decline.ts';
import type { PaymentIntent } from '../payments/payment_intent.ts';
import type { Payments } from '../payments/payments.ts';
import { requireIntent } from '../payments/write_payment_intent.ts';
import type { Context } from '../stripe/context.ts';
import { StripeError } from '../stripe/errors.ts';
import { findInvoices, lockInvoiceRow } from './invoice.sql.ts';
import { remainingOf, type WholeInvoice } from './invoice.ts';
import { viewInvoice } from './invoice.view.ts';
import { findLines } from './line.sql.ts';
import { openPayment } from './open_payment.ts';
import { defaultMethodOf } from './paying_method.ts';
import { noteFailure } from './payment_listener.ts';
import { isDueForAttempt } from './retries.ts';
import { lockInvoicedSubscription } from './subscription.sql.ts';

type Collected = {
  readonly customer: Customer;
  readonly whole: WholeInvoice;
  /** The customer is not there to authenticate; where nobody says so, whoever is asked may do it later. */
  readonly offSession?: boolean | undefined;
};

/**
 * Begins to collect an invoice by its id, at the time of the context, as `collectOpen` does. For work whose time has come,
 * also on a clock that advances.
 */
export async function collectById(context: Context, payments: Payments, id: string): Promise<string | null> {
  const [known] = await findInvoices(context, [id]);
  const customer = known && (await lockCustomer(context, known.customerId));
  if (customer === undefined) return null;
  await lockInvoicedSubscription(context, known?.subscriptionId ?? null);
  await lockInvoiceRow(context, id);
  const [invoice] = await findInvoices(context, [id]);
  if (invoice === undefined) return null;
  return await collectOpen(context, payments, { customer, whole: { invoice, lines: await findLines(context, id) } });
}

/**
 * Collects a locked invoice that goes on by itself, in the caller's transaction, once however often it is called until it is
 * to be tried again: one that is sent tells `invoice.sent`; one that is charged is charged to its default payment method.
 * Answers the attempt that is to be finished after the commit, or null.
 */
export async function collectOpen(
  context: Context,
  payments: Payments,
  { customer, whole, offSession }: Collected,
): Promise<string | null> {
  const { invoice } = whole;
  if (invoice.status !== 'open' || !invoice.autoAdvance) return null;
  if (invoice.collectionMethod === 'send_invoice') {
    await sendInvoices(context, [whole]);
    // What is told can't be told again, so the work goes in the same transaction.
    await removeDue(context, { objectId: invoice.id, kind: 'collect_invoice' });
    return null;
  }
  const payment = await openPayment(context, invoice);
  if (payment === undefined) return null;
  const intent = await requireIntent(context, payment.paymentIntentId);
  // Somebody died, or is still at it: the attempt is finished once, by whoever comes first.
  if (intent.attemptId !== null) return intent.attemptId;
  if (!isDueForAttempt(invoice, context.now) || intent.status === 'processing') return null;
  return canCharge(context, payments) ? await charge(context, payments, { customer, whole, offSession }, intent) : null;
}

/**
 * Begins to charge the default method. Where it can't even be tried, that is a failed payment; a retry that makes no sense
 * counts as made, and no more.
 */
async function charge(
  context: Context,
  payments: Payments,
  { customer, whole, offSession = false }: Collected,
  intent: PaymentIntent,
): Promise<string | null> {
  const paymentMethodId = await defaultMethodOf(context, whole.invoice, customer);
  const isPointless = paymentMethodId !== null && whole.invoice.attempted && !canRetryWith(intent, paymentMethodId);
  if (paymentMethodId !== null && !isPointless) {
    const order = { ...orderOf(whole, customer, intent.id), paymentMethodId, offSession };
    const begun = await inSavepoint(context.db, () => beginCollection(context, payments, order)).catch(refusalOf);
    if (begun !== null) return begun.attemptId;
  }
  await noteFailure(context, whole, isPointless ? null : 'invoice.payment_failed');
  await payments.listener.invoiceChanged(context, whole.invoice.id);
  return null;
}

/** Tells `invoice.sent` of open invoices that are sent. */
export async function sendInvoices(context: Context, all: readonly WholeInvoice[]): Promise<void> {
  await recordEvents(
    context,
    all.map((whole) => ({ type: 'invoice.sent', object: viewInvoice(context, whole) })),
  );
}

/** What is to be paid of an invoice. Nobody is asked to be there, but whoever is asked may authenticate later. */
export function orderOf({ invoice }: WholeInvoice, customer: Customer, intentId: string) {
  return {
    intentId,
    amount: remainingOf(invoice),
    currency: invoice.currency,
    customerId: customer.id,
    description: null,
    metadata: {},
    offSession: false,
    clockId: customer.testClockId,
  };
}

function refusalOf(error: unknown): null {
  // 409 and above pass by themselves.
  if (error instanceof StripeError && error.fields.status < 409) return null;
  throw error;
}

/** The built-in gateway does nothing for live accounts: what is due there stays open, untried. */
export function canCharge({ account }: Pick<Context, 'account'>, { gateway }: Pick<Payments, 'gateway'>): boolean {
  try {
    gateway.checkAccount(account);
    return true;
  } catch (error) {
    if (error instanceof StripeError) return false;
    throw error;
  }
}

/** An open invoice that is told to go on by itself is collected as soon as its time allows. */
export async function resumeCollection(context: Context, { invoice }: WholeInvoice): Promise<void> {
  if (invoice.status !== 'open' || !invoice.autoAdvance || invoice.attempted) return;
  const { id: objectId, customerId, testClockId } = invoice;
  await setDue(context, { kind: 'collect_invoice', objectId, customerId, testClockId, dueAt: context.now });
}
