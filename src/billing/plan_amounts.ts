import type { InvoiceDiscount } from '../invoices/discount.ts';
import type { ProratedOf } from '../invoices/invoice.ts';
import { discountLines } from '../invoices/totals.ts';
import { rateCharge } from '../invoices/draft.ts';
import { decimal } from '../money/decimal.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { chargeFor, type Facts, newestFirst } from './charges.ts';

/** What discounts leave of the price of an item for a whole period, and what they take, in minor units. */
export type PeriodAmount = Pick<ProratedOf, 'amount' | 'discount'>;

export const NOTHING: PeriodAmount = { amount: 0n, discount: 0n };

/**
 * What each licensed item of a subscription costs for a whole period, less the discounts that it has for longer than once,
 * by item id, in minor units. An amount that is off all of it is spread over the items: in proportion to what they cost on
 * flexible subscriptions, evenly on classic ones.
 */
export function periodAmounts(
  subscription: Subscription,
  products: Facts['products'],
  discounts: readonly InvoiceDiscount[],
): Map<string, PeriodAmount> {
  const terms = {
    currency: subscription.currency,
    subscriptionId: subscription.id,
    subscriptionMetadata: subscription.metadata,
  };
  // In the order of an invoice's lines, which says who bears what can't be divided.
  const lines = newestFirst(subscription.items).flatMap((item) => {
    if (item.quantity === null) return [];
    const owed = { quantity: decimal(item.quantity), period: item.currentPeriod, announcesOnly: false };
    return rateCharge(terms, chargeFor(item, products, owed));
  });
  const spread = subscription.billingMode === 'classic' ? evenly(discounts, lines) : discounts;
  const amounts = new Map<string, PeriodAmount>();
  for (const { subscriptionItemId, amount, discounts: taken } of discountLines(lines, spread)) {
    const id = subscriptionItemId ?? '';
    const off = taken.reduce((sum, discount) => sum + discount.amount, 0n);
    const before = amounts.get(id) ?? NOTHING;
    amounts.set(id, { amount: before.amount + amount - off, discount: before.discount + off });
  }
  return amounts;
}

type Owned = { readonly subscriptionItemId: string | null; readonly productId: string | null };

/**
 * Those of single items, then all others as one off each item, so that these keep their order: an amount in even parts, of
 * which the last has what can't be divided.
 */
function evenly(discounts: readonly InvoiceDiscount[], lines: readonly Owned[]): InvoiceDiscount[] {
  const ofItems = discounts.filter(({ itemId }) => itemId !== null);
  const ofAll = discounts.filter(({ itemId }) => itemId === null);
  return [...ofItems, ...ofAll.flatMap((each) => offEachItem(each, lines))];
}

function offEachItem(discount: InvoiceDiscount, lines: readonly Owned[]): InvoiceDiscount[] {
  const { amountOff, productIds } = discount;
  const concerned = lines.filter(({ productId }) => productIds === null || productIds.includes(productId ?? ''));
  const ids = [...new Set(concerned.map((line) => line.subscriptionItemId))];
  const count = BigInt(ids.length);
  if (amountOff === null || count === 0n) return ids.map((itemId) => ({ ...discount, itemId }));
  const part = amountOff / count;
  return ids.map((itemId, place) => ({
    ...discount,
    itemId,
    amountOff: place === ids.length - 1 ? amountOff - part * (count - 1n) : part,
  }));
}
