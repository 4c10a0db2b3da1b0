import { type Insertable, type RawBuilder, type Selectable, sql } from 'kysely';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { Coupons } from '../db/tables.generated.ts';
import { brokenConstraint } from '../db/transaction.ts';
import { decimal, formatDecimal } from '../money/decimal.ts';
import { invalidRequest } from '../stripe/errors.ts';
import type { Metadata } from '../stripe/metadata.ts';
import type { Coupon } from './coupon.ts';

export function toCoupon(row: Selectable<Coupons>): Coupon {
  return {
    key: row.key,
    id: row.id,
    name: row.name,
    percentOff: row.percent_off === null ? null : decimal(row.percent_off),
    amountOff: row.amount_off,
    currency: row.currency,
    currencyOptions: toAmounts(row.currency_options),
    productIds: row.product_ids,
    duration: row.duration,
    durationInMonths: row.duration_in_months,
    maxRedemptions: row.max_redemptions,
    redeemByAt: row.redeem_by_at,
    timesRedeemed: row.times_redeemed,
    metadata: row.metadata as Metadata,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
  };
}

/** Amounts by currency from jsonb, where every number is text so that no float comes between. */
export function toAmounts(stored: unknown): Map<string, bigint> {
  const entries = Object.entries(stored as Record<string, string>);
  return new Map(entries.map(([currency, amount]) => [currency, BigInt(amount)]));
}

export function storedAmounts(amounts: ReadonlyMap<string, bigint>): string {
  return JSON.stringify(Object.fromEntries([...amounts].map(([currency, amount]) => [currency, String(amount)])));
}

/** `times_redeemed` is missing on purpose: it is counted by `countCouponRedemption` alone. */
function toRow(scope: Scope, coupon: Omit<Coupon, 'key'>): Insertable<Coupons> {
  return {
    account_id: scope.account.id,
    id: coupon.id,
    name: coupon.name,
    percent_off: coupon.percentOff && formatDecimal(coupon.percentOff),
    amount_off: coupon.amountOff,
    currency: coupon.currency,
    currency_options: storedAmounts(coupon.currencyOptions),
    product_ids: coupon.productIds && [...coupon.productIds],
    duration: coupon.duration,
    duration_in_months: coupon.durationInMonths,
    max_redemptions: coupon.maxRedemptions,
    redeem_by_at: coupon.redeemByAt,
    metadata: JSON.stringify(coupon.metadata),
    created_at: coupon.createdAt,
    deleted_at: coupon.deletedAt,
  };
}

/** Stores a new coupon and answers it with its key. Throws resource_already_exists when a living one has its id. */
export async function insertCoupon(scope: Scope, coupon: Omit<Coupon, 'key'>): Promise<Coupon> {
  try {
    const row = await scope.db
      .insertInto('coupons')
      .values(toRow(scope, coupon))
      .returningAll()
      .executeTakeFirstOrThrow();
    return toCoupon(row);
  } catch (error) {
    if (brokenConstraint(error) !== 'coupons_living_id_key') throw error;
    throw invalidRequest('Coupon already exists.', 'id', 'resource_already_exists');
  }
}

/** Writes all of a locked coupon. */
export async function updateCoupon(scope: Scope, coupon: Coupon): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, coupon);
  await updateTable(scope, 'coupons').set(columns).where('key', '=', coupon.key).execute();
}

/** The living coupon of that id. */
export async function findCoupon(scope: Scope, id: string): Promise<Coupon | undefined> {
  const row = await selectFrom(scope, 'coupons')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return row && toCoupon(row);
}

/** The same, held against other writers until the end of the transaction. */
export async function lockCoupon(scope: Scope, id: string): Promise<Coupon | undefined> {
  const row = await selectFrom(scope, 'coupons')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row && toCoupon(row);
}

/** Of each of these ids the living coupon, or else the one that was deleted last. */
export async function findLatestCoupons(scope: Scope, ids: readonly string[]): Promise<Coupon[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'coupons')
    .selectAll()
    .distinctOn('id')
    .where('id', 'in', ids)
    .orderBy('id')
    .orderBy('key', 'desc')
    .execute();
  return rows.map(toCoupon);
}

/** The coupons of these keys, living or not, in no particular order. */
export async function findCouponsByKey(scope: Scope, keys: readonly bigint[]): Promise<Coupon[]> {
  if (keys.length === 0) return [];
  const rows = await selectFrom(scope, 'coupons').selectAll().where('key', 'in', keys).execute();
  return rows.map(toCoupon);
}

/** True where the table `coupons` of a statement has a row that `isValid` calls so. */
export function couponIsValid(now: Temporal.Instant): RawBuilder<boolean> {
  return sql<boolean>`coupons.deleted_at is null
    and (coupons.redeem_by_at is null or coupons.redeem_by_at > ${now})
    and (coupons.max_redemptions is null or coupons.times_redeemed < coupons.max_redemptions)`;
}

/**
 * Counts one redemption: true, or false where it can't be redeemed any more. The row decides, and
 * holds others up until the end of the transaction, so that the limit holds however many redeem at once.
 */
export async function countCouponRedemption(scope: Scope, key: bigint, now: Temporal.Instant): Promise<boolean> {
  const row = await updateTable(scope, 'coupons')
    .set((eb) => ({ times_redeemed: eb('times_redeemed', '+', 1n) }))
    .where('key', '=', key)
    .where(couponIsValid(now))
    .returning('key')
    .executeTakeFirst();
  return row !== undefined;
}
