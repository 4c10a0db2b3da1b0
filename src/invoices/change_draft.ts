import { recordEvent } from '../events/record.ts';
import { MAX_INVOICE_ITEMS } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { updateInvoice } from './invoice.sql.ts';
import type { InvoiceLine, WholeInvoice } from './invoice.ts';
import { viewInvoice } from './invoice.view.ts';
import { updateLineAmounts } from './line.sql.ts';
import { checkLineRates } from './tax_behavior.ts';
import { discountLines, taxLines, totalsOf } from './totals.ts';

/** An invoice with other lines, discounts or tax rates: what these make of the lines and the totals follow. */
export function withLines({ invoice }: WholeInvoice, lines: readonly InvoiceLine[]): WholeInvoice {
  const taxed = taxLines(discountLines(lines, invoice.discounts), invoice);
  return { invoice: { ...invoice, ...totalsOf(taxed, invoice) }, lines: taxed };
}

/**
 * Stores the header of a changed invoice and what discounts and taxes make of its lines, and tells `invoice.updated`; the
 * rest of the lines is stored by who changed them. Throws where that lets tax rates contradict a price.
 */
export async function storeChange(context: Context, before: WholeInvoice, after: WholeInvoice): Promise<void> {
  await checkLineRates(context, before, after);
  await updateInvoice(context, after.invoice);
  if ([before, after].some(({ invoice }) => invoice.discounts.length + invoice.taxes.length > 0)) {
    await updateLineAmounts(context, after.lines);
  }
  await recordEvent(context, 'invoice.updated', viewInvoice(context, after), viewInvoice(context, before));
}

/** Throws where an invoice would have more than 250 invoice items. */
export function checkItemCount(lines: readonly Pick<InvoiceLine, 'invoiceItemId'>[], param: string): void {
  if (lines.filter((line) => line.invoiceItemId !== null).length <= MAX_INVOICE_ITEMS) return;
  throw invalidRequest(`An invoice can have at most ${MAX_INVOICE_ITEMS} invoice items.`, param);
}
