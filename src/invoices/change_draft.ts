import { recordEvent } from '../events/record.ts';
import { MAX_INVOICE_ITEMS } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { updateInvoice } from './invoice.sql.ts';
import type { InvoiceLine, WholeInvoice } from './invoice.ts';
import { viewInvoice } from './invoice.view.ts';
import { totalsOf } from './totals.ts';

/** An invoice with other lines: its totals follow. */
export function withLines({ invoice }: WholeInvoice, lines: readonly InvoiceLine[]): WholeInvoice {
  return { invoice: { ...invoice, ...totalsOf(lines, invoice) }, lines };
}

/** Stores the header of a changed invoice and tells `invoice.updated`; its lines are stored by who changed them. */
export async function storeChange(context: Context, before: WholeInvoice, after: WholeInvoice): Promise<void> {
  await updateInvoice(context, after.invoice);
  await recordEvent(context, 'invoice.updated', viewInvoice(context, after), viewInvoice(context, before));
}

/** Throws where an invoice would have more than 250 invoice items. */
export function checkItemCount(lines: readonly Pick<InvoiceLine, 'invoiceItemId'>[], param: string): void {
  if (lines.filter((line) => line.invoiceItemId !== null).length <= MAX_INVOICE_ITEMS) return;
  throw invalidRequest(`An invoice can have at most ${MAX_INVOICE_ITEMS} invoice items.`, param);
}
