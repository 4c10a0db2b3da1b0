import { recordEvent } from '../../events/record.ts';
import { findOpenPayment } from '../../invoices/invoice_payment.sql.ts';
import { checkNoneOnItsWay, closePayment } from '../../invoices/open_payment.ts';
import { invoicePaymentListener } from '../../invoices/payment_listener.ts';
import { voidLocked } from '../../invoices/settle.ts';
import { findPaymentIntent } from '../../payments/payment_intent.sql.ts';
import { NO_LISTENER } from '../../payments/payments.ts';
import type { Context } from '../../stripe/context.ts';
import { keepSubscriptions, keepUpdate } from '../../subscriptions/keep.ts';
import type { PendingUpdate, Subscription } from '../../subscriptions/subscription.ts';
import { viewSubscription } from '../../subscriptions/subscription.view.ts';
import { lockPayable } from '../lock_open.ts';

/** `expired` is told; what is replaced is told by what takes its place, and what goes with its subscription by that. */
type How = 'expired' | 'silently';

/** What becomes of the subscription is written here. */
const INVOICES_ALONE = { listener: { ...NO_LISTENER, ...invoicePaymentListener } };

/**
 * Gives up what is pending for a locked subscription: its invoice is void. Null: a payment of it is on its way, and nothing
 * was done. Tells `invoice.voided`, then `customer.subscription.updated` and `customer.subscription.pending_update_expired`.
 */
export async function discardUpdate(
  context: Context,
  subscription: Subscription,
  how: How,
): Promise<Subscription | null> {
  const update = subscription.pendingUpdate;
  if (update === null) return subscription;
  if (await isBeingPaid(context, update)) return null;
  const open = await lockPayable(context, update.invoiceId);
  if (open !== undefined) {
    await voidLocked(context, open);
    await closePayment(context, INVOICES_ALONE, update.invoiceId, 'void_invoice');
  }
  const after: Subscription = { ...subscription, pendingUpdate: null };
  if (how === 'silently') {
    await keepSubscriptions(context, [{ before: subscription, after }]);
    return after;
  }
  await keepUpdate(context, subscription, after);
  await recordEvent(context, 'customer.subscription.pending_update_expired', viewSubscription(context, after));
  return after;
}

async function isBeingPaid(context: Context, { invoiceId }: PendingUpdate): Promise<boolean> {
  const payment = await findOpenPayment(context, invoiceId);
  const intent = payment && (await findPaymentIntent(context, payment.paymentIntentId));
  return intent !== undefined && (intent.attemptId !== null || intent.status === 'processing');
}

/** The same for a request that changes the subscription. Throws while a payment of what is pending is on its way. */
export async function giveUpUpdate(context: Context, subscription: Subscription, how: How): Promise<Subscription> {
  const { pendingUpdate } = subscription;
  if (pendingUpdate === null) return subscription;
  await checkNoneOnItsWay(context, pendingUpdate.invoiceId);
  return (await discardUpdate(context, subscription, how)) ?? subscription;
}
