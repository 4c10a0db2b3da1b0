import { findProducts } from '../../catalog/product.sql.ts';
import type { InvoiceItem } from '../../invoices/invoice_item.ts';
import { ZERO } from '../../money/decimal.ts';
import type { Context } from '../../stripe/context.ts';
import {
  isMetered,
  type PendingUpdate,
  type Subscription,
  type SubscriptionItem,
} from '../../subscriptions/subscription.ts';
import { planChange, restPeriod } from '../change_plan.ts';
import { goesOnCounting } from '../counting.ts';
import { usageOf } from '../usage.ts';

/**
 * What a pending update that is made now leaves to be billed, as pending items: on a flexible subscription what was used while
 * it waited of meters, or of values of their dimensions, that nobody counts any more. What was used up to the second in
 * which it was asked for is on its invoice, and what somebody goes on counting is billed at the new price. What was used
 * while it waited is rated by itself, tiers begin anew; where that is nothing, nothing is billed, nor a flat fee.
 */
export async function restsOfUpdate(
  context: Context,
  subscription: Subscription,
  update: PendingUpdate,
): Promise<readonly InvoiceItem[]> {
  const left = subscription.items.filter((item) => isMetered(item.price) && !goesOn(item, update));
  if (subscription.billingMode === 'classic' || left.length === 0) return [];
  const { now } = context;
  const usageStartAt = update.madeAt.add({ seconds: 1 });
  const items = left.map((item) => ({ ...item, usageStartAt, billedUsage: ZERO }));
  const moved = { before: { ...subscription, items }, after: { ...subscription, items: [] }, isReset: false, now };
  const usage = await usageOf(
    context,
    items.flatMap((item) => {
      const period = restPeriod(moved, item);
      return period === null ? [] : [{ customerId: subscription.customerId, item, period }];
    }),
  );
  const used = items.filter(({ id }) => usage.get(id)?.eq(ZERO) === false);
  const products = await findProducts(context, [...new Set(used.map(({ price }) => price.productId))]);
  const plan = planChange({
    ...moved,
    before: { ...subscription, items: used },
    at: now,
    behavior: 'create_prorations',
    debits: [],
    taxRates: new Map(),
    usage,
    amounts: { before: new Map(), after: new Map() },
    products: new Map(products.map((product) => [product.id, product])),
  });
  return plan.items;
}

function goesOn({ id, price }: SubscriptionItem, { items, madeAt }: PendingUpdate): boolean {
  return items.some((item) => (item.id === id && item.price.id === price.id) || goesOnCounting(item, price, madeAt));
}
