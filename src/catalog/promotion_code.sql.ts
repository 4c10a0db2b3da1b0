import { type Insertable, type RawBuilder, type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import { type Scope, selectFrom, updateTable } from '../db/scope.ts';
import type { DB, PromotionCodes } from '../db/tables.generated.ts';
import type { Metadata } from '../stripe/metadata.ts';
import { couponIsValid, findCouponsByKey, storedAmounts, toAmounts } from './coupon.sql.ts';
import type { PromotionCode } from './promotion_code.ts';
import type { ListPromotionCodesParams } from './promotion_code.params.ts';

type Row = Selectable<PromotionCodes>;

/** Rows as promotion codes with their coupons, in the order of the rows. */
export async function toPromotionCodes(scope: Scope, rows: readonly Row[]): Promise<PromotionCode[]> {
  const coupons = await findCouponsByKey(scope, [...new Set(rows.map((row) => row.coupon_key))]);
  const byKey = new Map(coupons.map((coupon) => [coupon.key, coupon]));
  return rows.map((row) => {
    const coupon = byKey.get(row.coupon_key);
    if (coupon === undefined) throw new Error(`The promotion code ${row.id} has no coupon`);
    return {
      id: row.id,
      coupon,
      code: row.code,
      active: row.active,
      customerId: row.customer_id,
      maxRedemptions: row.max_redemptions,
      expiresAt: row.expires_at,
      timesRedeemed: row.times_redeemed,
      restrictions: {
        firstTimeTransaction: row.first_time_transaction,
        minimumAmount: row.minimum_amount,
        minimumAmountCurrency: row.minimum_amount_currency,
        currencyOptions: toAmounts(row.currency_options),
      },
      metadata: row.metadata as Metadata,
      createdAt: row.created_at,
    };
  });
}

/** `times_redeemed` is missing on purpose: it is counted by `countCodeRedemption` alone. */
function toRow(scope: Scope, code: PromotionCode): Insertable<PromotionCodes> {
  return {
    account_id: scope.account.id,
    id: code.id,
    coupon_key: code.coupon.key,
    code: code.code,
    active: code.active,
    customer_id: code.customerId,
    max_redemptions: code.maxRedemptions,
    expires_at: code.expiresAt,
    first_time_transaction: code.restrictions.firstTimeTransaction,
    minimum_amount: code.restrictions.minimumAmount,
    minimum_amount_currency: code.restrictions.minimumAmountCurrency,
    currency_options: storedAmounts(code.restrictions.currencyOptions),
    metadata: JSON.stringify(code.metadata),
    created_at: code.createdAt,
  };
}

export async function insertPromotionCode(scope: Scope, code: PromotionCode): Promise<void> {
  await scope.db.insertInto('promotion_codes').values(toRow(scope, code)).execute();
}

/** Writes all of a locked promotion code. */
export async function updatePromotionCode(scope: Scope, code: PromotionCode): Promise<void> {
  const { account_id: _account, id: _id, ...columns } = toRow(scope, code);
  await updateTable(scope, 'promotion_codes').set(columns).where('id', '=', code.id).execute();
}

/** The promotion codes of these ids that exist, in no particular order. */
export async function findPromotionCodes(scope: Scope, ids: readonly string[]): Promise<PromotionCode[]> {
  if (ids.length === 0) return [];
  const rows = await selectFrom(scope, 'promotion_codes').selectAll().where('id', 'in', ids).execute();
  return await toPromotionCodes(scope, rows);
}

export async function findPromotionCode(scope: Scope, id: string): Promise<PromotionCode | undefined> {
  return (await findPromotionCodes(scope, [id]))[0];
}

/** The same, held against other writers until the end of the transaction. */
export async function lockPromotionCode(scope: Scope, id: string): Promise<PromotionCode | undefined> {
  const rows = await selectFrom(scope, 'promotion_codes').selectAll().where('id', '=', id).forNoKeyUpdate().execute();
  return (await toPromotionCodes(scope, rows))[0];
}

/** Waits for other transactions that are making this code active, and keeps them waiting until the end of this one. */
export async function lockCode(scope: Scope, code: string): Promise<void> {
  const name = `promotion_code ${scope.account.id} ${code.toLowerCase()}`;
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(scope.db);
}

/**
 * True when a code that can be redeemed at this moment is spelled so, regardless of case, and could be meant by the same
 * customer. A code for everybody is meant by every customer.
 */
export async function isCodeTaken(
  scope: Scope,
  wanted: { code: string; customerId: string | null; exceptId: string | null },
  now: Temporal.Instant,
): Promise<boolean> {
  const { code, customerId, exceptId } = wanted;
  let query = selectFrom(scope, 'promotion_codes').select('id').where(hasCode(code)).where(codeIsActive(now)).limit(1);
  if (customerId !== null) {
    query = query.where((eb) => eb.or([eb('customer_id', 'is', null), eb('customer_id', '=', customerId)]));
  }
  if (exceptId !== null) query = query.where('id', '!=', exceptId);
  return (await query.executeTakeFirst()) !== undefined;
}

function hasCode(code: string): RawBuilder<boolean> {
  return sql<boolean>`lower(promotion_codes.code) = ${code.toLowerCase()}`;
}

/** True where a row of `promotion_codes` is what `isActive` calls so. */
function codeIsActive(now: Temporal.Instant): RawBuilder<boolean> {
  return sql<boolean>`(promotion_codes.active
    and (promotion_codes.expires_at is null or promotion_codes.expires_at > ${now})
    and (promotion_codes.max_redemptions is null or promotion_codes.times_redeemed < promotion_codes.max_redemptions)
    and exists (
      select from coupons
      where coupons.account_id = promotion_codes.account_id
        and coupons.key = promotion_codes.coupon_key
        and ${couponIsValid(now)}
    ))`;
}

/** The filters of the list; `created` is the list's own. `couponKey` is that of the coupon that the filter names. */
export function filterPromotionCodes(
  query: SelectQueryBuilder<DB, 'promotion_codes', object>,
  filters: ListPromotionCodesParams,
  { couponKey, now }: { couponKey: bigint | null; now: Temporal.Instant },
) {
  const { active, code, customer } = filters;
  let refined = query;
  if (active !== undefined) refined = refined.where(codeIsActive(now), '=', active);
  if (code !== undefined) refined = refined.where(hasCode(code));
  if (couponKey !== null) refined = refined.where('coupon_key', '=', couponKey);
  if (customer !== undefined) refined = refined.where('customer_id', '=', customer);
  return refined;
}

/**
 * Counts one redemption: true, or false where it can't be redeemed any more. The row decides, and holds others up until
 * the end of the transaction, so that the limit holds however many redeem at once.
 */
export async function countCodeRedemption(scope: Scope, id: string, now: Temporal.Instant): Promise<boolean> {
  const row = await updateTable(scope, 'promotion_codes')
    .set((eb) => ({ times_redeemed: eb('times_redeemed', '+', 1n) }))
    .where('id', '=', id)
    .where('active', '=', true)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .where((eb) => eb.or([eb('max_redemptions', 'is', null), eb('times_redeemed', '<', eb.ref('max_redemptions'))]))
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}
