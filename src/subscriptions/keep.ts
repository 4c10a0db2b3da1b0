import { recordEvent } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { scheduleWork } from './due.ts';
import { insertItems, removeItems, updateItem } from './item.sql.ts';
import { updateSubscription } from './subscription.sql.ts';
import type { Subscription } from './subscription.ts';
import { viewSubscription } from './subscription.view.ts';

/**
 * Stores what a verb has made of a locked subscription: itself, its items (new, changed, gone) and when what is due with
 * it. Tells nothing.
 */
export async function keepSubscription(context: Context, before: Subscription, after: Subscription): Promise<void> {
  const known = new Map(before.items.map((item) => [item.id, item]));
  const kept = new Set(after.items.map(({ id }) => id));
  await insertItems(
    context,
    after.items.filter(({ id }) => !known.has(id)),
  );
  for (const item of after.items)
    if (known.has(item.id) && known.get(item.id) !== item) await updateItem(context, item);
  await removeItems(
    context,
    before.items.filter(({ id }) => !kept.has(id)).map(({ id }) => id),
  );
  await updateSubscription(context, after);
  await scheduleWork(context, [{ before, after }]);
}

/** Stores a change as `keepSubscription` does, and tells `customer.subscription.updated`. */
export async function keepUpdate(context: Context, before: Subscription, after: Subscription): Promise<Subscription> {
  await keepSubscription(context, before, after);
  await tellUpdate(context, before, after);
  return after;
}

/** Tells `customer.subscription.updated`. */
async function tellUpdate(context: Context, before: Subscription, after: Subscription): Promise<void> {
  const type = 'customer.subscription.updated';
  await recordEvent(context, type, viewSubscription(context, after), viewSubscription(context, before));
}
