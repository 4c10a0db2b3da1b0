import { type Coupon, discountEndAt, offIn } from '../catalog/coupon.ts';
import { findCouponsByKey } from '../catalog/coupon.sql.ts';
import { type Purchase, type Redeemable, repeatedProblem } from '../catalog/redeem.ts';
import { countRedemption, requireRedeemable } from '../catalog/redemption.ts';
import { formatDecimal } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { deleteDiscounts, findDiscounts, hasPaidBefore, insertDiscounts } from './discount.sql.ts';
import type { Discount, InvoiceDiscount } from './discount.ts';
import type { DiscountParams } from './invoice.params.ts';
import type { Invoice, WholeInvoice } from './invoice.ts';

/** What discounts are put on: an invoice, a subscription or an item of either; `amount` is what it costs before them, null if unknown. */
export type DiscountTarget = Pick<
  Discount,
  'customerId' | 'invoiceId' | 'subscriptionId' | 'subscriptionItemId' | 'invoiceItemId'
> & {
  readonly currency: string;
  readonly amount: bigint | null;
};

/** The discounts that a target has after a request, in their order; which of them are new, and which are no part any more. */
export type Redeemed = {
  readonly discounts: readonly Discount[];
  readonly made: readonly Discount[];
  readonly gone: readonly Discount[];
};

/** A discount that a request names: one that the target has, or one to be redeemed, and where the request names it. */
type Named = { readonly param: string } & ({ readonly kept: Discount } | { readonly redeemable: Redeemable });

/**
 * The discounts that a request wants on an invoice, in its order; undefined leaves them as they are. Each new one is
 * redeemed and counted once; a coupon that the invoice has already is kept and not counted again; what is not named any
 * more is taken off, which gives no redemption back. `param` errors name the entry.
 */
export async function changeDiscounts(
  context: Context,
  { invoice, lines }: WholeInvoice,
  wanted: readonly DiscountParams[] | null | undefined,
): Promise<readonly InvoiceDiscount[]> {
  if (wanted === undefined) return invoice.discounts;
  const ofItems = invoice.discounts.filter(({ itemId }) => itemId !== null);
  const current = await findDiscounts(
    context,
    invoice.discounts.filter(({ itemId }) => itemId === null).map(({ id }) => id),
  );
  const target = {
    ...priced(invoice, lines),
    invoiceId: invoice.id,
    subscriptionId: null,
    subscriptionItemId: null,
    invoiceItemId: null,
  };
  const { discounts, gone } = await redeemDiscounts(context, target, current, wanted ?? []);
  // What was inherited stays with its subscription.
  const own = gone.filter(({ invoiceId }) => invoiceId === invoice.id);
  await deleteDiscounts(
    context,
    own.map(({ id }) => id),
    context.now,
  );
  return [...ofItems, ...(await termsOfDiscounts(context, discounts, invoice.currency))];
}

/** Redeems and stores what a request names at `at` that its target has not got already. Nothing is taken off yet. */
export async function redeemDiscounts(
  context: Context,
  target: DiscountTarget,
  current: readonly Discount[],
  wanted: readonly DiscountParams[],
  at = 'discounts',
): Promise<Redeemed> {
  const named = await resolveAll(context, target, current, wanted, at);
  const made = await redeemNew(context, target, named);
  const discounts = named
    .map((each) => ('kept' in each ? each.kept : made.get(each)))
    .filter((each) => each !== undefined);
  return { discounts, made: [...made.values()], gone: current.filter((each) => !discounts.includes(each)) };
}

/** What one preview would have redeemed so far: no limit may be passed by all of it together. */
export type Foreseen = Redeemable[];

/**
 * The discounts that a target would have after a request, in its order, as if they had been redeemed: nothing is counted or
 * stored. What would be redeemed is added to `foreseen`.
 */
export async function foreseeDiscounts(
  context: Context,
  target: DiscountTarget,
  current: readonly Discount[],
  wanted: readonly DiscountParams[],
  at: string,
  foreseen: Foreseen,
): Promise<Discount[]> {
  const named = await resolveAll(context, target, current, wanted, at);
  foreseeAll(foreseen, named);
  return named.map((each) => ('kept' in each ? each.kept : newDiscount(context, target, each.redeemable)));
}

/**
 * The discounts that a preview wants on the whole, as if they had been redeemed: nothing is counted or stored. Of what
 * recurs, coupons that apply once are no part. `current` are those that it would inherit, which a request can name.
 */
export async function previewDiscounts(
  context: Context,
  { invoice, lines }: { readonly invoice: Priced; readonly lines: readonly unknown[] },
  current: readonly Discount[],
  wanted: readonly DiscountParams[],
  mode: 'next' | 'recurring',
  foreseen: Foreseen,
): Promise<readonly InvoiceDiscount[]> {
  const named = await resolveAll(context, priced(invoice, lines), current, wanted, 'discounts');
  foreseeAll(foreseen, named);
  const kept = named.flatMap((each) => ('kept' in each ? [each.kept] : []));
  const coupons = await findCouponsByKey(
    context,
    kept.map(({ couponKey }) => couponKey),
  );
  return named.flatMap((each) => {
    const coupon = 'kept' in each ? coupons.find(({ key }) => key === each.kept.couponKey) : each.redeemable.coupon;
    if (coupon === undefined || (mode === 'recurring' && coupon.duration === 'once')) return [];
    return [onInvoice(invoice.currency, coupon, 'kept' in each ? each.kept.id : newId('discount'))];
  });
}

