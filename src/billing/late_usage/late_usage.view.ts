import { formatDecimal } from '../../money/decimal.ts';
import type { Context } from '../../stripe/context.ts';
import { toUnix } from '../../time/instant.ts';
import type { LateUsage } from './late_usage.ts';
import { lateId } from './list.ts';

/**
 * The wire shape of late usage, an object of ours. `quantity` and `amount` are what no final invoice has billed, without
 * discounts and taxes; they are below zero where less was used than was billed, and null where nobody can tell any more.
 */
export function viewLateUsage({ account }: Pick<Context, 'account'>, late: LateUsage) {
  const { billed, price, meter, usage, billedQuantity, open, status } = late;
  return {
    id: lateId(billed),
    object: 'usance.late_usage',
    amount: usage === null ? null : open.amount,
    bills: billed.bills.map(({ invoiceId, lineId, ...bill }) => ({
      amount: bill.amount,
      invoice: invoiceId,
      invoice_line_item: lineId,
      quantity: formatDecimal(bill.quantity),
      status: bill.status,
    })),
    created: toUnix(billed.createdAt),
    currency: billed.currency,
    customer: billed.customerId,
    invoice: billed.invoiceId,
    livemode: account.livemode,
    meter: meter.id,
    period: { end: toUnix(billed.period.end), start: toUnix(billed.period.start) },
    price: price.id,
    quantity: usage === null ? null : formatDecimal(open.quantity),
    quantity_billed: formatDecimal(billedQuantity),
    quantity_used: usage && formatDecimal(usage),
    status,
    subscription: billed.subscriptionId,
    subscription_item: billed.subscriptionItemId,
  };
}
