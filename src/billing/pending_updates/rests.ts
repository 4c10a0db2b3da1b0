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
import { planChange } from '../change_plan.ts';
import { usageOf } from '../usage.ts';

/**
 * What a pending update that is made now leaves to be billed, as pending items: on a flexible subscription the usage of meters
 * that it has left, from when it was asked for until now. What was used before is on its invoice, and what goes on with
 * the same meter counts for the new price. It is rated by itself: tiers begin anew.
 */
export async function restsOfUpdate(
  context: Context,
  subscription: Subscription,
  update: PendingUpdate,
): Promise<readonly InvoiceItem[]> {
  const left = subscription.items.filter((item) => isMetered(item.price) && !goesOn(item, update));
  if (subscription.billingMode === 'classic' || left.length === 0) return [];
  const { now } = context;
  const { customerId } = subscription;
  const items = left.map((item) => ({ ...item, usageStartAt: update.madeAt, billedUsage: ZERO }));
  const period = { start: update.madeAt, end: now };
  const usage = await usageOf(
    context,
    items.map((item) => ({ customerId, item, period })),
  );
  const products = await findProducts(context, [...new Set(left.map(({ price }) => price.productId))]);
  const plan = planChange({
    before: { ...subscription, items },
    after: { ...subscription, items: [] },
    isReset: false,
    now,
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

function goesOn({ id, price }: SubscriptionItem, { items }: PendingUpdate): boolean {
  const meterId = price.recurring?.meterId;
  return items.some((item) => item.id === id && item.price.recurring?.meterId === meterId);
}
