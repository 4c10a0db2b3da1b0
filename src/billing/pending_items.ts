import { withLines } from '../invoices/change_draft.ts';
import { createInvoices } from '../invoices/finalize.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { type InvoiceItem, linesOf } from '../invoices/invoice_item.ts';
import { withItems } from '../invoices/item_discounts.ts';
import { attachAllItems, findPendingItemsOf } from '../invoices/invoice_item.sql.ts';
import { findInvoicedSubscriptions } from '../invoices/subscription.sql.ts';
import { recordEvents, type Told } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';

/**
 * Which pending items go on the next invoice of a subscription: those that name it, or none, or one that has ended, which
 * makes no more invoices itself. One that names another waits for that.
 */
export async function whoseTurn(
  context: Context,
  items: readonly InvoiceItem[],
): Promise<(item: InvoiceItem, subscriptionId: string | null) => boolean> {
  const named = new Set(items.flatMap(({ subscriptionId }) => subscriptionId ?? []));
  const subscriptions = await findInvoicedSubscriptions(context, [...named]);
  return ({ subscriptionId: own }, subscriptionId) =>
    own === null || own === subscriptionId || subscriptions.get(own)?.hasEnded === true;
}

/** A computed invoice of a subscription with what is pending for it, and the items that are. */
export type WithPending = { readonly whole: WholeInvoice; readonly itemIds: readonly string[] };

/** Puts what is pending before the lines of a subscription's invoice, newest first. The customer must be locked. */
export async function withPending(context: Context, draft: WholeInvoice): Promise<WithPending> {
  const [billed] = await withAllPending(context, [draft]);
  return billed ?? { whole: draft, itemIds: [] };
}

/** Puts these alone of what is pending before the lines of an invoice, in the same order. */
export async function withOwnPending(
  context: Context,
  draft: WholeInvoice,
  own: readonly InvoiceItem[],
): Promise<WithPending> {
  const { customerId } = draft.invoice;
  const pending = (await findPendingItemsOf(context, [customerId])).get(customerId) ?? [];
  const ids = new Set(own.map(({ id }) => id));
  const items = pending.filter(({ id }) => ids.has(id));
  return { whole: withPendingItems(draft, items), itemIds: items.map(({ id }) => id) };
}

/** The same for invoices of different customers, in their order. */
export async function withAllPending(context: Context, drafts: readonly WholeInvoice[]): Promise<WithPending[]> {
  const pending = await findPendingItemsOf(
    context,
    drafts.map(({ invoice }) => invoice.customerId),
  );
  const isBilledWith = await whoseTurn(context, [...pending.values()].flat());
  return drafts.map((draft) => {
    const { customerId, subscriptionId, currency } = draft.invoice;
    const items = (pending.get(customerId) ?? []).filter(
      (item) => isBilledWith(item, subscriptionId) && item.currency === currency,
    );
    return { whole: withPendingItems(draft, items), itemIds: items.map((item) => item.id) };
  });
}

/** Puts these before the lines of an invoice. Nothing is written. */
export function withPendingItems(draft: WholeInvoice, items: readonly InvoiceItem[]): WholeInvoice {
  if (items.length === 0) return draft;
  return withLines(withItems(draft, items), [...linesOf(items, draft.invoice.id), ...draft.lines]);
}

/** Stores such a draft; its items are pending no more. Tells `invoice.created`. */
export async function createWithPending(context: Context, billed: WithPending): Promise<void> {
  await recordEvents(context, await createAllWithPending(context, [billed]));
}

/** Stores such drafts; what this tells, in their order, is for the caller to record. */
export async function createAllWithPending(context: Context, all: readonly WithPending[]): Promise<Told[]> {
  const told = await createInvoices(
    context,
    all.map(({ whole }) => whole),
  );
  await attachAllItems(
    context,
    all.map(({ whole, itemIds }) => ({ itemIds, invoiceId: whole.invoice.id })),
  );
  return told;
}
