import type Stripe from 'stripe';
import type { Params } from '../api/form.ts';
import { type DraftItem, isMetered } from './draft.ts';

/** An item that is there, or one to be added. */
export type ChangedItem = DraftItem & { readonly id: string | null };

export type Proration = 'create_prorations' | 'always_invoice' | 'none';

export function itemsOf({ items }: Stripe.Subscription): readonly ChangedItem[] {
  return items.data.map(({ id, price, quantity }, key) => ({ key, id, price, quantity: quantity ?? 1 }));
}

/** The parameters `items` that make of a subscription what was put together; undefined where nothing is different. */
export function changesOf(before: Stripe.Subscription, after: readonly DraftItem[]): readonly Params[] | undefined {
  const known = itemsOf(before);
  const changes = [
    ...known.flatMap((item) => changeOf(item, after)),
    ...after.flatMap((item) => additionOf(item, known)),
  ];
  return changes.length === 0 ? undefined : changes;
}

function changeOf(was: ChangedItem, after: readonly DraftItem[]): readonly Params[] {
  const item = after.find(({ key }) => key === was.key);
  if (item === undefined || item.price === null) return [{ id: was.id, deleted: true }];
  const isOther = item.price.id !== was.price?.id;
  const isMore = !isMetered(item.price) && (item.quantity !== was.quantity || isMetered(was.price));
  if (!isOther && !isMore) return [];
  return [
    {
      id: was.id,
      price: isOther ? item.price.id : undefined,
      quantity: isMetered(item.price) ? undefined : item.quantity,
    },
  ];
}

function additionOf({ key, price, quantity }: DraftItem, known: readonly ChangedItem[]): readonly Params[] {
  if (price === null || known.some((item) => item.key === key)) return [];
  return [isMetered(price) ? { price: price.id } : { price: price.id, quantity }];
}
