import { recordEvent } from '../events/record.ts';
import { MAX_YEARS_AHEAD } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { randomCharacters } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { toUnix } from '../time/instant.ts';
import type { Coupon } from './coupon.ts';
import type { CouponChange, CreateCouponParams } from './coupon.params.ts';
import { findCoupon, insertCoupon, lockCoupon, updateCoupon } from './coupon.sql.ts';
import { viewCouponInEvent, viewDeletedCoupon } from './coupon.view.ts';
import { findProducts } from './product.sql.ts';

const GENERATED_ID_CHARACTERS = 8;

/**
 * Creates a coupon and tells `coupon.created`. Throws for parameters that contradict each other, a last moment that is
 * past or too far ahead, unknown products, and an id that a living coupon has.
 */
export async function createCoupon(context: Context, params: CreateCouponParams): Promise<Coupon> {
  checkOff(params);
  checkDuration(params);
  checkLastMoment(params.redeem_by, 'redeem_by', context.now);
  const productIds = await requireProducts(context, params.applies_to?.products);
  const coupon = await insertCoupon(context, {
    id: params.id ?? randomCharacters(GENERATED_ID_CHARACTERS),
    name: params.name ?? null,
    percentOff: params.percent_off ?? null,
    amountOff: params.amount_off ?? null,
    currency: params.amount_off === undefined ? null : (params.currency ?? null),
    currencyOptions: changeOptions({ currency: params.currency, options: new Map() }, params.currency_options),
    productIds,
    duration: params.duration ?? 'once',
    durationInMonths: params.duration_in_months ?? null,
    maxRedemptions: params.max_redemptions ?? null,
    redeemByAt: params.redeem_by ?? null,
    timesRedeemed: 0n,
    metadata: changeMetadata({}, params.metadata),
    createdAt: context.now,
    deletedAt: null,
  });
  await recordEvent(context, 'coupon.created', viewCouponInEvent(context, coupon));
  return coupon;
}

/** Either a percentage or an amount; currencies go with amounts. The messages are those of recorded answers. */
function checkOff(params: CreateCouponParams): void {
  const { amount_off: amountOff, percent_off: percentOff, currency, currency_options: options } = params;
  if (amountOff === undefined && percentOff === undefined) {
    throw invalidRequest('Must provide percent_off or amount_off.', undefined, 'parameter_missing');
  }
  if (amountOff !== undefined && percentOff !== undefined) {
    throw invalidRequest('Received both percent_off and amount_off parameters. Please pass in only one.');
  }
  if (amountOff !== undefined && currency === undefined) {
    throw invalidRequest('You must pass currency when passing amount_off', 'currency');
  }
  if (percentOff === undefined) return;
  for (const [name, value] of [['currency_options', options] as const, ['currency', currency] as const]) {
    if (value === undefined) continue;
    const message = `You may only specify one of these parameters: ${name}, percent_off.`;
    throw invalidRequest(message, name, 'parameters_exclusive');
  }
}

function checkDuration({ duration, duration_in_months: months }: CreateCouponParams): void {
  if (duration === 'repeating' && months === undefined) {
    throw invalidRequest(
      'The duration_in_months param must be set when creating a coupon with a repeating duration',
      'duration',
    );
  }
  if (duration === 'repeating' || months === undefined) return;
  throw invalidRequest('`duration_in_months` requires `duration=repeating`.', 'duration_in_months');
}

/** When something can be redeemed for the last time: in the future, and at most 5 years from now. */
export function checkLastMoment(at: Temporal.Instant | undefined, param: string, now: Temporal.Instant): void {
  if (at === undefined) return;
  if (Temporal.Instant.compare(at, now) <= 0) {
    throw invalidRequest(
      `The parameter \`${param}\` expects a unix timestamp representing a date and time in the future. You specified the value \`${toUnix(at)}\` which is in the past.`,
      param,
    );
  }
  const latest = now.toZonedDateTimeISO('UTC').add({ years: MAX_YEARS_AHEAD }).toInstant();
  if (Temporal.Instant.compare(at, latest) <= 0) return;
  throw invalidRequest('Invalid timestamp: can be no more than five years in the future.', param);
}

async function requireProducts(context: Context, ids: readonly string[] | undefined): Promise<string[] | null> {
  if (ids === undefined) return null;
  const wanted = [...new Set(ids)];
  const found = new Set((await findProducts(context, wanted)).map((product) => product.id));
  const missing = ids.findIndex((id) => !found.has(id));
  if (missing !== -1) throw resourceMissing('product', ids[missing] ?? '', `applies_to[products][${missing}]`);
  return wanted;
}

/** The other currencies after a change: named ones are added or get another amount, the rest stays. */
function changeOptions(
  current: { currency: string | null | undefined; options: ReadonlyMap<string, bigint> },
  change: CouponChange['currency_options'],
): ReadonlyMap<string, bigint> {
  const options = new Map(current.options);
  for (const [currency, { amount_off: amount }] of change ?? []) {
    if (currency === current.currency) {
      throw invalidRequest(
        `\`currency_options\` cannot contain \`${currency}\`, the coupon's own currency.`,
        `currency_options[${currency}]`,
      );
    }
    options.set(currency, amount);
  }
  return options;
}

/** Changes the given fields and tells `coupon.updated`. Throws resource_missing, and for amounts of a percentage. */
export async function changeCoupon(context: Context, id: string, params: CouponChange): Promise<Coupon> {
  const coupon = await lockCoupon(context, id);
  if (coupon === undefined) throw resourceMissing('coupon', id);
  if (coupon.currency === null && params.currency_options !== undefined) {
    throw invalidRequest('A coupon with a `percent_off` has no `currency_options`.', 'currency_options');
  }
  const changed: Coupon = {
    ...coupon,
    currencyOptions: changeOptions(
      { currency: coupon.currency, options: coupon.currencyOptions },
      params.currency_options,
    ),
    metadata: changeMetadata(coupon.metadata, params.metadata),
    name: params.name ?? coupon.name,
  };
  await updateCoupon(context, changed);
  const before = viewCouponInEvent(context, coupon);
  await recordEvent(context, 'coupon.updated', viewCouponInEvent(context, changed), before);
  return changed;
}

/** Deletes a coupon and tells `coupon.deleted`: nobody can redeem it any more, while what was redeemed goes on. */
export async function deleteCoupon(context: Context, id: string) {
  const coupon = await lockCoupon(context, id);
  if (coupon === undefined) throw resourceMissing('coupon', id);
  const deleted: Coupon = { ...coupon, deletedAt: context.now };
  await updateCoupon(context, deleted);
  await recordEvent(context, 'coupon.deleted', viewCouponInEvent(context, deleted));
  return viewDeletedCoupon(id);
}

/** A living coupon. `param` names the parameter that refers to it. */
export async function requireCoupon(context: Context, id: string, param: string): Promise<Coupon> {
  const coupon = await findCoupon(context, id);
  if (coupon === undefined) throw resourceMissing('coupon', id, param);
  return coupon;
}