/** The terms of discounts, as an invoice in that currency keeps them. */
export async function termsOfDiscounts(
  context: Context,
  discounts: readonly Discount[],
  currency: string,
): Promise<InvoiceDiscount[]> {
  const keys = discounts.map(({ couponKey }) => couponKey);
  return termsBy(await findCouponsByKey(context, keys), discounts, currency);
}

/** The same by coupons that have been looked up: all of these discounts'. */
export function termsBy(all: readonly Coupon[], discounts: readonly Discount[], currency: string): InvoiceDiscount[] {
  const coupons = new Map(all.map((coupon) => [coupon.key, coupon]));
  return discounts.map(({ id, couponKey, subscriptionItemId, invoiceItemId }) => {
    const coupon = coupons.get(couponKey);
    if (coupon === undefined) throw new Error(`the discount ${id} has no coupon`);
    return onInvoice(currency, coupon, id, subscriptionItemId ?? invoiceItemId);
  });
}

type Priced = Pick<Invoice, 'customerId' | 'currency' | 'subtotal'>;

/** A draft without lines costs nothing yet: it can't be below a minimum. */
function priced({ customerId, currency, subtotal }: Priced, lines: readonly unknown[]) {
  return { customerId, currency, amount: lines.length === 0 ? null : subtotal };
}

async function resolveAll(
  context: Context,
  { customerId, currency, amount }: Pick<DiscountTarget, 'customerId' | 'currency' | 'amount'>,
  current: readonly Discount[],
  wanted: readonly DiscountParams[],
  at: string,
): Promise<Named[]> {
  const hasCode = wanted.some((entry) => entry.promotion_code !== undefined);
  const paid = hasCode && (await hasPaidBefore(context, customerId));
  const purchase = { customerId, currency, amount, hasPaidBefore: paid };
  const named: Named[] = [];
  for (const [index, entry] of wanted.entries()) {
    named.push(await resolve(context, current, entry, purchase, `${at}[${index}]`));
  }
  checkDistinct(named);
  return named;
}

async function resolve(
  context: Context,
  current: readonly Discount[],
  { coupon, discount, promotion_code: code }: DiscountParams,
  purchase: Purchase,
  at: string,
): Promise<Named> {
  if ([coupon, discount, code].filter((given) => given !== undefined).length !== 1) {
    throw invalidRequest('You must specify exactly one of `coupon`, `discount` and `promotion_code`.', at);
  }
  if (discount !== undefined) {
    const kept = current.find(({ id }) => id === discount);
    if (kept === undefined) throw resourceMissing('discount', discount, `${at}[discount]`);
    return { kept, param: `${at}[discount]` };
  }
  const asked =
    code === undefined ? { kind: 'coupon' as const, id: coupon ?? '' } : { kind: 'promotion_code' as const, id: code };
  const param = `${at}[${asked.kind}]`;
  const same = current.find(({ couponId, promotionCodeId }) =>
    asked.kind === 'coupon' ? promotionCodeId === null && couponId === asked.id : promotionCodeId === asked.id,
  );
  if (same !== undefined) return { kept: same, param };
  return { redeemable: await requireRedeemable(context, asked, purchase, param), param };
}

function couponKeyOf(named: Named): bigint {
  return 'kept' in named ? named.kept.couponKey : named.redeemable.coupon.key;
}

function checkDistinct(named: readonly Named[]): void {
  const keys = named.map(couponKeyOf);
  const twice = named.find((_, index) => keys.indexOf(couponKeyOf(named[index] ?? _)) < index);
  if (twice !== undefined) throw invalidRequest('The same coupon can be applied only once.', twice.param);
}

function foreseeAll(foreseen: Foreseen, named: readonly Named[]): void {
  for (const each of named) {
    if ('kept' in each) continue;
    const problem = repeatedProblem(each.redeemable, foreseen, each.param);
    if (problem !== undefined) throw problem;
    foreseen.push(each.redeemable);
  }
}

async function redeemNew(
  context: Context,
  target: DiscountTarget,
  named: readonly Named[],
): Promise<Map<Named, Discount>> {
  const made = new Map<Named, Discount>();
  // Rows of coupons are locked in the order of their keys, however a request orders them.
  const inOrder = named.toSorted((a, b) => (couponKeyOf(a) < couponKeyOf(b) ? -1 : 1));
  for (const each of inOrder) {
    if ('kept' in each) continue;
    await countRedemption(context, each.redeemable, each.param);
    made.set(each, newDiscount(context, target, each.redeemable));
  }
  await insertDiscounts(context, [...made.values()], context.now);
  return made;
}

function newDiscount(context: Context, target: DiscountTarget, { coupon, promotionCode }: Redeemable): Discount {
  return {
    id: newId('discount'),
    couponKey: coupon.key,
    couponId: coupon.id,
    promotionCodeId: promotionCode?.id ?? null,
    customerId: target.customerId,
    invoiceId: target.invoiceId,
    subscriptionId: target.subscriptionId,
    subscriptionItemId: target.subscriptionItemId,
    invoiceItemId: target.invoiceItemId,
    startAt: context.now,
    endAt: discountEndAt(coupon, context.now),
    deletedAt: null,
  };
}

function onInvoice(
  currency: string,
  coupon: Redeemable['coupon'],
  id: string,
  itemId: string | null = null,
): InvoiceDiscount {
  const off = offIn(coupon, currency);
  if (off === undefined) throw new Error(`the coupon ${coupon.id} takes nothing off in ${currency}`);
  return {
    id,
    itemId,
    percentOff: 'percent' in off ? formatDecimal(off.percent) : null,
    amountOff: 'amount' in off ? off.amount : null,
    productIds: coupon.productIds,
    amount: 0n,
  };
}
