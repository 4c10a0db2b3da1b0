import { viewTaxRate } from '../catalog/tax_rate.view.ts';
import { floorDivide, formatDecimal } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import { toUnix } from '../time/instant.ts';
import type { CreditedItems } from './invoice.ts';
import { viewPricing } from './invoice.view.ts';
import { type InvoiceItem, lineOf } from './invoice_item.ts';
import { findItems } from './invoice_item.sql.ts';
import { discountLines } from './totals.ts';

/** The wire shape of an invoice item. `quantity` tells whole units, `quantity_decimal` all of it. */
export function viewItem(context: Context, item: InvoiceItem) {
  return {
    id: item.id,
    object: 'invoiceitem',
    amount: item.amount,
    currency: item.currency,
    customer: item.customerId,
    customer_account: null,
    date: toUnix(item.createdAt),
    description: item.description,
    discountable: item.discountable,
    discounts: item.discounts.map(({ id }) => id),
    invoice: item.invoiceId,
    livemode: context.account.livemode,
    metadata: item.metadata,
    net_amount: netOf(item),
    parent:
      item.subscriptionId === null
        ? null
        : { subscription_details: viewSubscription(item), type: 'subscription_details' },
    period: { end: toUnix(item.period.end), start: toUnix(item.period.start) },
    pricing: viewPricing(item),
    proration: item.proration,
    ...(item.proration ? { proration_details: viewCredit(item.creditedItems) } : {}),
    quantity: floorDivide(item.quantity, 1n),
    quantity_decimal: formatDecimal(item.quantity),
    tax_rates: item.taxRates.map((rate) => viewTaxRate(context, rate)),
    test_clock: null,
  };
}

function viewSubscription({ subscriptionId, subscriptionItemId }: InvoiceItem) {
  if (subscriptionItemId === null) return { subscription: subscriptionId };
  return { subscription: subscriptionId, subscription_item: subscriptionItemId };
}

/** What a proration gives back. */
function viewCredit(credited: CreditedItems | null) {
  return { credited_items: credited && viewCredited(credited), discount_amounts: [] };
}

function viewCredited(credited: CreditedItems) {
  if ('invoiceItem' in credited) return { invoice_item: credited.invoiceItem, type: 'invoice_item' };
  const { invoice, lineIds } = credited;
  return { invoice_line_item_details: { invoice, invoice_line_items: lineIds }, type: 'invoice_line_items' };
}

/** What the item's own discounts leave of its amount. */
function netOf(item: InvoiceItem): bigint {
  const taken = discountLines([lineOf(item, item.id)], item.discounts).flatMap(({ discounts }) => discounts);
  return taken.reduce((rest, { amount }) => rest - amount, item.amount);
}

/** What remains of a deleted item. */
export function viewDeletedItem(id: string) {
  return { id, object: 'invoiceitem', deleted: true };
}

export const invoiceItemExpandable: Expandable = {
  fields: {
    customer: { id: 'customer' },
    discounts: { id: 'discount' },
    invoice: { id: 'invoice' },
    pricing: { hash: { price_details: { hash: { price: { id: 'price' } } } } },
    test_clock: NOTHING,
  },
  async load(context, ids) {
    const items = await findItems(context, ids);
    return new Map(items.map((item) => [item.id, viewItem(context, item)]));
  },
};
