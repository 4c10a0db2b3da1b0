import type { Discount } from '../invoices/discount.ts';
import { asInvoice, type InvoiceDraft } from '../invoices/draft.ts';
import type { Context } from '../stripe/context.ts';
import { inheritAllDiscounts } from '../subscriptions/discounts.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { heldBack } from './pause_collection.ts';
import { type WithPending, withAllPending } from './pending_items.ts';

/** A computed invoice of a subscription as it is to be stored, and the discounts that leave the subscription with it. */
export type Composed = WithPending & { readonly ended: readonly Discount[] };

/** Puts what is pending and what they inherit on drafts of subscriptions, in their order. Nothing is written. */
export async function composeInvoices(
  context: Context,
  drafts: readonly { readonly subscription: Subscription; readonly draft: InvoiceDraft }[],
): Promise<Composed[]> {
  const billed = await withAllPending(
    context,
    drafts.map(({ subscription, draft }) => heldBack(subscription, asInvoice(draft))),
  );
  const inherited = await inheritAllDiscounts(
    context,
    drafts.map(({ subscription }, place) => ({ subscription, whole: (billed[place] as WithPending).whole })),
  );
  return inherited.map((own, place) => ({ itemIds: billed[place]?.itemIds ?? [], ...own }));
}
