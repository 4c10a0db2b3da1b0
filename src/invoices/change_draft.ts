import { recordEvent } from '../events/record.ts';
import { MAX_INVOICE_ITEMS } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { updateInvoice } from './invoice.sql.ts';
import type { InvoiceLine, WholeInvoice } from './invoice.ts';
import { viewInvoice } from './invoice.view.ts';
import { updateLineDiscounts } from './line.sql.ts';
import { discountLines, totalsOf } from './totals.ts';

/** An invoice with other lines, or other discounts: what is taken off the lines and the totals follow. */
export function withLines({ invoice }: WholeInvoice, lines: readonly InvoiceLine[]): WholeInvoice {
  const discounted = discountLines(lines, invoice.discounts);
  return { invoice: { ...invoice, ...totalsOf(discounted, invoice) }, lines: discounted };
}

/**
 * Stores the header of a changed invoice and what discounts take off its lines, and tells `invoice.updated`; the rest of
 * the lines is stored by who changed them.
 */
export async function storeChange(context: Context, before: WholeInvoice, after: WholeInvoice): Promise<void> {
  await updateInvoice(context, after.invoice);
  if (before.invoice.discounts.length + after.invoice.discounts.length > 0) {
    await updateLineDiscounts(context, after.lines);
  }
  await recordEvent(context, 'invoice.updated', viewInvoice(context, after), viewInvoice(context, before));
}

/** Throws where an invoice would have more than 250 invoice items. */
export function checkItemCount(lines: readonly Pick<InvoiceLine, 'invoiceItemId'>[], param: string): void {
  if (lines.filter((line) => line.invoiceItemId !== null).length <= MAX_INVOICE_ITEMS) return;
  throw invalidRequest(`An invoice can have at most ${MAX_INVOICE_ITEMS} invoice items.`, param);
}
