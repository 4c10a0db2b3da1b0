import type { Context } from '../stripe/context.ts';
import { deleteDiscounts, findDiscounts } from './discount.sql.ts';
import type { DiscountParams } from './invoice.params.ts';
import type { WholeInvoice } from './invoice.ts';
import type { InvoiceItem } from './invoice_item.ts';
import { type Foreseen, foreseeDiscounts, redeemDiscounts, termsOfDiscounts } from './redeem_discounts.ts';

/**
 * An invoice item with the discounts that a request wants on it, in its order; undefined leaves them as they are. Each
 * new one is redeemed and counted once, by what the item costs; what is not named any more ends. The item itself is stored
 * by who asks. `at` is where the request names them.
 */
export async function changeItemDiscounts(
  context: Context,
  item: InvoiceItem,
  wanted: readonly DiscountParams[] | null | undefined,
  at = 'discounts',
): Promise<InvoiceItem> {
  if (wanted === undefined) return item;
  const { target, current } = await targetOf(context, item);
  const { discounts, gone } = await redeemDiscounts(context, target, current, wanted ?? [], at);
  await deleteDiscounts(
    context,
    gone.map((discount) => discount.id),
    context.now,
  );
  return { ...item, discounts: await termsOfDiscounts(context, discounts, item.currency) };
}

/** The same as it would be: nothing is redeemed, counted or ended. */
export async function foreseeItemDiscounts(
  context: Context,
  item: InvoiceItem,
  wanted: readonly DiscountParams[] | null | undefined,
  at: string,
  foreseen: Foreseen,
): Promise<InvoiceItem> {
  if (wanted === undefined) return item;
  const { target, current } = await targetOf(context, item);
  const discounts = await foreseeDiscounts(context, target, current, wanted ?? [], at, foreseen);
  return { ...item, discounts: await termsOfDiscounts(context, discounts, item.currency) };
}

async function targetOf(context: Context, { id, customerId, currency, amount, discounts }: InvoiceItem) {
  const none = { invoiceId: null, subscriptionId: null, subscriptionItemId: null };
  const current = await findDiscounts(
    context,
    discounts.map((discount) => discount.id),
  );
  return { target: { customerId, currency, amount, ...none, invoiceItemId: id }, current };
}

/** Ends the discounts of items that are taken away. */
export async function endItemDiscounts(context: Context, items: readonly InvoiceItem[]): Promise<void> {
  const ids = items.flatMap(({ discounts }) => discounts.map(({ id }) => id));
  await deleteDiscounts(context, ids, context.now);
}

/** An invoice with the discounts that these items have now; its lines and totals are yet to follow. */
export function withItems<W extends { readonly invoice: Pick<WholeInvoice['invoice'], 'discounts'> }>(
  whole: W,
  items: readonly Pick<InvoiceItem, 'id' | 'discounts'>[],
): W {
  const ids = new Set(items.map(({ id }) => id));
  const others = whole.invoice.discounts.filter(({ itemId }) => itemId === null || !ids.has(itemId));
  const discounts = [...items.flatMap((item) => item.discounts), ...others];
  return { ...whole, invoice: { ...whole.invoice, discounts } };
}

/** The same without what was on items that leave it. */
export function withoutItems(whole: WholeInvoice, items: readonly Pick<InvoiceItem, 'id'>[]): WholeInvoice {
  return withItems(
    whole,
    items.map(({ id }) => ({ id, discounts: [] })),
  );
}
