import type { Customer } from '../customers/customer.ts';
import { withLines } from '../invoices/change_draft.ts';
import { createInvoice } from '../invoices/finalize.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { type InvoiceItem, lineOf } from '../invoices/invoice_item.ts';
import { withItems } from '../invoices/item_discounts.ts';
import { attachItems, findPendingItems } from '../invoices/invoice_item.sql.ts';
import type { Context } from '../stripe/context.ts';

/** Whether a pending item goes on the next invoice of a subscription: one that names another waits for that. */
export function isBilledWith(item: InvoiceItem, subscriptionId: string | null): boolean {
  return item.subscriptionId === null || item.subscriptionId === subscriptionId;
}

/** A computed invoice of a subscription with what is pending for it, and the items that are. */
export type WithPending = { readonly whole: WholeInvoice; readonly itemIds: readonly string[] };

/** Puts what is pending before the lines of a subscription's invoice, newest first. The customer must be locked. */
export async function withPending(context: Context, customer: Customer, draft: WholeInvoice): Promise<WithPending> {
  const { subscriptionId, currency } = draft.invoice;
  const pending = await findPendingItems(context, { customerId: customer.id });
  const items = pending.filter((item) => isBilledWith(item, subscriptionId) && item.currency === currency);
  if (items.length === 0) return { whole: draft, itemIds: [] };
  const lines = [...items.map((item) => lineOf(item)), ...draft.lines];
  return { whole: withLines(withItems(draft, items), lines), itemIds: items.map((item) => item.id) };
}

/** Stores such a draft; its items are pending no more. Tells `invoice.created`. */
export async function createWithPending(context: Context, { whole, itemIds }: WithPending): Promise<void> {
  await createInvoice(context, whole);
  await attachItems(context, itemIds, whole.invoice.id);
}
