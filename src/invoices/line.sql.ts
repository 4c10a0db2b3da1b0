import { type Insertable, type Selectable, sql } from 'kysely';
import { insertRows } from '../db/rows.ts';
import { deleteFrom, type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { InvoiceLines } from '../db/tables.generated.ts';
import { decimal, formatDecimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';
import { keptDiscounts, toLineDiscounts } from './discount.ts';
import { type CreditedItems, type InvoiceLine, keptProratedOf, toProratedOf, type WholeInvoice } from './invoice.ts';
import { keptTaxes, type LineTaxRate, toTaxes } from './tax.ts';

function toLine(row: Selectable<InvoiceLines> & { has_own_metadata: boolean }): InvoiceLine {
  return {
    id: row.id,
    subscriptionId: row.subscription_id,
    subscriptionItemId: row.subscription_item_id,
    invoiceItemId: row.invoice_item_id,
    proration: row.proration,
    wholePeriod: toWholePeriod(row),
    billedSoFar: row.billed_so_far === null ? null : decimal(row.billed_so_far),
    creditedItems: row.credited_items as CreditedItems | null,
    proratedOf: toProratedOf(row.prorated_of),
    freeTrial: row.free_trial,
    priceId: row.price_id,
    productId: row.product_id,
    description: row.description,
    amount: row.amount,
    quantity: decimal(row.quantity),
    billedBefore: row.billed_before === null ? null : decimal(row.billed_before),
    unitAmount: decimal(row.unit_amount),
    period: { start: row.period_start_at, end: row.period_end_at },
    discountable: row.discountable,
    discounts: toLineDiscounts(row.discounts),
    taxRates: row.tax_rates as LineTaxRate[],
    taxes: toTaxes(row.taxes),
    amountExcludingTax: row.amount_excluding_tax,
    metadata: row.metadata as Metadata,
    hasOwnMetadata: row.has_own_metadata,
  };
}

function toWholePeriod({ whole_period_start_at: start, whole_period_end_at: end }: Selectable<InvoiceLines>) {
  return start === null || end === null ? null : { start, end };
}

function toRow(scope: Scope, invoiceId: string, line: InvoiceLine, position: number): Insertable<InvoiceLines> {
  return {
    account_id: scope.account.id,
    id: line.id,
    invoice_id: invoiceId,
    position,
    subscription_id: line.subscriptionId,
    subscription_item_id: line.subscriptionItemId,
    invoice_item_id: line.invoiceItemId,
    proration: line.proration,
    whole_period_start_at: line.wholePeriod?.start ?? null,
    whole_period_end_at: line.wholePeriod?.end ?? null,
    billed_so_far: line.billedSoFar && formatDecimal(line.billedSoFar),
    credited_items: line.creditedItems && JSON.stringify(line.creditedItems),
    prorated_of: keptProratedOf(line.proratedOf),
    free_trial: line.freeTrial,
    price_id: line.priceId,
    product_id: line.productId,
    description: line.description,
    amount: line.amount,
    quantity: formatDecimal(line.quantity),
    billed_before: line.billedBefore && formatDecimal(line.billedBefore),
    unit_amount: formatDecimal(line.unitAmount),
    period_start_at: line.period.start,
    period_end_at: line.period.end,
    discountable: line.discountable,
    discounts: keptDiscounts(line.discounts),
    tax_rates: JSON.stringify(line.taxRates),
    taxes: keptTaxes(line.taxes),
    amount_excluding_tax: line.amountExcludingTax,
    // Null: it shows those of its subscription.
    metadata: line.hasOwnMetadata ? JSON.stringify(line.metadata) : null,
  };
}

export async function insertLines(scope: Scope, invoices: readonly WholeInvoice[]): Promise<void> {
  const rows = invoices.flatMap(({ invoice, lines }) =>
    lines.map((line, position) => toRow(scope, invoice.id, line, position)),
  );
  await insertRows(scope, 'invoice_lines', rows);
}

/** Stores the lines of invoices in the place of those that they had. */
export async function replaceLines(scope: Scope, invoices: readonly WholeInvoice[]): Promise<void> {
  if (invoices.length === 0) return;
  const ids = invoices.map(({ invoice }) => invoice.id);
  await deleteFrom(scope, 'invoice_lines').where('invoice_id', 'in', ids).execute();
  await insertLines(scope, invoices);
}

/** Appends lines to an invoice that has some. */
export async function appendLines(scope: Scope, invoiceId: string, lines: readonly InvoiceLine[]): Promise<void> {
  const last = await selectFrom(scope, 'invoice_lines')
    .select((eb) => eb.fn.max('position').as('position'))
    .where('invoice_id', '=', invoiceId)
    .executeTakeFirst();
  const next = (last?.position ?? -1) + 1;
  const rows = lines.map((line, index) => toRow(scope, invoiceId, line, next + index));
  await insertRows(scope, 'invoice_lines', rows);
}

/** Writes all of a line but its place. */
export async function updateLine(scope: Scope, invoiceId: string, line: InvoiceLine): Promise<void> {
  const { account_id: _account, id: _id, position: _position, ...columns } = toRow(scope, invoiceId, line, 0);
  await updateTable(scope, 'invoice_lines').set(columns).where('id', '=', line.id).execute();
}

/** Writes what discounts and taxes make of lines, and nothing else of them. */
export async function updateLineAmounts(scope: Scope, lines: readonly InvoiceLine[]): Promise<void> {
  const ids = lines.map((line) => line.id);
  const discounts = lines.map((line) => keptDiscounts(line.discounts));
  const taxes = lines.map((line) => keptTaxes(line.taxes));
  const excludingTax = lines.map((line) => line.amountExcludingTax);
  await sql`
    update invoice_lines
    set discounts = w.discounts::jsonb, taxes = w.taxes::jsonb, amount_excluding_tax = w.amount_excluding_tax
    from unnest(${ids}::text[], ${discounts}::text[], ${taxes}::text[], ${excludingTax}::bigint[])
      as w(id, discounts, taxes, amount_excluding_tax)
    where account_id = ${scope.account.id} and invoice_lines.id = w.id
  `.execute(scope.db);
}

export async function removeLines(scope: Scope, ids: readonly string[]): Promise<void> {
  await deleteFrom(scope, 'invoice_lines').where('id', 'in', ids).execute();
}

/** The lines of an invoice in their order, with the metadata that the subscription has now. */
export async function findLines(scope: Scope, invoiceId: string): Promise<InvoiceLine[]> {
  return (await linesInOrder(scope, [invoiceId]).execute()).map(toLine);
}

/** The lines of each invoice in their order, by invoice. */
export async function findLinesOf(scope: Scope, invoiceIds: readonly string[]): Promise<Map<string, InvoiceLine[]>> {
  if (invoiceIds.length === 0) return new Map();
  const byInvoice = Map.groupBy(await linesInOrder(scope, invoiceIds).execute(), (row) => row.invoice_id);
  return new Map([...byInvoice].map(([id, found]) => [id, found.map(toLine)]));
}

/** The first `count` lines of each invoice, by invoice. */
export async function findFirstLines(
  scope: Scope,
  invoiceIds: readonly string[],
  count: number,
): Promise<Map<string, InvoiceLine[]>> {
  if (invoiceIds.length === 0) return new Map();
  // Lines that were removed leave gaps, so places are counted: by the index, and for each invoice only so far.
  const first = sql<string>`(
    select l.id from unnest(${invoiceIds}::text[]) as i(id)
    cross join lateral (
      select id from invoice_lines where account_id = ${scope.account.id} and invoice_id = i.id
      order by position limit ${count}
    ) l
  )`;
  const rows = await linesInOrder(scope, invoiceIds).where('invoice_lines.id', 'in', first).execute();
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
    .select(sql<boolean>`invoice_lines.metadata is not null`.as('has_own_metadata'))
    .where('invoice_id', 'in', invoiceIds)
    .orderBy('invoice_id')
    .orderBy('position');
}
