import { recordEvents, type Told } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { scheduleWork } from './due.ts';
import { insertItems, removeItems, updateItems } from './item.sql.ts';
import { followSubscriptions } from './schedule_follow.ts';
import { updateSubscriptions } from './subscription.sql.ts';
import type { Subscription } from './subscription.ts';
import { viewSubscription } from './subscription.view.ts';

/** A locked subscription as it is stored, and as it is to be. */
type Change = { readonly before: Subscription; readonly after: Subscription };

/**
 * Stores what a verb has made of locked subscriptions: themselves, their items (new, changed, gone; one that is the very
 * same has not changed), when what is due with them, and what becomes of their schedules, by as many statements for one as
 * for all. Tells what schedules tell, and nothing of the subscriptions.
 */
export async function keepSubscriptions(context: Context, changes: readonly Change[]): Promise<void> {
  await removeItems(
    context,
    changes.flatMap(({ before, after }) => missing(before, after).map(({ id }) => id)),
  );
  await updateItems(
    context,
    changes.flatMap(({ before, after }) => {
      const known = new Map(before.items.map((item) => [item.id, item]));
      return after.items.flatMap((item) => {
        const stored = known.get(item.id);
        return stored === undefined || stored === item ? [] : [{ before: stored, after: item }];
      });
    }),
  );
  await insertItems(
    context,
    changes.flatMap(({ before, after }) => missing(after, before)),
  );
  await updateSubscriptions(context, changes);
  await scheduleWork(context, changes);
  await followSubscriptions(context, changes);
}

/** The items of one that are not those of another. */
function missing({ items }: Subscription, other: Subscription) {
  const ids = new Set(other.items.map(({ id }) => id));
  return items.filter(({ id }) => !ids.has(id));
}

/** What `customer.subscription.updated` tells of each change, for the caller to record. */
export function toldOfUpdates(context: Context, changes: readonly Change[]): Told[] {
  return changes.map(({ before, after }) => ({
    type: 'customer.subscription.updated',
    object: viewSubscription(context, after),
    before: viewSubscription(context, before),
  }));
}

/** Stores a change of one subscription and tells `customer.subscription.updated`. */
export async function keepUpdate(context: Context, before: Subscription, after: Subscription): Promise<Subscription> {
  const changes = [{ before, after }];
  await keepSubscriptions(context, changes);
  await recordEvents(context, toldOfUpdates(context, changes));
  return after;
}
