import { sql } from 'kysely';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { Discount } from './discount.ts';

/** Stores new discounts. */
export async function insertDiscounts(
  scope: Scope,
  discounts: readonly Discount[],
  createdAt: Temporal.Instant,
): Promise<void> {
  if (discounts.length === 0) return;
  const rows = discounts.map((discount) => ({
    account_id: scope.account.id,
    id: discount.id,
    coupon_key: discount.couponKey,
    promotion_code_id: discount.promotionCodeId,
    customer_id: discount.customerId,
    invoice_id: discount.invoiceId,
    subscription_id: discount.subscriptionId,
    subscription_item_id: discount.subscriptionItemId,
    invoice_item_id: discount.invoiceItemId,
    start_at: discount.startAt,
    end_at: discount.endAt,
    deleted_at: null,
    created_at: createdAt,
  }));
  await scope.db.insertInto('discounts').values(rows).execute();
}

/** The discounts of these ids in the same order, deleted or not. */
export async function findDiscounts(scope: Scope, ids: readonly string[]): Promise<Discount[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'discounts')
    .innerJoin('coupons', (join) =>
      join.onRef('coupons.account_id', '=', 'discounts.account_id').onRef('coupons.key', '=', 'discounts.coupon_key'),
    )
    .selectAll('discounts')
    .select('coupons.id as coupon_id')
    .where('discounts.id', 'in', ids)
    .execute();
  const discounts = rows.map((row): Discount => ({
    id: row.id,
    couponKey: row.coupon_key,
    couponId: row.coupon_id,
    promotionCodeId: row.promotion_code_id,
    customerId: row.customer_id,
    invoiceId: row.invoice_id,
    subscriptionId: row.subscription_id,
    subscriptionItemId: row.subscription_item_id,
    invoiceItemId: row.invoice_item_id,
    startAt: row.start_at,
    endAt: row.end_at,
    deletedAt: row.deleted_at,
  }));
  const byId = new Map(discounts.map((discount) => [discount.id, discount]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Marks discounts as taken off; they stay readable as deleted. */
export async function deleteDiscounts(scope: Scope, ids: readonly string[], now: Temporal.Instant): Promise<void> {
  if (ids.length === 0) return;
  await updateTable(scope, 'discounts').set({ deleted_at: now }).where('id', 'in', ids).execute();
}

/** True for a customer who has paid an invoice, or has one that counts as paid. */
export async function hasPaidBefore(scope: Scope, customerId: string): Promise<boolean> {
  const row = await selectFrom(scope, 'invoices')
    .select(sql<boolean>`true`.as('found'))
    .where('customer_id', '=', customerId)
    .where('status', '=', 'paid')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}
