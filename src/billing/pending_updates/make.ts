import type { Customer } from '../../customers/customer.ts';
import { recordEvents } from '../../events/record.ts';
import { collectOpen } from '../../invoices/collect.ts';
import { asInvoice, type InvoiceDraft } from '../../invoices/draft.ts';
import { finalizeInvoice } from '../../invoices/finalize.ts';
import type { InvoiceItem } from '../../invoices/invoice_item.ts';
import { insertItems } from '../../invoices/invoice_item.sql.ts';
import { viewItem } from '../../invoices/invoice_item.view.ts';
import type { Payments } from '../../payments/payments.ts';
import type { Context } from '../../stripe/context.ts';
import { requireSubscription } from '../../subscriptions/change.ts';
import { inheritDiscounts } from '../../subscriptions/discounts.ts';
import { keepSubscriptions } from '../../subscriptions/keep.ts';
import { pendingUpdateOf } from '../../subscriptions/pending_update.ts';
import type { PendingUpdate, Subscription } from '../../subscriptions/subscription.ts';
import { createAllWithPending, withOwnPending } from '../pending_items.ts';
import type { Subscribed } from '../subscribe.ts';
import { tellPending } from './follow.ts';

/** What a request wants of a pending update, as it is told. */
export type Asked = Pick<PendingUpdate, 'asked' | 'metadata'>;

/** A computed change that is invoiced, in the place of `before`; customer and subscription are locked. */
type Pending = {
  readonly customer: Customer;
  readonly before: Subscription;
  readonly after: Subscription;
  readonly items: readonly InvoiceItem[];
  readonly draft: InvoiceDraft;
  readonly request: Asked;
  readonly offSession: boolean | undefined;
};

/**
 * Invoices a change that is made once that is paid, and begins to charge it. What else is pending for the customer is not on
 * that invoice, which may never count. Only cards pay it: a bank debit would come too late. Tells `invoiceitem.created`, what
 * the invoice tells, and `customer.subscription.updated` when the change is made or pending.
 */
export async function makePending(context: Context, payments: Payments, pending: Pending): Promise<Subscribed> {
  const { customer, before, after, items, offSession } = pending;
  await insertItems(context, items);
  const draft = asInvoice(pending.draft);
  const marked = { ...draft.invoice, isOfPendingUpdate: true, paymentMethodTypes: ['card'] };
  const billed = await withOwnPending(context, { ...draft, invoice: marked }, items);
  const { whole: computed, ended } = await inheritDiscounts(context, after, billed.whole);
  const details = { ...pending.request, invoiceId: computed.invoice.id, endedDiscountIds: ended.map(({ id }) => id) };
  const pendingUpdate = pendingUpdateOf(before, after, details, context.now);
  const waiting: Subscription = { ...before, pendingUpdate, latestInvoiceId: computed.invoice.id };
  await keepSubscriptions(context, [{ before, after: waiting }]);
  const created = await createAllWithPending(context, [{ ...billed, whole: computed }]);
  const told = items.map((item) => ({ type: 'invoiceitem.created', object: viewItem(context, item) }));
  await recordEvents(context, [...told, ...created]);
  const whole = await finalizeInvoice(context, customer, computed);
  const attemptId = await collectOpen(context, payments, { customer, whole, offSession });
  if (whole.invoice.status === 'paid') await payments.listener.invoiceChanged(context, whole.invoice.id);
  const subscription = await requireSubscription(context, before.id);
  if (attemptId !== null) return { subscription, attemptId };
  // Where nothing can be charged, it waits for somebody to pay it.
  return { subscription: await tellPending(context, subscription), attemptId };
}
