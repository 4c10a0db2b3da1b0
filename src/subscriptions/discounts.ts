import { findCouponsByKey } from '../catalog/coupon.sql.ts';
import type { Coupon } from '../catalog/coupon.ts';
import { recordEvent, recordEvents, type Told } from '../events/record.ts';
import { withLines } from '../invoices/change_draft.ts';
import { deleteDiscounts, findDiscounts } from '../invoices/discount.sql.ts';
import type { Discount } from '../invoices/discount.ts';
import { viewDiscount } from '../invoices/discount.view.ts';
import type { DiscountParams } from '../invoices/invoice.params.ts';
import type { InvoiceLine, WholeInvoice } from '../invoices/invoice.ts';
import { type DiscountTarget, type Redeemed, redeemDiscounts, termsBy } from '../invoices/redeem_discounts.ts';
import type { Context } from '../stripe/context.ts';
import type { PricedSubscriptionParams } from './subscription.params.ts';
import type { Subscription, SubscriptionItem } from './subscription.ts';

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
  const target = {
    customerId,
    currency,
    amount,
    invoiceId: null,
    subscriptionId,
    subscriptionItemId: null,
    invoiceItemId: null,
  };
  const redeemed = await redeemDiscounts(context, target, current, wanted ?? []);
  return { ...subscription, discountIds: await tellRedeemed(context, redeemed) };
}

/** The same for an item of a subscription. `at` is where the request names them. */
export async function changeItemDiscounts(
  context: Context,
  subscription: Subscription,
  item: SubscriptionItem,
  wanted: readonly DiscountParams[] | null | undefined,
  amount: bigint | null,
  at: string,
): Promise<SubscriptionItem> {
  if (wanted === undefined) return item;
  const current = await findDiscounts(context, item.discountIds);
  const target = itemTarget(subscription, item, amount);
  const redeemed = await redeemDiscounts(context, target, current, wanted ?? [], at);
  return { ...item, discountIds: await tellRedeemed(context, redeemed) };
}

/** What discounts of an item are put on; `amount` is what it costs on the next invoice, null if unknown. */
export function itemTarget(
  { customerId, currency }: Subscription,
  { id }: SubscriptionItem,
  amount: bigint | null,
): DiscountTarget {
  const none = { invoiceId: null, subscriptionId: null, invoiceItemId: null };
  return { customerId, currency, amount, ...none, subscriptionItemId: id };
}

async function tellRedeemed(context: Context, { discounts, made, gone }: Redeemed): Promise<string[]> {
  for (const discount of made) await recordEvent(context, 'customer.discount.created', viewDiscount(discount));
  await dropDiscounts(context, gone);
  return discounts.map(({ id }) => id);
}

/** A new subscription with the discounts that a request wants on it and its items, by what its first invoice would be. */
export async function startDiscounts(
  context: Context,
  subscription: Subscription,
  params: Pick<PricedSubscriptionParams, 'discounts' | 'items'>,
  first: WholeInvoice | undefined,
): Promise<Subscription> {
  const started = await changeDiscounts(context, subscription, params.discounts, first?.invoice.subtotal ?? null);
  const items: SubscriptionItem[] = [];
  for (const [index, item] of started.items.entries()) {
    const amount = firstAmountOf(item, first);
    const at = `items[${index}][discounts]`;
    items.push(await changeItemDiscounts(context, started, item, params.items[index]?.discounts, amount, at));
  }
  return { ...started, items };
}

/** What an item costs on the first invoice; null where it is no part of it. */
export function firstAmountOf({ id }: SubscriptionItem, first: Pick<Draft, 'lines'> | undefined): bigint | null {
  const lines = first?.lines.filter((line) => line.subscriptionItemId === id) ?? [];
  return lines.length === 0 ? null : sumOf(lines);
}

function sumOf(lines: readonly Pick<InvoiceLine, 'amount'>[]): bigint {
  return lines.reduce((sum, { amount }) => sum + amount, 0n);
}

function discountableOf(lines: readonly Pick<InvoiceLine, 'amount' | 'discountable'>[]): bigint {
  return sumOf(lines.filter(({ discountable }) => discountable));
}

/** Ends discounts and tells `customer.discount.deleted` of each. */
export async function dropDiscounts(context: Context, discounts: readonly Discount[]): Promise<void> {
  await markDropped(context, discounts);
  await recordEvents(context, toldOfDropped(discounts));
}

/** Ends discounts; what this tells is for the caller to record. */
export async function markDropped(context: Context, discounts: readonly Discount[]): Promise<void> {
  const ids = discounts.map(({ id }) => id);
  await deleteDiscounts(context, ids, context.now);
}

