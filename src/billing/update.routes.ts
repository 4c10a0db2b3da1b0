import { payingSteps, toBePaid } from '../invoices/paying_steps.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import type { JsonObject } from '../stripe/json.ts';
import { type Begun, type Route, route } from '../stripe/route.ts';
import { requireItem, requireSubscription } from '../subscriptions/change.ts';
import { warnOfSharedMeters } from '../subscriptions/shared_meter.ts';
import {
  createItemParams,
  deleteItemParams,
  updateItemParams,
  updateSubscriptionParams,
} from '../subscriptions/subscription.params.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { viewDeletedItem, viewItem, viewSubscription } from '../subscriptions/subscription.view.ts';
import type { Subscribed } from './subscribe.ts';
import { changeOneItem, updateSubscription } from './update_subscription.ts';

/** Subscriptions and their items that change, and what is paid with that. */
export function updateRoutes(payments: Payments): Route[] {
  const tellSubscription = async (context: Context, id: string) =>
    viewSubscription(context, await requireSubscription(context, id));
  const tellItem = async (context: Context, id: string) => viewItem(context, await requireItem(context, id));
  return [
    route({
      method: 'POST',
      path: '/v1/subscriptions/:subscription_exposed_id',
      answers: { object: 'subscription' },
      params: updateSubscriptionParams,
      async begin(context, params, { subscription_exposed_id: id = '' }) {
        const changed = await updateSubscription(context, payments, id, params);
        return await begun(context, changed, id, viewSubscription(context, changed.subscription));
      },
      ...payingSteps(payments, tellSubscription),
    }),
    route({
      method: 'POST',
      path: '/v1/subscription_items',
      answers: { object: 'subscription_item' },
      params: createItemParams,
      async begin(context, params) {
        const { subscription: subscriptionId, proration_behavior: behavior, proration_date: at, ...entry } = params;
        const changed = await changeOneItem(context, payments, { subscriptionId, entry, behavior, prorationDate: at });
        const item = lastOf(changed.subscription);
        return await begun(context, changed, item.id, viewItem(context, item));
      },
      ...payingSteps(payments, tellItem),
    }),
    route({
      method: 'POST',
      path: '/v1/subscription_items/:item',
      answers: { object: 'subscription_item' },
      params: updateItemParams,
      async begin(context, params, { item: id = '' }) {
        const { subscriptionId } = await requireItem(context, id);
        const { proration_behavior: behavior, proration_date: at, ...rest } = params;
        const entry = { ...rest, id };
        const changed = await changeOneItem(context, payments, { subscriptionId, entry, behavior, prorationDate: at });
        const item = changed.subscription.items.find((each) => each.id === id) ?? lastOf(changed.subscription);
        return await begun(context, changed, id, viewItem(context, item));
      },
      ...payingSteps(payments, tellItem),
    }),
    route({
      method: 'DELETE',
      path: '/v1/subscription_items/:item',
      answers: { object: 'subscription_item' },
      params: deleteItemParams,
      async begin(context, params, { item: id = '' }) {
        const { subscriptionId } = await requireItem(context, id);
        const { proration_behavior: behavior, proration_date: at, clear_usage: clears } = params;
        const entry = { id, deleted: true, ...(clears === undefined ? {} : { clear_usage: clears }) };
        const changed = await changeOneItem(context, payments, { subscriptionId, entry, behavior, prorationDate: at });
        return await begun(context, changed, id, viewDeletedItem(id));
      },
      ...payingSteps(payments, async (_context, id) => viewDeletedItem(id)),
    }),
  ];
}

/** Warns of meters that are shared, and answers what begins: the answer, or the attempt to pay that comes first. */
export async function begun(
  context: Context,
  { subscription, attemptId }: Subscribed,
  objectId: string,
  answer: JsonObject,
): Promise<Begun> {
  await warnOfSharedMeters(context, subscription);
  if (attemptId === null) return { answer };
  return toBePaid({ objectId, attemptId, clockId: subscription.testClockId });
}

/** What is added comes last. */
function lastOf({ items }: Subscription) {
  const item = items.at(-1);
  if (item === undefined) throw new Error('a subscription has at least one item');
  return item;
}
