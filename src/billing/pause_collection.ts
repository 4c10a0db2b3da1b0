import type { Customer } from '../customers/customer.ts';
import { finalizeWhatCanBe } from '../invoices/fail_finalization.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { giveUpLocked, SETTLED, voidLocked } from '../invoices/settle.ts';
import type { Context } from '../stripe/context.ts';
import { scheduleWork } from '../subscriptions/due.ts';
import { keepUpdate } from '../subscriptions/keep.ts';
import { lockSubscription } from '../subscriptions/subscription.sql.ts';
import { hasEnded, type Subscription } from '../subscriptions/subscription.ts';

/**
 * A new draft as its subscription lets it go on; pure. While collection is paused, or the subscription is unpaid, it does not
 * go on by itself.
 */
export function heldBack({ pauseCollection, status }: Subscription, whole: WholeInvoice): WholeInvoice {
  if (pauseCollection === null && status !== 'unpaid') return whole;
  return { ...whole, invoice: { ...whole.invoice, ...SETTLED } };
}

/** A stored draft, its subscription and its locked customer. */
type Paused = { readonly customer: Customer; readonly subscription: Subscription; readonly whole: WholeInvoice };

/**
 * Drafts of different customers, whose subscriptions make invoices that nobody is to pay, are final at once: void, or
 * uncollectible unless the customer's balance pays for them. Tells what that tells of each invoice.
 */
export async function settlePaused(context: Context, all: readonly Paused[]): Promise<void> {
  const settled = all.filter(
    ({ subscription: { pauseCollection: pause } }) => pause && pause.behavior !== 'keep_as_draft',
  );
  if (settled.length === 0) return;
  const drafts = settled.map(({ customer, whole: { invoice } }) => ({ customer, invoice }));
  const behaviors = new Map(
    settled.map(({ subscription, whole }) => [whole.invoice.id, subscription.pauseCollection?.behavior]),
  );
  for (const final of await finalizeWhatCanBe(context, drafts, { opensPayments: false })) {
    if (final.invoice.status !== 'open') continue;
    if (behaviors.get(final.invoice.id) === 'void') await voidLocked(context, final);
    else await giveUpLocked(context, final, 'subscription_paused');
  }
}

/** Subscriptions whose collection was paused until now go on. Tells `customer.subscription.updated`. */
export async function resumeCollections(
  context: Context,
  due: readonly { readonly objectId: string }[],
): Promise<void> {
  for (const { objectId } of due) {
    const subscription = await lockSubscription(context, objectId);
    if (subscription === undefined || hasEnded(subscription)) continue;
    const resumesAt = subscription.pauseCollection?.resumesAt ?? null;
    const isDue = resumesAt !== null && Temporal.Instant.compare(resumesAt, context.now) <= 0;
    if (isDue) await keepUpdate(context, subscription, { ...subscription, pauseCollection: null });
    // Somebody put it off between the look and the lock.
    else await scheduleWork(context, [{ before: subscription, after: subscription }]);
  }
}
