import type { Selectable } from 'kysely';
import { findCustomer } from '../customers/customer.sql.ts';
import type { Scope } from '../db/scope.ts';
import type { Invoices } from '../db/tables.generated.ts';
import { EMBEDDED_INVOICE_LINES } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { resourceMissing } from '../stripe/errors.ts';
import { ID_PREFIXES } from '../stripe/ids.ts';
import { findInvoices, withCustomers } from './invoice.sql.ts';
import type { Invoice, WholeInvoice } from './invoice.ts';
import { withCurrentUsage } from './current_usage.ts';
import { findFirstLines, findLines } from './line.sql.ts';
import { findPreview } from './preview.sql.ts';

/** Enough lines to show the embedded ones and to know whether there are more. */
const FIRST_LINES = EMBEDDED_INVOICE_LINES + 1;

/** Stored invoices with their first lines; drafts with all lines and with their usage as it is now. */
export async function findWholeInvoices(scope: Scope, ids: readonly string[]): Promise<WholeInvoice[]> {
  return await withFirstLines(scope, await findInvoices(scope, ids));
}

/** Rows of a page of the list, completed. */
export async function completeInvoices(scope: Scope, rows: readonly Selectable<Invoices>[]): Promise<WholeInvoice[]> {
  return await withFirstLines(scope, await withCustomers(scope, rows));
}

/** An invoice or a recent preview with its first lines. Throws resource_missing. */
export async function requireInvoice(context: Context, id: string): Promise<WholeInvoice> {
  const found = isPreviewId(id)
    ? await findPreview(context, id, context.now)
    : (await findWholeInvoices(context, [id]))[0];
  if (found === undefined) throw resourceMissing('invoice', id);
  return found;
}

/** Throws resource_missing where a list is asked for by a customer or an invoice that does not exist. */
export async function requireFiltered(
  context: Context,
  { customer, invoice }: { readonly customer?: string | undefined; readonly invoice?: string | undefined },
): Promise<void> {
  if (customer !== undefined && (await findCustomer(context, customer)) === undefined) {
    throw resourceMissing('customer', customer, 'customer');
  }
  if (invoice !== undefined && (await findInvoices(context, [invoice])).length === 0) {
    throw resourceMissing('invoice', invoice, 'invoice');
  }
}

/** An invoice or a recent preview with all its lines. Throws resource_missing. */
export async function requireInvoiceWithAllLines(context: Context, id: string): Promise<WholeInvoice> {
  const whole = await requireInvoice(context, id);
  // Of a draft all lines are there.
  const isWhole = isPreviewId(id) || whole.invoice.status === 'draft';
  return isWhole ? whole : { ...whole, lines: await findLines(context, id) };
}

async function withFirstLines(scope: Scope, invoices: readonly Invoice[]): Promise<WholeInvoice[]> {
  const lines = await findFirstLines(
    scope,
    invoices.filter((invoice) => invoice.status !== 'draft').map((invoice) => invoice.id),
    FIRST_LINES,
  );
  const whole: WholeInvoice[] = [];
  for (const invoice of invoices) {
    whole.push(
      invoice.status === 'draft'
        ? await withCurrentUsage(scope, { invoice, lines: await findLines(scope, invoice.id) })
        : { invoice, lines: lines.get(invoice.id) ?? [] },
    );
  }
  return whole;
}

function isPreviewId(id: string): boolean {
  return id.startsWith(ID_PREFIXES.previewInvoice);
}
