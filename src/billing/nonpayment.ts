import { setDue } from '../clocks/due_work.sql.ts';
import type { Customer } from '../customers/customer.ts';
import { changeDelinquent } from '../customers/write.ts';
import { recordEvent } from '../events/record.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { viewInvoice } from '../invoices/invoice.view.ts';
import { findOpenPayment } from '../invoices/invoice_payment.sql.ts';
import { closePayment } from '../invoices/open_payment.ts';
import { findWholeInvoices } from '../invoices/read.ts';
import { findLatestFinal } from '../invoices/retries.sql.ts';
import { voidLocked } from '../invoices/settle.ts';
import { findPaymentIntent } from '../payments/payment_intent.sql.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { incompleteUntil } from '../subscriptions/due.ts';
import { changeStatus, expireIncomplete, statusAfter } from '../subscriptions/standing.ts';
import { lockSubscription } from '../subscriptions/subscription.sql.ts';
import { hasEnded, type Subscription } from '../subscriptions/subscription.ts';
import { lockOpen } from './lock_open.ts';
import { findBillingSettings } from './settings.sql.ts';
import { endAs } from './standing.ts';

/** An object with which something is due, and its customer, who is locked. */
type Due = { readonly customer: Customer; readonly objectId: string };

/**
 * Subscriptions whose first invoice was not paid in time expire: the invoice is void, and nothing more is billed. While a
 * payment is being made they wait for what comes of it. Tells `invoice.voided`, then `customer.subscription.updated`.
 */
export async function expireIncompletes(context: Context, due: readonly Due[], payments: Payments): Promise<void> {
  for (const { objectId, customer } of due) {
    const subscription = await lockSubscription(context, objectId);
    if (subscription?.status !== 'incomplete') continue;
    const until = incompleteUntil(subscription);
    const isEarly = Temporal.Instant.compare(until, context.now) > 0;
    if (isEarly || !(await voidOpen(context, subscription.latestInvoiceId, payments))) {
      const dueAt = isEarly ? until : context.now.add({ minutes: 1 });
      await setDue(context, {
        kind: 'expire_incomplete',
        objectId,
        customerId: customer.id,
        testClockId: customer.testClockId,
        dueAt,
      });
    } else await expireIncomplete(context, subscription);
  }
}

/** Voids an invoice that a subscription waits for, where it is still open. False: a payment of it is being made. */
export async function voidOpen(context: Context, invoiceId: string | null, payments: Payments): Promise<boolean> {
  const first = invoiceId === null ? undefined : await lockOpen(context, invoiceId);
  if (first === undefined) return true;
  const payment = await findOpenPayment(context, first.invoice.id);
  const intent = payment && (await findPaymentIntent(context, payment.paymentIntentId));
  if (intent?.attemptId !== undefined && intent.attemptId !== null) return false;
  await voidLocked(context, first);
  await closePayment(context, payments, first.invoice.id, 'void_invoice');
  return true;
}

/** A sent invoice that is still open, and the subscription that it is of; both locked in the order of locks. */
type Overdue = { readonly whole: WholeInvoice; readonly subscription: Subscription | undefined };

async function lockOverdue(context: Context, id: string): Promise<Overdue | undefined> {
  const [known] = await findWholeInvoices(context, [id]);
  if (known === undefined) return undefined;
  const { subscriptionId } = known.invoice;
  const subscription = subscriptionId === null ? undefined : await lockSubscription(context, subscriptionId);
  const whole = await lockOpen(context, id);
  const isLiving = subscription !== undefined && !hasEnded(subscription);
  return whole && { whole, subscription: isLiving ? subscription : undefined };
}

/**
 * Sent invoices whose due date has passed are overdue: their customers are delinquent, and subscriptions of which they are the
 * latest are past due. Tells `invoice.overdue`, and what changes with that.
 */
export async function markPastDue(context: Context, due: readonly Due[]): Promise<void> {
  for (const { objectId, customer } of due) {
    const overdue = await lockOverdue(context, objectId);
    if (overdue === undefined) continue;
    const { whole, subscription } = overdue;
    await recordEvent(context, 'invoice.overdue', viewInvoice(context, whole));
    await changeDelinquent(context, customer.id, true);
    if (subscription === undefined) continue;
    const latest = await findLatestFinal(context, subscription.id);
    if (latest?.id === objectId) {
      await changeStatus(context, subscription, statusAfter(subscription, 'failed', context.now));
    }
    await scheduleEnd(context, whole);
  }
}

async function scheduleEnd(context: Context, { invoice }: WholeInvoice): Promise<void> {
  const { id: objectId, customerId, testClockId, dueAt } = invoice;
  const { overdueDays } = await findBillingSettings(context);
  if (overdueDays === null || dueAt === null) return;
  const endAt = dueAt.add({ hours: 24 * overdueDays });
  await setDue(context, { kind: 'end_overdue', objectId, customerId, testClockId, dueAt: endAt });
}

/** Sent invoices that are overdue for too long: what becomes of their subscriptions is what the account's settings say. */
export async function endOverdue(context: Context, due: readonly Due[]): Promise<void> {
  for (const { objectId } of due) {
    const subscription = (await lockOverdue(context, objectId))?.subscription;
    if (subscription !== undefined) await endAs(context, subscription, 'afterOverdue');
  }
}
