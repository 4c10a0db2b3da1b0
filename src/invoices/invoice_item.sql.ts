import { type Insertable, type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import { textArray } from '../db/binary.ts';
import { insertRows } from '../db/rows.ts';
import { deleteFrom, type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { DB, InvoiceItems } from '../db/tables.generated.ts';
import { findTaxRates } from '../catalog/tax_rate.sql.ts';
import type { TaxRate } from '../catalog/tax_rate.ts';
import { decimal, formatDecimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';
import { keptDiscounts, toInvoiceDiscounts } from './discount.ts';
import { type CreditedItems, keptProratedOf, toProratedOf } from './invoice.ts';
import type { InvoiceItem } from './invoice_item.ts';
import type { ListItemsParams } from './invoice_item.params.ts';

function toItem(row: Selectable<InvoiceItems>, taxRates: readonly TaxRate[]): InvoiceItem {
  return {
    id: row.id,
    customerId: row.customer_id,
    invoiceId: row.invoice_id,
    subscriptionId: row.subscription_id,
    subscriptionItemId: row.subscription_item_id,
    proration: row.proration,
    creditedItems: row.credited_items as CreditedItems | null,
    proratedOf: toProratedOf(row.prorated_of),
    billedSoFar: row.billed_so_far === null ? null : decimal(row.billed_so_far),
    priceId: row.price_id,
    productId: row.product_id,
    currency: row.currency,
    description: row.description,
    amount: row.amount,
    quantity: decimal(row.quantity),
    unitAmount: decimal(row.unit_amount),
    period: { start: row.period_start_at, end: row.period_end_at },
    discountable: row.discountable,
    discounts: toInvoiceDiscounts(row.discounts),
    taxRates,
    wasPending: row.was_pending,
    metadata: row.metadata as Metadata,
    createdAt: row.created_at,
  };
}

function toRow(scope: Scope, item: InvoiceItem): Insertable<InvoiceItems> {
  return {
    account_id: scope.account.id,
    id: item.id,
    customer_id: item.customerId,
    invoice_id: item.invoiceId,
    subscription_id: item.subscriptionId,
    subscription_item_id: item.subscriptionItemId,
    proration: item.proration,
    credited_items: item.creditedItems && JSON.stringify(item.creditedItems),
    prorated_of: keptProratedOf(item.proratedOf),
    billed_so_far: item.billedSoFar && formatDecimal(item.billedSoFar),
    price_id: item.priceId,
    product_id: item.productId,
    currency: item.currency,
    description: item.description,
    amount: item.amount,
    quantity: formatDecimal(item.quantity),
    unit_amount: formatDecimal(item.unitAmount),
    period_start_at: item.period.start,
    period_end_at: item.period.end,
    discountable: item.discountable,
    discounts: keptDiscounts(item.discounts),
    tax_rate_ids: item.taxRates.map(({ id }) => id),
    was_pending: item.wasPending,
    metadata: JSON.stringify(item.metadata),
    created_at: item.createdAt,
  };
}

/** Completes rows by their tax rates. */
export async function toItems(scope: Scope, rows: readonly Selectable<InvoiceItems>[]): Promise<InvoiceItem[]> {
  const ids = new Set(rows.flatMap((row) => row.tax_rate_ids));
  const rates = new Map((await findTaxRates(scope, [...ids])).map((rate) => [rate.id, rate]));
  return rows.map((row) =>
    toItem(
      row,
      row.tax_rate_ids.flatMap((id) => rates.get(id) ?? []),
    ),
  );
}

export async function insertItem(scope: Scope, item: InvoiceItem): Promise<void> {
  await scope.db.insertInto('invoice_items').values(toRow(scope, item)).execute();
}

export async function insertItems(scope: Scope, items: readonly InvoiceItem[]): Promise<void> {
  const rows = items.map((item) => toRow(scope, item));
  await insertRows(scope, 'invoice_items', rows);
}

/** Writes all of an item whose customer is locked. */
export async function updateItem(scope: Scope, item: InvoiceItem): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, item);
  await updateTable(scope, 'invoice_items').set(columns).where('id', '=', item.id).execute();
}

/** Puts pending items on an invoice. */
export async function attachItems(scope: Scope, ids: readonly string[], invoiceId: string): Promise<void> {
  await attachAllItems(scope, [{ itemIds: ids, invoiceId }]);
}

/** The same for any number of invoices. */
export async function attachAllItems(
  scope: Scope,
  all: readonly { readonly itemIds: readonly string[]; readonly invoiceId: string }[],
): Promise<void> {
  const pairs = all.flatMap(({ itemIds, invoiceId }) => itemIds.map((itemId) => ({ itemId, invoiceId })));
  if (pairs.length === 0) return;
  await sql`
    update invoice_items set invoice_id = w.invoice_id
    from unnest(
      ${textArray(pairs, ({ itemId }) => itemId)}::text[], ${textArray(pairs, ({ invoiceId }) => invoiceId)}::text[]
    ) as w(item_id, invoice_id)
    where invoice_items.account_id = ${scope.account.id} and invoice_items.id = w.item_id
  `.execute(scope.db);
}

/** Makes items pending. */
export async function detachItems(scope: Scope, ids: readonly string[]): Promise<void> {
  await updateTable(scope, 'invoice_items')
    .set({ invoice_id: null, was_pending: true })
    .where('id', 'in', ids)
    .execute();
}

export async function removeItems(scope: Scope, ids: readonly string[]): Promise<void> {
  await deleteFrom(scope, 'invoice_items').where('id', 'in', ids).execute();
}

export async function findItem(scope: Scope, id: string): Promise<InvoiceItem | undefined> {
  return (await findItems(scope, [id]))[0];
}

/** The items of these ids that exist, in no particular order. */
export async function findItems(scope: Scope, ids: readonly string[]): Promise<InvoiceItem[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'invoice_items').selectAll().where('id', 'in', ids).execute();
  return await toItems(scope, rows);
}

