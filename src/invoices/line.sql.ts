import { type Insertable, type Selectable, sql } from 'kysely';
import { deleteFrom, type Scope, selectFrom } from '../db/scope.ts';
import type { InvoiceLines } from '../db/tables.generated.ts';
import { decimal, formatDecimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { InvoiceLine, WholeInvoice } from './invoice.ts';

/** A statement holds at most 65,535 parameters; 1,000 lines need 15,000. An invoice of 20 items may have 4,000. */
const LINES_PER_INSERT = 1_000;

function toLine(row: Selectable<InvoiceLines>): InvoiceLine {
  return {
    id: row.id,
    subscriptionId: row.subscription_id,
    subscriptionItemId: row.subscription_item_id,
    priceId: row.price_id,
    productId: row.product_id,
    description: row.description,
    amount: row.amount,
    quantity: decimal(row.quantity),
    unitAmount: decimal(row.unit_amount),
    period: { start: row.period_start_at, end: row.period_end_at },
    metadata: row.metadata as Metadata,
  };
}

function toRow(scope: Scope, invoiceId: string, line: InvoiceLine, position: number): Insertable<InvoiceLines> {
  return {
    account_id: scope.account.id,
    id: line.id,
    invoice_id: invoiceId,
    position,
    subscription_id: line.subscriptionId,
    subscription_item_id: line.subscriptionItemId,
    price_id: line.priceId,
    product_id: line.productId,
    description: line.description,
    amount: line.amount,
    quantity: formatDecimal(line.quantity),
    unit_amount: formatDecimal(line.unitAmount),
    period_start_at: line.period.start,
    period_end_at: line.period.end,
    // A line has no metadata of its own: it shows its subscription's.
    metadata: null,
  };
}

export async function insertLines(scope: Scope, { invoice, lines }: WholeInvoice): Promise<void> {
  const rows = lines.map((line, position) => toRow(scope, invoice.id, line, position));
  for (let start = 0; start < rows.length; start += LINES_PER_INSERT) {
    await scope.db
      .insertInto('invoice_lines')
      .values(rows.slice(start, start + LINES_PER_INSERT))
      .execute();
  }
}

/** Stores the lines of an invoice in the place of those that it had. */
export async function replaceLines(scope: Scope, whole: WholeInvoice): Promise<void> {
  await deleteFrom(scope, 'invoice_lines').where('invoice_id', '=', whole.invoice.id).execute();
  await insertLines(scope, whole);
}

/** The lines of an invoice in their order, with the metadata that the subscription has now. */
export async function findLines(scope: Scope, invoiceId: string): Promise<InvoiceLine[]> {
  return (await linesInOrder(scope, [invoiceId]).execute()).map(toLine);
}

/** The first `count` lines of each invoice, by invoice. */
export async function findFirstLines(
  scope: Scope,
  invoiceIds: readonly string[],
  count: number,
): Promise<Map<string, InvoiceLine[]>> {
  if (invoiceIds.length === 0) return new Map();
  const rows = await linesInOrder(scope, invoiceIds).where('position', '<', count).execute();
  const byInvoice = Map.groupBy(rows, (row) => row.invoice_id);
  return new Map([...byInvoice].map(([id, found]) => [id, found.map(toLine)]));
}

function linesInOrder(scope: Scope, invoiceIds: readonly string[]) {
  return selectFrom(scope, 'invoice_lines')
    .leftJoin('subscriptions', (join) =>
      join
        .onRef('subscriptions.account_id', '=', 'invoice_lines.account_id')
        .onRef('subscriptions.id', '=', 'invoice_lines.subscription_id'),
    )
    .selectAll('invoice_lines')
    .select(sql`coalesce(invoice_lines.metadata, subscriptions.metadata, '{}')`.as('metadata'))
    .where('invoice_id', 'in', invoiceIds)
    .orderBy('invoice_id')
    .orderBy('position');
}
