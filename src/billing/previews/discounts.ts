import { findCouponsByKey } from '../../catalog/coupon.sql.ts';
import { findDiscounts } from '../../invoices/discount.sql.ts';
import type { Discount, InvoiceDiscount } from '../../invoices/discount.ts';
import type { InvoiceDraft } from '../../invoices/draft.ts';
import type { DiscountParams } from '../../invoices/invoice.params.ts';
import {
  type Foreseen,
  foreseeDiscounts,
  previewDiscounts,
  termsOfDiscounts,
} from '../../invoices/redeem_discounts.ts';
import type { Context } from '../../stripe/context.ts';
import { firstAmountOf, inheritedOf, itemTarget } from '../../subscriptions/discounts.ts';
import type { Subscription } from '../../subscriptions/subscription.ts';
import type { CreatePreviewParams } from './preview.params.ts';
import type { Wanted } from './subscription.ts';

/**
 * The discounts of a subscription's items: those that a preview names, as if they had been redeemed, and of the other items
 * their own. `first` is the invoice that a new subscription starts with.
 */
export async function discountsOfItems(
  context: Context,
  { subscription, discounts }: Wanted,
  first: InvoiceDraft | undefined,
  foreseen: Foreseen,
): Promise<Discount[]> {
  const { items } = subscription;
  const known = await findDiscounts(
    context,
    items.flatMap(({ discountIds }) => discountIds),
  );
  const all: Discount[] = [];
  for (const item of items) {
    const current = known.filter(({ id }) => item.discountIds.includes(id));
    const named = discounts.get(item.id);
    if (named === undefined) {
      all.push(...current);
      continue;
    }
    const target = itemTarget(subscription, item, firstAmountOf(item, first));
    all.push(...(await foreseeDiscounts(context, target, current, named.wanted ?? [], named.at, foreseen)));
  }
  return all;
}

/** What an invoice could inherit from: the items that are billed, and their subscription, each with its discounts. */
type Inheritable = {
  readonly base: { readonly discounts: readonly Discount[] } | undefined;
  readonly own: readonly Discount[];
};

/** Undefined: what is inherited. Null: none. */
type WantedDiscounts = {
  readonly discounts: readonly DiscountParams[] | null | undefined;
  readonly mode: CreatePreviewParams['preview_mode'];
};

/** What a request puts on the preview, or else what it inherits; '' keeps even that away. Those of items are in addition. */
export async function discountsOf(
  context: Context,
  { discounts, mode = 'next' }: WantedDiscounts,
  { base, own }: Inheritable,
  whole: InvoiceDraft,
  foreseen: Foreseen,
): Promise<readonly InvoiceDiscount[]> {
  const all = [...(base?.discounts ?? []), ...own];
  const keys = all.map(({ couponKey }) => couponKey);
  const { discounts: inherited } = inheritedOf(await findCouponsByKey(context, keys), all, whole, mode);
  const ofItems = inherited.filter(({ subscriptionItemId }) => subscriptionItemId !== null);
  const ofInvoice = inherited.filter((discount) => !ofItems.includes(discount));
  const wanted = discounts === undefined ? ofInvoice.map(({ id }) => ({ discount: id })) : (discounts ?? []);
  return [
    ...whole.invoice.discounts,
    ...(await termsOfDiscounts(context, ofItems, whole.invoice.currency)),
    ...(await previewDiscounts(context, whole, ofInvoice, wanted, mode, foreseen)),
  ];
}

/**
 * The discounts of a subscription: its own, or those that a phase which begins gives it in their place, as if they had been
 * redeemed. `amount` is what its first invoice costs.
 */
export async function discountsOfSubscription(
  context: Context,
  subscription: Pick<Subscription, 'discountIds' | 'id'> | undefined,
  ofPhase: readonly DiscountParams[] | null | undefined,
  { invoice }: InvoiceDraft,
  foreseen: Foreseen,
): Promise<Discount[]> {
  const current = await findDiscounts(context, subscription?.discountIds ?? []);
  if (ofPhase === undefined) return current;
  const { customerId, currency, subtotal } = invoice;
  const target = { customerId, currency, amount: subscription === undefined ? subtotal : null };
  const none = { invoiceId: null, subscriptionItemId: null, invoiceItemId: null };
  const on = { ...target, ...none, subscriptionId: subscription?.id ?? null };
  return await foreseeDiscounts(context, on, current, ofPhase ?? [], 'discounts', foreseen);
}
