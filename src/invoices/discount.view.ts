import type { Expandable } from '../stripe/expand.ts';
import { toUnix } from '../time/instant.ts';
import type { Discount } from './discount.ts';
import { findDiscounts } from './discount.sql.ts';

/** The wire shape of a discount, which has no end any more once it was taken off. */
export function viewDiscount(discount: Discount) {
  return {
    id: discount.id,
    object: 'discount',
    checkout_session: null,
    customer: discount.customerId,
    customer_account: null,
    ...(discount.deletedAt === null ? { end: discount.endAt && toUnix(discount.endAt) } : { deleted: true }),
    invoice: discount.invoiceId,
    invoice_item: discount.invoiceItemId,
    promotion_code: discount.promotionCodeId,
    source: { coupon: discount.couponId, type: 'coupon' },
    start: toUnix(discount.startAt),
    subscription: discount.subscriptionId,
    subscription_item: discount.subscriptionItemId,
  };
}

export const discountExpandable: Expandable = {
  fields: {
    customer: { id: 'customer' },
    promotion_code: { id: 'promotion_code' },
    source: { hash: { coupon: { id: 'coupon' } } },
  },
  async load(context, ids) {
    const found = await findDiscounts(context, ids);
    return new Map(found.map((discount) => [discount.id, viewDiscount(discount)]));
  },
};
