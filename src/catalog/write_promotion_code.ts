import { requireCustomer } from '../customers/write.ts';
import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { newId, randomCharacters } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { type Coupon, isValid } from './coupon.ts';
import { isActive, type PromotionCode, type Restrictions } from './promotion_code.ts';
import type { CreatePromotionCodeParams, PromotionCodeChange } from './promotion_code.params.ts';
import {
  findPromotionCode,
  insertPromotionCode,
  isCodeTaken,
  lockCode,
  lockPromotionCode,
  updatePromotionCode,
} from './promotion_code.sql.ts';
import { viewPromotionCode } from './promotion_code.view.ts';
import { expired } from './redeem.ts';
import { checkLastMoment, requireCoupon } from './write_coupon.ts';

const GENERATED_CODE_CHARACTERS = 8;

/**
 * Creates a promotion code and tells `promotion_code.created`. Throws for unknown coupons and customers, coupons that
 * nobody can redeem any more, limits beyond those of the coupon, and a code that an active one has already.
 */
export async function createPromotionCode(context: Context, params: CreatePromotionCodeParams): Promise<PromotionCode> {
  if (params.promotion.coupon === undefined) {
    throw invalidRequest('You must pass promotion.coupon when passing promotion', 'promotion.coupon');
  }
  checkLastMoment(params.expires_at, 'expires_at', context.now);
  const restrictions = readRestrictions(params.restrictions);
  const coupon = await requireCoupon(context, params.promotion.coupon, 'promotion[coupon]');
  checkAgainstCoupon(context, coupon, params);
  const customerId = params.customer ?? null;
  if (customerId !== null) await requireCustomer(context, customerId, 'customer');
  const code: PromotionCode = {
    id: newId('promotionCode'),
    coupon,
    code: params.code ?? randomCharacters(GENERATED_CODE_CHARACTERS).toUpperCase(),
    active: params.active ?? true,
    customerId,
    maxRedemptions: params.max_redemptions ?? null,
    expiresAt: params.expires_at ?? null,
    timesRedeemed: 0n,
    restrictions,
    metadata: changeMetadata({}, params.metadata),
    createdAt: context.now,
  };
  await claimCode(context, code);
  await insertPromotionCode(context, code);
  await recordEvent(context, 'promotion_code.created', viewPromotionCode(context, code));
  return code;
}

/** A code reaches no further than its coupon (reference: create a promotion code). */
function checkAgainstCoupon(context: Context, coupon: Coupon, params: CreatePromotionCodeParams): void {
  if (!isValid(coupon, context.now)) {
    throw expired(coupon, 'promotion[coupon]');
  }
  const { expires_at: expiresAt, max_redemptions: maxRedemptions } = params;
  if (expiresAt && coupon.redeemByAt && Temporal.Instant.compare(expiresAt, coupon.redeemByAt) > 0) {
    throw invalidRequest("`expires_at` cannot be after the coupon's `redeem_by`.", 'expires_at');
  }
  if (maxRedemptions !== undefined && coupon.maxRedemptions !== null && maxRedemptions > coupon.maxRedemptions) {
    throw invalidRequest("`max_redemptions` cannot be greater than the coupon's `max_redemptions`.", 'max_redemptions');
  }
}

function readRestrictions(params: CreatePromotionCodeParams['restrictions'] = {}): Restrictions {
  const { minimum_amount: amount, minimum_amount_currency: currency, currency_options: options } = params;
  for (const [name, value, other] of [
    ['minimum_amount', amount, currency],
    ['minimum_amount_currency', currency, amount],
  ] as const) {
    if (value !== undefined || other === undefined) continue;
    const param = `restrictions[${name}]`;
    throw invalidRequest(`Missing required param: ${param}.`, param, 'parameter_missing');
  }
  const plain: Restrictions = {
    firstTimeTransaction: params.first_time_transaction ?? false,
    minimumAmount: amount ?? null,
    minimumAmountCurrency: currency ?? null,
    currencyOptions: new Map(),
  };
  return { ...plain, currencyOptions: changeOptions(plain, options) };
}

/** The minimum in other currencies after a change: named ones are added or get another amount, the rest stays. */
function changeOptions(
  { minimumAmountCurrency, currencyOptions }: Restrictions,
  change: ReadonlyMap<string, { minimum_amount: bigint }> | undefined,
): ReadonlyMap<string, bigint> {
  if (change === undefined) return currencyOptions;
  const param = 'restrictions[currency_options]';
  if (minimumAmountCurrency === null) {
    throw invalidRequest('`currency_options` requires `minimum_amount` and `minimum_amount_currency`.', param);
  }
  const options = new Map(currencyOptions);
  for (const [currency, { minimum_amount: amount }] of change) {
    if (currency === minimumAmountCurrency) {
      throw invalidRequest(
        `\`currency_options\` cannot contain \`${currency}\`, the currency of the minimum amount.`,
        `${param}[${currency}]`,
      );
    }
    options.set(currency, amount);
  }
  return options;
}

/** Nobody else may have the code while this one is active. */
async function claimCode(context: Context, code: PromotionCode, exceptId: string | null = null): Promise<void> {
  if (!isActive(code, context.now)) return;
  await lockCode(context, code.code);
  const wanted = { code: code.code, customerId: code.customerId, exceptId };
  if (!(await isCodeTaken(context, wanted, context.now))) return;
  throw invalidRequest(`An active promotion code with \`code: ${code.code}\` already exists.`, 'code');
}

/**
 * Changes the given fields and tells `promotion_code.updated`. Throws for making a code active that can't be redeemed,
 * or whose code another active one has by now.
 */
export async function changePromotionCode(
  context: Context,
  id: string,
  params: PromotionCodeChange,
): Promise<PromotionCode> {
  const code = await lockPromotionCode(context, id);
  if (code === undefined) throw missing(id);
  const { restrictions } = code;
  const changed: PromotionCode = {
    ...code,
    active: params.active ?? code.active,
    metadata: changeMetadata(code.metadata, params.metadata),
    restrictions: {
      ...restrictions,
      currencyOptions: changeOptions(restrictions, params.restrictions?.currency_options),
    },
  };
  if (params.active === true) {
    if (!isActive(changed, context.now)) {
      throw invalidRequest(
        'This promotion code cannot be made active, because it or its coupon has expired or has been used the maximum number of times.',
        'active',
      );
    }
    await claimCode(context, changed, id);
  }
  await updatePromotionCode(context, changed);
  const before = viewPromotionCode(context, code);
  await recordEvent(context, 'promotion_code.updated', viewPromotionCode(context, changed), before);
  return changed;
}

/** `param` names the parameter that refers to it. */
export async function requirePromotionCode(context: Context, id: string, param: string): Promise<PromotionCode> {
  const code = await findPromotionCode(context, id);
  if (code === undefined) throw missing(id, param);
  return code;
}

function missing(id: string, param = 'id') {
  return resourceMissing('promotion code', id, param);
}
