import { discountEndAt, offIn } from '../catalog/coupon.ts';
import type { Purchase, Redeemable } from '../catalog/redeem.ts';
import { countRedemption, requireRedeemable } from '../catalog/redemption.ts';
import { formatDecimal } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { deleteDiscounts, findDiscounts, hasPaidBefore, insertDiscounts } from './discount.sql.ts';
import type { Discount, InvoiceDiscount } from './discount.ts';
import type { DiscountParams } from './invoice.params.ts';
import type { Invoice, WholeInvoice } from './invoice.ts';

/** A discount that a request names: one that the invoice has, or one to be redeemed, and where the request names it. */
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
  const current = await findDiscounts(
    context,
    invoice.discounts.map(({ id }) => id),
  );
  const purchase = await purchaseOf(context, invoice, lines, wanted ?? []);
  const named: Named[] = [];
  for (const [index, entry] of (wanted ?? []).entries()) {
    named.push(await resolve(context, current, entry, purchase, `discounts[${index}]`));
  }
  checkDistinct(named);
  const discounts = await redeemNew(context, invoice, named);
  const kept = new Set(discounts.map(({ id }) => id));
  const gone = current.filter(({ id }) => !kept.has(id));
  await deleteDiscounts(
    context,
    gone.map(({ id }) => id),
    context.now,
  );
  return discounts;
}

/**
 * The discounts that a preview wants, as if they had been redeemed: nothing is counted or stored. Of what recurs, coupons
 * that apply once are no part.
 */
export async function previewDiscounts(
  context: Context,
  { invoice, lines }: { readonly invoice: Priced; readonly lines: readonly unknown[] },
  wanted: readonly DiscountParams[] | null | undefined,
  mode: 'next' | 'recurring',
): Promise<readonly InvoiceDiscount[]> {
  const entries = wanted ?? [];
  const purchase = await purchaseOf(context, invoice, lines, entries);
  const named: Named[] = [];
  for (const [index, entry] of entries.entries()) {
    named.push(await resolve(context, [], entry, purchase, `discounts[${index}]`));
  }
  checkDistinct(named);
  return named.flatMap((each) => {
    if ('kept' in each) return [];
    if (mode === 'recurring' && each.redeemable.coupon.duration === 'once') return [];
    return [onInvoice(invoice, each.redeemable, newId('discount'))];
  });
}

type Priced = Pick<Invoice, 'customerId' | 'currency' | 'subtotal'>;

async function purchaseOf(
  context: Context,
  { customerId, currency, subtotal }: Priced,
  lines: readonly unknown[],
  wanted: readonly DiscountParams[],
): Promise<Purchase> {
  const hasCode = wanted.some((entry) => entry.promotion_code !== undefined);
  return {
    customerId,
    currency,
    // A draft without lines costs nothing yet: it can't be below a minimum.
    amount: lines.length === 0 ? null : subtotal,
    hasPaidBefore: hasCode && (await hasPaidBefore(context, customerId)),
  };
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

async function redeemNew(context: Context, invoice: Invoice, named: readonly Named[]): Promise<InvoiceDiscount[]> {
  const made = new Map<Named, Discount>();
  // Rows of coupons are locked in the order of their keys, however a request orders them.
  const inOrder = named.toSorted((a, b) => (couponKeyOf(a) < couponKeyOf(b) ? -1 : 1));
  for (const each of inOrder) {
    if ('kept' in each) continue;
    await countRedemption(context, each.redeemable, each.param);
    made.set(each, newDiscount(context, invoice, each.redeemable));
  }
  await insertDiscounts(context, [...made.values()], context.now);
  return named.map((each) => {
    if (!('kept' in each)) return onInvoice(invoice, each.redeemable, made.get(each)?.id ?? '');
    const kept = invoice.discounts.find(({ id }) => id === each.kept.id);
    if (kept === undefined) throw new Error(`the discount ${each.kept.id} is not on its invoice`);
    return kept;
  });
}

function newDiscount(context: Context, invoice: Invoice, { coupon, promotionCode }: Redeemable): Discount {
  return {
    id: newId('discount'),
    couponKey: coupon.key,
    couponId: coupon.id,
    promotionCodeId: promotionCode?.id ?? null,
    customerId: invoice.customerId,
    invoiceId: invoice.id,
    startAt: context.now,
    endAt: discountEndAt(coupon, context.now),
    deletedAt: null,
  };
}

function onInvoice({ currency }: Pick<Invoice, 'currency'>, { coupon }: Redeemable, id: string): InvoiceDiscount {
  const off = offIn(coupon, currency);
  if (off === undefined) throw new Error(`the coupon ${coupon.id} takes nothing off in ${currency}`);
  return {
    id,
    percentOff: 'percent' in off ? formatDecimal(off.percent) : null,
    amountOff: 'amount' in off ? off.amount : null,
    productIds: coupon.productIds,
    amount: 0n,
  };
}
