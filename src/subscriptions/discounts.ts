import { findCouponsByKey } from '../catalog/coupon.sql.ts';
import { recordEvent } from '../events/record.ts';
import { withLines } from '../invoices/change_draft.ts';
import { deleteDiscounts, findDiscounts } from '../invoices/discount.sql.ts';
import type { Discount } from '../invoices/discount.ts';
import { viewDiscount } from '../invoices/discount.view.ts';
import type { DiscountParams } from '../invoices/invoice.params.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { redeemDiscounts, termsOfDiscounts } from '../invoices/redeem_discounts.ts';
import type { Context } from '../stripe/context.ts';
import type { Subscription } from './subscription.ts';

/**
 * The subscription with the discounts that a request wants on it, in its order; undefined leaves them as they are. Each
 * new one is redeemed and counted once, and tells `customer.discount.created`; what is not named any more is taken off
 * and tells `customer.discount.deleted`. `amount` is what its next invoice costs, null if unknown. The subscription itself
 * is stored by who asks.
 */
export async function changeDiscounts(
  context: Context,
  subscription: Subscription,
  wanted: readonly DiscountParams[] | null | undefined,
  amount: bigint | null,
): Promise<Subscription> {
  if (wanted === undefined) return subscription;
  const { id: subscriptionId, customerId, currency } = subscription;
  const current = await findDiscounts(context, subscription.discountIds);
  const target = { customerId, currency, amount, invoiceId: null, subscriptionId };
  const { discounts, made, gone } = await redeemDiscounts(context, target, current, wanted ?? []);
  for (const discount of made) await recordEvent(context, 'customer.discount.created', viewDiscount(discount));
  await dropDiscounts(context, gone);
  return { ...subscription, discountIds: discounts.map(({ id }) => id) };
}

/** Ends discounts and tells `customer.discount.deleted` of each. */
export async function dropDiscounts(context: Context, discounts: readonly Discount[]): Promise<void> {
  await deleteDiscounts(
    context,
    discounts.map(({ id }) => id),
    context.now,
  );
  for (const discount of discounts) await recordEvent(context, 'customer.discount.deleted', viewDiscount(discount));
}

/** Which of a subscription's discounts an invoice has, and which leave the subscription by that. */
export type Inherited = { readonly discounts: readonly Discount[]; readonly ended: readonly Discount[] };

/**
 * What an invoice inherits from its subscription when it is made. A discount that has ended by then is no part of it. One
 * that applies once waits for an invoice that charges something, and leaves the subscription with it.
 */
export async function inheritedBy(
  context: Context,
  { discountIds }: Pick<Subscription, 'discountIds'>,
  { subtotal, createdAt }: Pick<WholeInvoice['invoice'], 'subtotal' | 'createdAt'>,
): Promise<Inherited> {
  const all = await findDiscounts(context, discountIds);
  const coupons = await findCouponsByKey(
    context,
    all.map(({ couponKey }) => couponKey),
  );
  const once = new Set(coupons.filter(({ duration }) => duration === 'once').map(({ key }) => key));
  const hasEnded = ({ endAt }: Discount) => endAt !== null && Temporal.Instant.compare(endAt, createdAt) <= 0;
  const discounts = all.filter((each) => !hasEnded(each) && (subtotal > 0n || !once.has(each.couponKey)));
  return { discounts, ended: all.filter((each) => hasEnded(each) || (subtotal > 0n && once.has(each.couponKey))) };
}

/** An invoice of a subscription with what it inherits, and the discounts that this ends. Nothing is written. */
export async function inheritDiscounts(
  context: Context,
  subscription: Subscription,
  whole: WholeInvoice,
): Promise<{ readonly whole: WholeInvoice; readonly ended: readonly Discount[] }> {
  if (subscription.discountIds.length === 0) return { whole, ended: [] };
  const inherited = await inheritedBy(context, subscription, whole.invoice);
  const discounts = await termsOfDiscounts(context, inherited.discounts, whole.invoice.currency);
  return {
    whole: withLines({ ...whole, invoice: { ...whole.invoice, discounts } }, whole.lines),
    ended: inherited.ended,
  };
}

/** The subscription without discounts that have ended. */
export function withoutDiscounts(subscription: Subscription, ended: readonly Discount[]): Subscription {
  const gone = new Set(ended.map(({ id }) => id));
  return { ...subscription, discountIds: subscription.discountIds.filter((id) => !gone.has(id)) };
}