export function toldOfDropped(discounts: readonly Discount[]): Told[] {
  return discounts.map((discount) => ({ type: 'customer.discount.deleted', object: viewDiscount(discount) }));
}

/** Which of a subscription's discounts an invoice has, and which leave the subscription by that. */
export type Inherited = { readonly discounts: readonly Discount[]; readonly ended: readonly Discount[] };

type Draft = {
  readonly invoice: Pick<WholeInvoice['invoice'], 'createdAt'>;
  readonly lines: readonly Pick<InvoiceLine, 'subscriptionItemId' | 'amount' | 'discountable'>[];
};

/**
 * What an invoice inherits from its subscription and the items on it when it is made, of all these discounts, and which leave
 * the subscription by that. A discount that has ended by then is no part of it. One that applies once waits for an
 * invoice that charges something that it can be taken off, and leaves the subscription with it; of what recurs it is no part.
 * `coupons` are those of the discounts.
 */
export function inheritedOf(
  coupons: readonly Pick<Coupon, 'key' | 'duration'>[],
  all: readonly Discount[],
  { invoice, lines }: Draft,
  mode: 'next' | 'recurring',
): Inherited {
  const once = new Set(coupons.filter(({ duration }) => duration === 'once').map(({ key }) => key));
  const hasEnded = ({ endAt }: Discount) => endAt !== null && Temporal.Instant.compare(endAt, invoice.createdAt) <= 0;
  const linesOf = ({ subscriptionItemId: id }: Discount) => lines.filter((line) => line.subscriptionItemId === id);
  const isUsedUp = (each: Discount) =>
    once.has(each.couponKey) && discountableOf(each.subscriptionItemId === null ? lines : linesOf(each)) > 0n;
  const isOn = (each: Discount) => each.subscriptionItemId === null || linesOf(each).length > 0;
  const applies = (each: Discount) => !once.has(each.couponKey) || (mode === 'next' && isUsedUp(each));
  return {
    discounts: all.filter((each) => !hasEnded(each) && isOn(each) && applies(each)),
    ended: all.filter((each) => hasEnded(each) || isUsedUp(each)),
  };
}

/** An invoice of a subscription with what it inherits, and the discounts that this ends. */
type WithInherited = { readonly whole: WholeInvoice; readonly ended: readonly Discount[] };

/** Puts what it inherits on an invoice of a subscription. Nothing is written. */
export async function inheritDiscounts(
  context: Context,
  subscription: Subscription,
  whole: WholeInvoice,
): Promise<WithInherited> {
  const [inherited] = await inheritAllDiscounts(context, [{ subscription, whole }]);
  return inherited ?? { whole, ended: [] };
}

/** The same for any number of subscriptions, in their order; discounts and coupons are looked up together. */
export async function inheritAllDiscounts(
  context: Context,
  all: readonly { readonly subscription: Subscription; readonly whole: WholeInvoice }[],
): Promise<WithInherited[]> {
  const ids = all.flatMap(({ subscription }) => allDiscountIds(subscription));
  const discounts = new Map((await findDiscounts(context, ids)).map((discount) => [discount.id, discount]));
  const keys = new Set([...discounts.values()].map(({ couponKey }) => couponKey));
  const coupons = await findCouponsByKey(context, [...keys]);
  return all.map(({ subscription, whole }) => {
    const own = allDiscountIds(subscription).flatMap((id) => discounts.get(id) ?? []);
    if (own.length === 0) return { whole, ended: [] };
    const { discounts: inherited, ended } = inheritedOf(coupons, own, whole, 'next');
    // Those of invoice items are on it already.
    const terms = [...whole.invoice.discounts, ...termsBy(coupons, inherited, whole.invoice.currency)];
    return { whole: withLines({ ...whole, invoice: { ...whole.invoice, discounts: terms } }, whole.lines), ended };
  });
}

/** In the order in which they apply: those of items first. */
export function allDiscountIds({ discountIds, items }: Subscription): string[] {
  return [...items.flatMap((item) => item.discountIds), ...discountIds];
}

/** The subscription without discounts that have ended; items that keep theirs are the very same. */
export function withoutDiscounts(subscription: Subscription, ended: readonly Discount[]): Subscription {
  const gone = new Set(ended.map(({ id }) => id));
  const left = (ids: readonly string[]) => ids.filter((id) => !gone.has(id));
  const items = subscription.items.map((item) =>
    item.discountIds.some((id) => gone.has(id)) ? { ...item, discountIds: left(item.discountIds) } : item,
  );
  return { ...subscription, discountIds: left(subscription.discountIds), items };
}
