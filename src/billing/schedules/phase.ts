import assert from 'node:assert/strict';
import { findPrice } from '../../catalog/price.sql.ts';
import { findProduct } from '../../catalog/product.sql.ts';
import { requireRedeemable } from '../../catalog/redemption.ts';
import { findTaxRates } from '../../catalog/tax_rate.sql.ts';
import type { TaxRate } from '../../catalog/tax_rate.ts';
import { recordEvents } from '../../events/record.ts';
import { findDiscounts, hasPaidBefore } from '../../invoices/discount.sql.ts';
import type { DiscountParams } from '../../invoices/invoice.params.ts';
import type { InvoiceItem } from '../../invoices/invoice_item.ts';
import { changeItemDiscounts } from '../../invoices/item_discounts.ts';
import { insertItems } from '../../invoices/invoice_item.sql.ts';
import { viewItem } from '../../invoices/invoice_item.view.ts';
import { applyChange, newItem } from '../../invoices/write_item.ts';
import { findPaymentMethod } from '../../payments/payment_method.sql.ts';
import type { Context } from '../../stripe/context.ts';
import { StripeError } from '../../stripe/errors.ts';
import type { Metadata } from '../../stripe/metadata.ts';
import type { MetadataChange } from '../../stripe/params.types.ts';
import { withEnding } from '../../subscriptions/ending.ts';
import {
  type AddedItem,
  addedPeriod,
  endOf,
  type Phase,
  type PhaseDiscount,
  type Schedule,
} from '../../subscriptions/schedule.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import type { Period } from '../../time/period.ts';

/** The metadata of a phase as a change: an empty value takes its key away. */
export function metadataChange(metadata: Metadata): MetadataChange {
  return new Map(Object.entries(metadata).map(([key, value]) => [key, value === '' ? null : value]));
}

/** Whose discounts they would be, in which currency, and off which amount, where that is known. */
type Target = Pick<Subscription, 'customerId' | 'currency'> & { readonly amount?: bigint | null };

/**
 * The discounts of a phase that begins, in the words of a request, without those that nobody can redeem any more: what was
 * planned goes on without them. Those that are there already (`current`) are kept, whatever became of their coupon.
 */
export async function redeemable(
  context: Context,
  target: Target,
  wanted: readonly PhaseDiscount[],
  current: readonly string[] = [],
): Promise<DiscountParams[]> {
  const there = await findDiscounts(context, current);
  const params: DiscountParams[] = [];
  for (const each of wanted) {
    if ('discount' in each) {
      if (there.some(({ id }) => id === each.discount)) params.push({ discount: each.discount });
      continue;
    }
    const asked = 'coupon' in each ? each.coupon : each.promotionCode;
    const isThere = there.some(({ couponId, promotionCodeId }) => (promotionCodeId ?? couponId) === asked);
    if (!isThere && !(await canBeRedeemed(context, target, each))) continue;
    params.push('coupon' in each ? { coupon: each.coupon } : { promotion_code: each.promotionCode });
  }
  return params;
}

async function canBeRedeemed(
  context: Context,
  { customerId, currency, amount }: Target,
  wanted: Exclude<PhaseDiscount, { discount: string }>,
): Promise<boolean> {
  const asked =
    'coupon' in wanted
      ? ({ kind: 'coupon', id: wanted.coupon } as const)
      : ({ kind: 'promotion_code', id: wanted.promotionCode } as const);
  const paid = asked.kind === 'promotion_code' && (await hasPaidBefore(context, customerId));
  try {
    const purchase = { customerId, currency, amount: amount ?? null, hasPaidBefore: paid };
    await requireRedeemable(context, asked, purchase, 'discounts');
    return true;
  } catch (error) {
    if (error instanceof StripeError) return false;
    throw error;
  }
}

/**
 * Stores what a phase charges once, for the next invoice of its subscription, and tells `invoiceitem.created`. `current` is
 * the period that all its items have in common by then.
 */
export async function addPhaseItems(
  context: Context,
  subscription: Billed,
  phase: Phase,
  current: Period,
): Promise<void> {
  const items = await addedItems(context, subscription, phase, current);
  await insertItems(context, items);
  await recordEvents(
    context,
    items.map((item) => ({ type: 'invoiceitem.created', object: viewItem(context, item) })),
  );
}

/**
 * What a phase charges once is pending from its beginning on; discounts are redeemed by that. Prices and rates were judged
 * when the phase was planned, and may have been archived since.
 */
export async function addedItems(
  context: Context,
  subscription: Billed,
  phase: Phase,
  current: Period,
): Promise<InvoiceItem[]> {
  const items: InvoiceItem[] = [];
  for (const added of phase.addedItems) {
    const item = await plannedItem(context, subscription, added, addedPeriod(added.period, phase, current));
    items.push(await changeItemDiscounts(context, item, await redeemable(context, item, added.discounts)));
  }
  return items;
}

/** Whom something is charged to; `id` is null where the subscription is not made. */
export type Billed = Pick<Subscription, 'customerId' | 'currency'> & { readonly id: string | null };

/** The same of one, without its discounts; nothing is written. */
export async function plannedItem(
  context: Context,
  { id, customerId, currency }: Billed,
  { priceId, quantity, discountable, taxRateIds, metadata }: AddedItem,
  period: Period,
): Promise<InvoiceItem> {
  const price = await findPrice(context, priceId);
  const product = price && (await findProduct(context, price.productId));
  assert(price !== undefined && product !== undefined, `the price ${priceId} does not exist`);
  const blank = await newItem(
    context,
    {
      amount: 0n,
      ...(id === null ? {} : { subscription: id }),
      description: product.name,
      metadata: metadataChange(metadata),
      period,
      ...(discountable === null ? {} : { discountable }),
    },
    { customerId, currency, invoiceId: null },
  );
  const taxRates = await findRates(context, taxRateIds);
  return await applyChange(context, { ...blank, priceId, productId: product.id, taxRates }, { quantity });
}

/** Tax rates in their order, archived or not. */
export async function findRates(context: Context, ids: readonly string[]): Promise<TaxRate[]> {
  const rates = new Map((await findTaxRates(context, ids)).map((rate) => [rate.id, rate]));
  return ids.flatMap((id) => rates.get(id) ?? []);
}

/** A method that is attached to the customer still; else null. */
export async function attachedMethod(
  context: Context,
  customerId: string,
  methodId: string | null,
): Promise<string | null> {
  if (methodId === null) return null;
  const method = await findPaymentMethod(context, methodId);
  return method?.customerId === customerId ? methodId : null;
}

/** A subscription that ends with its schedule, where that is to cancel it, and does not where the schedule lets it go. */
export function endingOf(schedule: Schedule, subscription: Subscription, now: Temporal.Instant): Subscription {
  const cancelAt = schedule.endBehavior === 'cancel' ? endOf(schedule) : null;
  const isKept = cancelAt === null ? subscription.cancelAt === null : subscription.cancelAt?.equals(cancelAt) === true;
  return isKept ? subscription : withEnding(subscription, { cancel_at: cancelAt }, now);
}