/** The items on an invoice. */
export async function findItemsOf(scope: Scope, invoiceId: string): Promise<InvoiceItem[]> {
  const rows = await selectFrom(scope, 'invoice_items').selectAll().where('invoice_id', '=', invoiceId).execute();
  return await toItems(scope, rows);
}

/** Whose pending items: all of a customer, or only those that name a subscription. */
export type PendingItemsOf = { readonly customerId: string; readonly subscriptionId?: string | undefined };

/** Pending items, newest first. */
export async function findPendingItems(scope: Scope, { customerId, subscriptionId }: PendingItemsOf) {
  let query = selectFrom(scope, 'invoice_items')
    .selectAll()
    .where('customer_id', '=', customerId)
    .where('invoice_id', 'is', null);
  if (subscriptionId !== undefined) query = query.where('subscription_id', '=', subscriptionId);
  return await toItems(scope, await query.orderBy('created_at', 'desc').orderBy('id', 'desc').execute());
}

/** All pending items of these customers, by customer, newest first. */
export async function findPendingItemsOf(
  scope: Scope,
  customerIds: readonly string[],
): Promise<Map<string, InvoiceItem[]>> {
  if (customerIds.length === 0) return new Map();
  const rows = await selectFrom(scope, 'invoice_items')
    .selectAll()
    .where('customer_id', 'in', customerIds)
    .where('invoice_id', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return Map.groupBy(await toItems(scope, rows), (item) => item.customerId);
}

export async function countPendingItems(scope: Scope, customerId: string): Promise<bigint> {
  const row = await selectFrom(scope, 'invoice_items')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .where('customer_id', '=', customerId)
    .where('invoice_id', 'is', null)
    .executeTakeFirstOrThrow();
  return row.count;
}

type Listed = SelectQueryBuilder<DB, 'invoice_items', object>;

/** The filters of the list, but for paging and `created`. */
export function filterItems(query: Listed, { customer, invoice, pending }: ListItemsParams): Listed {
  let filtered = query;
  if (customer !== undefined) filtered = filtered.where('customer_id', '=', customer);
  if (invoice !== undefined) filtered = filtered.where('invoice_id', '=', invoice);
  if (pending !== undefined) filtered = filtered.where('invoice_id', pending ? 'is' : 'is not', null);
  return filtered;
}
